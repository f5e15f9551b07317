<?php
/**
 * The service step.
 *
 * @package BookneticStandIn
 *
 * @var array $view rows, selected.
 */

declare( strict_types = 1 );

use BookneticApp\Providers\Helpers\Helper;
?>
<div class="booknetic_services" role="group">
	<?php foreach ( $view['rows'] as $booknetic_row ) : ?>
		<?php $booknetic_selected = (int) $booknetic_row->id === $view['selected']; ?>
		<button type="button" class="booknetic_service_card<?php echo $booknetic_selected ? ' booknetic_service_card_selected' : ''; ?>" data-id="<?php echo (int) $booknetic_row->id; ?>" aria-pressed="<?php echo $booknetic_selected ? 'true' : 'false'; ?>">
			<span class="booknetic_service_title" dir="auto"><?php echo esc_html( $booknetic_row->name ); ?></span>
			<span class="booknetic_service_duration">
				<?php
				/* translators: %d: minutes. */
				echo esc_html( sprintf( __( '%d min', 'booknetic' ), (int) $booknetic_row->duration ) );
				?>
			</span>
			<span class="booknetic_service_card_price"><?php echo esc_html( Helper::price( $booknetic_row->price ) ); ?></span>
		</button>
	<?php endforeach; ?>
</div>
