<?php
/**
 * Payments.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\AppointmentPrice;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Knows the ways to pay, and marks what belongs to one payment.
 */
class PaymentGatewayService {

	/**
	 * What the visitor can choose from: slug => gateway.
	 *
	 * @return array<string,LocalPayment|StandInGateway>
	 */
	public static function getEnabledGateways(): array {
		$gateways = array( 'local' => new LocalPayment() );

		if ( 'on' === Helper::getOption( StandInGateway::OPTION, 'off' ) ) {
			$gateways[ StandInGateway::SLUG ] = new StandInGateway();
		}

		return $gateways;
	}

	/**
	 * Has the chosen gateway take the cart's money. What costs nothing is paid at once.
	 *
	 * @return array<string,mixed> For the panel: url and expires_at if the visitor pays elsewhere.
	 */
	public static function doPayment( AppointmentRequests $requests ): array {
		if ( $requests->getSubTotal( true ) <= 0 ) {
			self::confirmPayment( $requests->paymentId );

			return array();
		}

		return self::getEnabledGateways()[ $requests->paymentMethod ]->doPayment( $requests );
	}

	/**
	 * Marks all appointments of a payment as paid; does nothing if one of them is already. Of a series only the first is
	 * announced. Gateways call this from
	 * requests of their own, in which there is no visitor.
	 */
	public static function confirmPayment( $paymentId ) {
		if ( Appointment::where( 'payment_id', $paymentId )->where( 'payment_status', 'paid' )->count() > 0 ) {
			return;
		}

		$told = array();

		foreach ( Appointment::where( 'payment_id', $paymentId )->orderBy( 'id' )->fetchAll() as $appointment ) {
			$id     = (int) $appointment->id;
			$series = $appointment->recurring_id;

			do_action( 'bkntc_appointment_before_mutation', $id );

			Appointment::where( 'id', $id )->update(
				array(
					'payment_status' => 'paid',
					'paid_amount'    => AppointmentPrice::sumFor( $id ),
				)
			);

			do_action( 'bkntc_appointment_after_mutation', $id );

			if ( null === $series || ! in_array( $series, $told, true ) ) {
				$told[] = $series;
				do_action( 'bkntc_payment_confirmed', $id );
			}
		}
	}

	/**
	 * Marks one appointment as paid, for which staff had sent its customer a link.
	 */
	public static function confirmPaymentLink( $appointmentId ) {
		do_action( 'bkntc_appointment_before_mutation', $appointmentId );

		Appointment::where( 'id', $appointmentId )->update(
			array(
				'payment_status' => 'paid',
				'paid_amount'    => AppointmentPrice::sumFor( $appointmentId ),
			)
		);

		do_action( 'bkntc_appointment_after_mutation', $appointmentId );
		do_action( 'bkntc_payment_confirmed', $appointmentId, 'payment_link' );
	}

	/**
	 * Marks what is not paid as canceled. Nobody is told which rows changed, and the hook after them names one alone.
	 */
	public static function cancelPayment( $paymentId ) {
		$unpaid = Appointment::where( 'payment_id', $paymentId )->where( 'payment_status', '<>', 'paid' )->orderBy( 'id' )->fetchAll();

		if ( array() === $unpaid ) {
			return;
		}

		$failed = Helper::getOption( 'failed_payment_status', '' );
		$row    = array( 'payment_status' => 'canceled' );

		if ( '' !== $failed ) {
			$row['status'] = $failed;
		}

		Appointment::where( 'payment_id', $paymentId )->where( 'payment_status', '<>', 'paid' )->update( $row );

		do_action( 'bkntc_payment_canceled', (int) $unpaid[0]->id );
	}
}
