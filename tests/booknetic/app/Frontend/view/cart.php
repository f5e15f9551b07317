<?php
/**
 * What the visitor has chosen so far.
 *
 * @package BookneticStandIn
 *
 * @var array $view requests: AppointmentRequests.
 */

declare( strict_types = 1 );

use BookneticApp\Providers\Helpers\Helper;
?>
<ol class="booknetic_cart">
	<?php foreach ( $view['requests']->appointments as $booknetic_item ) : ?>
		<li class="booknetic_cart_item">
			<span dir="auto"><?php echo esc_html( $booknetic_item->serviceInf->name ?? '' ); ?></span>,
			<?php echo esc_html( $booknetic_item->getDateTimeView() ); ?>:
			<?php echo esc_html( Helper::price( $booknetic_item->getSubTotal() ) ); ?>
		</li>
	<?php endforeach; ?>
</ol>
<button type="button" class="booknetic_add_to_cart"><?php esc_html_e( 'Add another appointment', 'booknetic' ); ?></button>
