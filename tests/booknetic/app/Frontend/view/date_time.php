<?php
/**
 * The date and time step; the script draws the month.
 *
 * @package BookneticStandIn
 *
 * @var array $view times: Y-m-d => list of H:i.
 */

declare( strict_types = 1 );

?>
<div class="booknetic_date_time_container">
	<div class="booknetic_calendar" data-dates="<?php echo esc_attr( wp_json_encode( $view['times'] ) ); ?>"></div>
	<div class="booknetic_times">
		<p class="booknetic_times_title" aria-live="polite"></p>
		<div class="booknetic_times_list" role="group"></div>
	</div>
</div>
