<?php
/**
 * Payment elsewhere.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Frontend\Steps;
use BookneticApp\Providers\Helpers\Helper;

/**
 * A gateway without a bank: it sends the visitor to a page, and then waits for a test to call
 * PaymentGatewayService::confirmPayment() or ::cancelPayment() in its place.
 */
class StandInGateway {

	public const SLUG = 'stand_in_gateway';

	/**
	 * `on` offers it to visitors.
	 */
	public const OPTION = 'stand_in_gateway';

	public static function register(): void {
		add_action( 'template_redirect', array( self::class, 'showPage' ) );
	}

	public function getTitle(): string {
		return __( 'Pay online', 'booknetic' );
	}

	/**
	 * No hook fires here: the appointment exists, holds its time, and is not paid.
	 *
	 * @return array{url:string,expires_at:int} Address of the gateway's page, and the UNIX time until which to pay.
	 */
	public function doPayment( AppointmentRequests $requests ): array {
		return array(
			'url'        => add_query_arg( self::SLUG, $requests->paymentId, home_url( '/' ) ),
			'expires_at' => time() + Helper::secondsToPay(),
		);
	}

	public static function showPage(): void {
		// phpcs:ignore WordPress.Security.NonceVerification -- the page changes nothing.
		if ( isset( $_GET[ self::SLUG ] ) ) {
			echo Steps::view( 'gateway', array() ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped in its own view.
			exit();
		}
	}
}
