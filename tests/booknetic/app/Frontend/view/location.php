<?php
/**
 * The location step.
 *
 * @package BookneticStandIn
 *
 * @var array $view rows.
 */

declare( strict_types = 1 );

?>
<div class="booknetic_card_container" role="group">
	<?php foreach ( $view['rows'] as $booknetic_row ) : ?>
		<button type="button" class="booknetic_card" data-id="<?php echo (int) $booknetic_row->id; ?>" aria-pressed="false">
			<span class="booknetic_card_title" dir="auto"><?php echo esc_html( $booknetic_row->name ); ?></span>
			<span class="booknetic_card_description" dir="auto"><?php echo esc_html( $booknetic_row->address ); ?></span>
		</button>
	<?php endforeach; ?>
</div>
