<?php
/**
 * The dates of a series.
 *
 * @package BookneticStandIn
 *
 * @var array $view series: list of date and time.
 */

declare( strict_types = 1 );

?>
<ol class="booknetic_recurring_dates">
	<?php foreach ( $view['series'] as list( $booknetic_date, $booknetic_time ) ) : ?>
		<li class="booknetic_recurring_date" data-date="<?php echo esc_attr( $booknetic_date ); ?>" data-time="<?php echo esc_attr( $booknetic_time ); ?>"><?php echo esc_html( $booknetic_date . ' ' . $booknetic_time ); ?></li>
	<?php endforeach; ?>
</ol>
