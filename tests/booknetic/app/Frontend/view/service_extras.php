<?php
/**
 * The step of what can be had besides the service.
 *
 * @package BookneticStandIn
 *
 * @var array $view rows.
 */

declare( strict_types = 1 );

use BookneticApp\Providers\Helpers\Helper;
?>
<div class="booknetic_service_extras">
	<?php foreach ( $view['rows'] as $booknetic_row ) : ?>
		<label class="booknetic_service_extra_card" data-id="<?php echo (int) $booknetic_row->id; ?>">
			<span dir="auto"><?php echo esc_html( $booknetic_row->name ); ?></span>
			<span><?php echo esc_html( Helper::price( $booknetic_row->price ) ); ?></span>
			<input type="number" class="booknetic_service_extra_quantity_input" min="0" max="9" value="0">
		</label>
	<?php endforeach; ?>
	<?php if ( array() === $view['rows'] ) : ?>
		<p><?php esc_html_e( 'There is nothing to add to this service.', 'booknetic' ); ?></p>
	<?php endif; ?>
</div>
