<?php
/**
 * The staff step.
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
		</button>
	<?php endforeach; ?>
	<button type="button" class="booknetic_card booknetic_card_any" data-id="-1" aria-pressed="false">
		<span class="booknetic_card_title"><?php esc_html_e( 'Whoever is free', 'booknetic' ); ?></span>
	</button>
</div>
