<?php
/**
 * Changes of appointments.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

use BookneticApp\Models\Appointment;
use BookneticApp\Models\AppointmentPrice;
use BookneticApp\Providers\DB\DB;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Writes appointments. No transaction holds the writes of a cart together.
 */
class AppointmentService {

	/**
	 * Writes every time of every item, and says so after each row.
	 */
	public static function createAppointment( AppointmentRequests $requests ) {
		$requests->paymentId = md5( uniqid( '', true ) );

		foreach ( $requests->appointments as $item ) {
			$recurring_id = $item->isRecurring() ? md5( uniqid( '', true ) ) : null;

			foreach ( $item->getIntervals() as $interval ) {
				self::createOne( $item, $requests->paymentId, $recurring_id, $interval );
			}
		}
	}

	/**
	 * Writes what staff have changed.
	 */
	public static function editAppointment( AppointmentRequestData $item ) {
		do_action( 'bkntc_appointment_before_mutation', $item->appointmentId );

		list( $starts_at, $ends_at ) = $item->getIntervals()[0];

		$row = apply_filters(
			'bkntc_appointment_update_data',
			array(
				'location_id' => $item->locationId,
				'service_id'  => $item->serviceId,
				'staff_id'    => $item->staffId,
				'starts_at'   => $starts_at,
				'ends_at'     => $ends_at,
				'busy_from'   => $starts_at,
				'busy_to'     => $ends_at,
				'customer_id' => $item->customerId,
				'status'      => $item->status,
				'weight'      => $item->weight,
				'note'        => $item->note,
			),
			$item
		);

		Appointment::where( 'id', $item->appointmentId )->update( $row );

		do_action( 'bkntc_appointment_after_mutation', $item->appointmentId );
	}

	/**
	 * Gives up waiting for payments that have taken too long. No clock calls this: it runs in whichever request next
	 * looks at a calendar, and its hooks fire there.
	 */
	public static function cancelUnpaidAppointments() {
		$status = Helper::getOption( 'failed_payment_status', '' );

		if ( '' === $status ) {
			return;
		}

		$overdue = Appointment::where( 'payment_status', 'pending' )
			->where( 'created_at', '<', time() - Helper::secondsToPay() )
			->where( 'status', '<>', $status )
			->orderBy( 'id' )
			->fetchAll();

		foreach ( $overdue as $appointment ) {
			$id = (int) $appointment->id;

			do_action( 'bkntc_appointment_before_mutation', $id );

			Appointment::where( 'id', $id )->update(
				array(
					'status'         => $status,
					'payment_status' => 'canceled',
				)
			);

			do_action( 'bkntc_appointment_after_mutation', $id );
		}
	}

	/**
	 * Does nothing if the appointment has that status already.
	 */
	public static function setStatus( $appointmentId, $status ) {
		$appointment = Appointment::get( $appointmentId );

		if ( null === $appointment || $appointment->status === $status ) {
			return;
		}

		do_action( 'bkntc_appointment_before_mutation', $appointmentId );

		Appointment::where( 'id', $appointmentId )->update( array( 'status' => $status ) );

		do_action( 'bkntc_appointment_after_mutation', $appointmentId );
	}

	/**
	 * Moves an appointment to a date (Y-m-d) and time (H:i) of the site's zone.
	 *
	 * @throws \Exception If there is no such appointment, or a listener objects.
	 */
	public static function reschedule( $appointmentId, $date, $time, $staffId = null ) {
		$appointment = Appointment::get( $appointmentId );

		if ( null === $appointment ) {
			throw new \Exception( 'There is no such appointment.' );
		}

		$starts_at = CalendarService::timestamp( $date, $time );
		$ends_at   = $starts_at + (int) $appointment->ends_at - (int) $appointment->starts_at;

		$row = apply_filters(
			'bkntc_appointment_reschedule',
			array(
				'status'    => $appointment->status,
				'staff_id'  => null === $staffId ? $appointment->staff_id : $staffId,
				'starts_at' => $starts_at,
				'ends_at'   => $ends_at,
				'busy_from' => $starts_at,
				'busy_to'   => $ends_at,
			)
		);

		do_action(
			'bkntc_validate_appointment_reschedule',
			array(
				'appointmentInfo' => $appointment,
				'staffId'         => $row['staff_id'],
				'starts_at'       => $row['starts_at'],
			)
		);
		do_action( 'bkntc_appointment_before_mutation', $appointmentId );

		Appointment::where( 'id', $appointmentId )->update( $row );

		do_action( 'bkntc_appointment_after_mutation', $appointmentId );
	}

	/**
	 * The rows can still be read in all three hooks.
	 *
	 * @param int[] $ids Appointments.
	 */
	public static function deleteAppointment( array $ids ) {
		foreach ( $ids as $id ) {
			do_action( 'bkntc_appointment_before_mutation', $id );
			do_action( 'bkntc_appointment_after_mutation', null );
			do_action( 'bkntc_appointment_deleted', $id );

			AppointmentPrice::where( 'appointment_id', $id )->delete();
			Appointment::where( 'id', $id )->delete();
		}
	}

	private static function createOne( AppointmentRequestData $item, string $payment_id, ?string $recurring_id, array $interval ) {
		list( $starts_at, $ends_at ) = $interval;

		$row = apply_filters(
			'bkntc_appointment_insert_data',
			array(
				'location_id'     => $item->locationId,
				'service_id'      => $item->serviceId,
				'staff_id'        => $item->staffId,
				'starts_at'       => $starts_at,
				'ends_at'         => $ends_at,
				'busy_from'       => $starts_at,
				'busy_to'         => $ends_at,
				'customer_id'     => $item->customerId,
				'status'          => $item->status,
				'weight'          => $item->weight,
				'payment_id'      => $payment_id,
				'recurring_id'    => $recurring_id,
				'payment_method'  => $item->paymentMethod,
				'payment_status'  => 'local' === $item->paymentMethod ? 'not_paid' : 'pending',
				'paid_amount'     => 0,
				'note'            => $item->note,
				'locale'          => get_locale(),
				'client_timezone' => $item->clientTimezone,
				'created_at'      => $item->createdAt,
			),
			$item
		);

		Appointment::insert( $row );

		$item->appointmentId         = DB::lastInsertedId();
		$item->createdAppointments[] = $item->appointmentId;

		foreach ( $item->getPrices() as $key => $price ) {
			AppointmentPrice::insert(
				array(
					'appointment_id'       => $item->appointmentId,
					'unique_key'           => $key,
					'price'                => abs( $price ),
					'negative_or_positive' => $price < 0 ? -1 : 1,
				)
			);
		}

		do_action( 'bkntc_appointment_created', $item );
	}
}
