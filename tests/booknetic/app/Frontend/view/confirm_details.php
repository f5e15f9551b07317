<?php
/**
 * What will be booked, and how it is paid.
 *
 * @package BookneticStandIn
 *
 * @var array $view requests: AppointmentRequests.
 */

declare( strict_types = 1 );

use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\Helpers\Helper;

$booknetic_total    = $view['requests']->getSubTotal( true );
$booknetic_gateways = $booknetic_total > 0 ? PaymentGatewayService::getEnabledGateways() : array();
?>
<dl class="booknetic_confirm_details">
	<?php foreach ( $view['requests']->appointments as $booknetic_item ) : ?>
		<?php
		$booknetic_rows = array(
			__( 'Service', 'booknetic' ) => $booknetic_item->serviceInf->name ?? '',
			__( 'With', 'booknetic' )    => $booknetic_item->staffInf->name ?? '',
			__( 'Where', 'booknetic' )   => $booknetic_item->locationInf->name ?? '',
			__( 'When', 'booknetic' )    => $booknetic_item->getDateTimeView(),
		);
		?>
		<?php foreach ( array_filter( $booknetic_rows ) as $booknetic_label => $booknetic_value ) : ?>
			<div>
				<dt><?php echo esc_html( $booknetic_label ); ?></dt>
				<dd dir="auto"><?php echo esc_html( $booknetic_value ); ?></dd>
			</div>
		<?php endforeach; ?>
	<?php endforeach; ?>
	<div class="booknetic_sum_price">
		<dt><?php esc_html_e( 'Total', 'booknetic' ); ?></dt>
		<dd><?php echo esc_html( Helper::price( $booknetic_total ) ); ?></dd>
	</div>
</dl>
<div class="booknetic_payment_methods">
	<?php foreach ( $booknetic_gateways as $booknetic_slug => $booknetic_gateway ) : ?>
		<?php $booknetic_selected = key( $booknetic_gateways ) === $booknetic_slug; ?>
		<button type="button" class="booknetic_payment_method<?php echo $booknetic_selected ? ' booknetic_payment_method_selected' : ''; ?>" data-payment-type="<?php echo esc_attr( $booknetic_slug ); ?>" aria-pressed="<?php echo $booknetic_selected ? 'true' : 'false'; ?>"><?php echo esc_html( $booknetic_gateway->getTitle() ); ?></button>
	<?php endforeach; ?>
</div>
