<?php
/**
 * Payments that are made.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Models\Appointment;

/**
 * Marks what belongs to one payment.
 */
class PaymentGatewayService {

	/**
	 * Marks all appointments of a payment as paid; does nothing if one of them is already.
	 */
	public static function confirmPayment( $paymentId ) {
		if ( Appointment::where( 'payment_id', $paymentId )->where( 'payment_status', 'paid' )->count() > 0 ) {
			return;
		}

		foreach ( Appointment::where( 'payment_id', $paymentId )->orderBy( 'id' )->fetchAll() as $appointment ) {
			$id = (int) $appointment->id;

			do_action( 'bkntc_appointment_before_mutation', $id );

			Appointment::where( 'id', $id )->update( array( 'payment_status' => 'paid' ) );

			do_action( 'bkntc_appointment_after_mutation', $id );
			do_action( 'bkntc_payment_confirmed', $id );
		}
	}
}
