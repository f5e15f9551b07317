<?php
/**
 * Payment on the spot.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;

/**
 * Nothing is paid now, so the booking counts as confirmed at once; payment_status stays not_paid.
 */
class LocalPayment {

	public function doPayment( AppointmentRequests $requests ) {
		if ( $requests->getSubTotal( true ) <= 0 ) {
			PaymentGatewayService::confirmPayment( $requests->paymentId );

			return;
		}

		foreach ( $requests->appointments as $item ) {
			foreach ( $item->createdAppointments as $id ) {
				do_action( 'bkntc_appointment_before_mutation', null );
				do_action( 'bkntc_appointment_after_mutation', $id );
			}
		}

		foreach ( $requests->appointments as $item ) {
			do_action( 'bkntc_payment_confirmed', $item->getFirstAppointmentId() );
		}
	}
}
