<?php
/**
 * What staff do with appointments.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Controllers;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Answers the forms of the back end. They post a cart, as the panel does.
 */
class AppointmentAjaxController {

	/**
	 * Books for a customer, who pays on site.
	 */
	public function create_appointment() {
		$requests = AppointmentRequests::load( true );

		if ( ! $requests->validate() ) {
			return Helper::response( false, $requests->getFirstError(), true );
		}

		AppointmentService::createAppointment( $requests );
		PaymentGatewayService::doPayment( $requests );

		foreach ( $requests->appointments as $item ) {
			do_action( 'bkntc_backend_appointment_created', $item );
		}

		return Helper::response( true, array( 'payment_id' => $requests->paymentId ), true );
	}

	/**
	 * Writes what was changed in one appointment.
	 */
	public function save_edited_appointment() {
		$requests            = AppointmentRequests::load( true );
		$item                = $requests->appointments[0];
		$item->appointmentId = (int) Helper::_post( 'id' );

		if ( ! $requests->validate() ) {
			return Helper::response( false, $requests->getFirstError(), true );
		}

		do_action( 'bkntc_appointment_before_edit', $item );
		AppointmentService::editAppointment( $item );
		do_action( 'bkntc_appointment_after_edit', $item );

		return Helper::response( true, array(), true );
	}
}
