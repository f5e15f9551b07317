<?php
/**
 * What the panel asks for.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Frontend\Controller;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Backend\Customers\Helpers\CustomerService;
use BookneticApp\Frontend\Steps;
use BookneticApp\Models\Appointment;
use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;
use BookneticApp\WpShortcodes\BookneticShortcode;

/**
 * Each public method answers the AJAX action bkntc_{method}.
 */
class Ajax {

	/**
	 * Opens a step, or confirms the booking: current_step says which.
	 */
	public function get_data() {
		$requests = AppointmentRequests::load();
		$step     = $requests->getCurrentStep();

		try {
			$left    = apply_filters( 'bkntc_post_step_verification', true, $requests, $requests->getPreviousStep() );
			$entered = $left && apply_filters( 'bkntc_pre_step_verification', true, $requests, $step );
		} catch ( \Exception $e ) {
			return Helper::response( false, $e->getMessage(), true );
		}

		if ( ! $entered ) {
			return Helper::response( false, __( 'This step cannot be opened.', 'booknetic' ), true );
		}
		if ( 'confirm' === $step ) {
			return $this->confirm();
		}
		if ( ! Steps::exists( $step ) ) {
			return Helper::response( false, __( 'There is no such step.', 'booknetic' ), true );
		}

		return $this->openStep( $step );
	}

	/**
	 * Books the cart.
	 */
	public function confirm() {
		$requests = AppointmentRequests::load();

		if ( ! $requests->validate() ) {
			return $this->refuse( $requests );
		}

		try {
			do_action( 'bkntc_booking_step_confirmation_validation' );
		} catch ( \Exception $e ) {
			return Helper::response( false, $e->getMessage(), true );
		}

		if ( ! isset( PaymentGatewayService::getEnabledGateways()[ $requests->paymentMethod ] ) ) {
			return Helper::response( false, __( 'This way of paying is not offered.', 'booknetic' ), true );
		}

		foreach ( $requests->appointments as $item ) {
			CustomerService::createOrUpdateCustomerData( $item );
		}

		AppointmentService::createAppointment( $requests );

		$payment = PaymentGatewayService::doPayment( $requests );
		$first   = $requests->appointments[0];

		return Helper::response(
			true,
			array(
				'id'                  => $first->getFirstAppointmentId(),
				'payment_id'          => $requests->paymentId,
				'customer_id'         => $first->customerId,
				'payable_today'       => $requests->getPayableToday(),
				'sub_total'           => $requests->getSubTotal( true ),
				'google_calendar_url' => '',
				'icalendar_url'       => '',
			) + $payment,
			true
		);
	}

	/**
	 * Asked by calendars that are drawn by month; this panel's comes with its step.
	 */
	public function get_day_offs() {
		AppointmentRequests::load();

		return Helper::response( true, array( 'day_offs' => array() ), true );
	}

	/**
	 * Asked while the visitor types the address, so it may be half an address.
	 */
	public function check_customer_exist() {
		$item  = AppointmentRequests::load()->currentRequest();
		$email = null === $item ? '' : $item->customerData['email'];

		if ( null !== $item && Version::asksBeforeACustomerBooks() ) {
			try {
				do_action( 'bkntc_validate_customer_booking', $item );
			} catch ( \Exception $e ) {
				return Helper::response( false, $e->getMessage(), true );
			}
		}

		return Helper::response( true, array( 'customer_id' => CustomerService::idByIdentifier( $email ) ), true );
	}

	/**
	 * Asked every three seconds while the visitor pays in another window.
	 */
	public function isPaymentDone() {
		$appointment = Appointment::get( Helper::_post( 'id' ) );
		$is_done     = null !== $appointment && 'paid' === $appointment->payment_status;

		return Helper::response( true, array( 'isDone' => $is_done ), true );
	}

	/**
	 * TRY AGAIN: makes room for another attempt at the same booking.
	 */
	public function delete_unpaid_appointment() {
		$unpaid = Appointment::where( 'payment_id', Helper::_post( 'payment_id' ) )->where( 'payment_status', '<>', 'paid' )->orderBy( 'id' )->fetchAll();

		AppointmentService::deleteAppointment( array_map( 'intval', array_column( $unpaid, 'id' ) ) );

		return Helper::response( true, array(), true );
	}

	/**
	 * The panel for a pop-up; its presets come with the request, not from the page's address.
	 */
	public function get_booking_panel() {
		$presets = array();

		foreach ( array( 'location', 'staff', 'service', 'category', 'theme', 'show_service', 'location_category' ) as $name ) {
			$presets[ $name ] = Helper::_post( $name );
		}

		return Helper::response( true, array( 'html' => htmlspecialchars( BookneticShortcode::panel( $presets ) ) ), true );
	}

	/**
	 * Reads the cart a second time, as Booknetic's own step methods do.
	 */
	private function openStep( string $step ) {
		$requests = AppointmentRequests::load();

		if ( 'confirm_details' === $step && ! $requests->validate() ) {
			return $this->refuse( $requests );
		}

		$item = $requests->currentRequest();

		if ( null === $item ) {
			return Helper::response( false, __( 'The request holds no booking.', 'booknetic' ), true );
		}

		return Helper::response( true, array( 'html' => htmlspecialchars( Steps::render( $step, $item ) ) ), true );
	}

	private function refuse( AppointmentRequests $requests ) {
		return Helper::response(
			false,
			array(
				'error_msg' => $requests->getFirstError(),
				'errors'    => $requests->getErrors(),
			),
			true
		);
	}
}
