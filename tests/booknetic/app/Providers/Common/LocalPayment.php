<?php
/**
 * Payment on site.
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

	public function getTitle(): string {
		return __( 'Pay on site', 'booknetic' );
	}

	public function doPayment( AppointmentRequests $requests ): array {
		foreach ( $requests->appointments as $item ) {
			foreach ( $item->createdAppointments as $id ) {
				do_action( 'bkntc_appointment_before_mutation', null );
				do_action( 'bkntc_appointment_after_mutation', $id );
			}
		}

		foreach ( $requests->appointments as $item ) {
			do_action( 'bkntc_payment_confirmed', $item->getFirstAppointmentId() );
		}

		return array();
	}
}
