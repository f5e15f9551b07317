<?php
/**
 * What staff do with payments.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Payments\Services;

use BookneticApp\Models\Appointment;
use BookneticApp\Models\AppointmentPrice;

/**
 * Changes what is known of one appointment's payment.
 */
class PaymentService {

	/**
	 * Marks one appointment as paid in full. No mutation hooks surround this.
	 */
	public static function completePayment( $appointmentId ) {
		Appointment::where( 'id', $appointmentId )->update(
			array(
				'payment_status' => 'paid',
				'paid_amount'    => AppointmentPrice::sumFor( $appointmentId ),
			)
		);

		do_action( 'bkntc_payment_confirmed_backend', $appointmentId );
	}
}
