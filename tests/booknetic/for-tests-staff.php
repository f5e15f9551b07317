<?php
/**
 * What tests have staff do. Each function is a request to the back end: Permission::isBackEnd() is true in its hooks, and
 * without $run_workflows the event manager is off, as when "run workflows" is not ticked. Times are in the site's zone.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

use BookneticApp\Backend\Appointments\Controllers\AppointmentAjaxController;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Backend\Payments\Services\PaymentService;
use BookneticApp\Config;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\Core\Permission;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\DB\DB;
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\UI\TabUI;

/**
 * Adds a customer, and returns the id.
 */
function booknetic_stand_in_admin_add_customer( string $first_name, string $last_name, string $email, string $phone = '' ): int {
	return booknetic_stand_in_as_staff(
		static function () use ( $first_name, $last_name, $email, $phone ): int {
			Customer::insert(
				array(
					'first_name'   => $first_name,
					'last_name'    => $last_name,
					'email'        => $email,
					'phone_number' => $phone,
					'created_at'   => current_time( 'Y-m-d' ),
				)
			);
			$id = DB::lastInsertedId();

			do_action( 'bkntc_customer_created', $id, null );
			do_action( 'bkntc_customer_saved', $id );

			return $id;
		}
	);
}

/**
 * Books for a customer. Any time will do, and several items are one cart.
 *
 * @param array $items Each with customer_id, service, staff, date (Y-m-d) and time (H:i); may have location (1) and status.
 * @return int[] Ids of the appointments.
 * @throws RuntimeException If Booknetic refuses.
 */
function booknetic_stand_in_admin_create( array $items, bool $run_workflows = true ): array {
	$answer = booknetic_stand_in_as_staff(
		array( new AppointmentAjaxController(), 'create_appointment' ),
		array( 'cart' => wp_json_encode( array_map( 'booknetic_stand_in_item', $items ) ) ),
		$run_workflows
	);

	return array_map(
		static function ( Collection $row ): int {
			return (int) $row->id;
		},
		Appointment::where( 'payment_id', $answer['payment_id'] )->orderBy( 'id' )->fetchAll()
	);
}

/**
 * Saves an appointment's form with changes in it.
 *
 * @param array $changes Of customer_id, service, staff, location, date, time, status, note; the rest stays.
 * @throws RuntimeException If Booknetic refuses.
 */
function booknetic_stand_in_admin_edit( int $id, array $changes, bool $run_workflows = true ): void {
	$row = Appointment::get( $id );

	booknetic_stand_in_as_staff(
		array( new AppointmentAjaxController(), 'save_edited_appointment' ),
		array(
			'id'   => (string) $id,
			'cart' => wp_json_encode(
				array(
					$changes + array(
						'customer_id' => $row->customer_id,
						'location'    => $row->location_id,
						'service'     => $row->service_id,
						'staff'       => $row->staff_id,
						'date'        => wp_date( 'Y-m-d', (int) $row->starts_at, Date::zone() ),
						'time'        => wp_date( 'H:i', (int) $row->starts_at, Date::zone() ),
						'status'      => $row->status,
						'note'        => $row->note,
					),
				)
			),
		),
		$run_workflows
	);
}

/**
 * Changes the status: pending, approved, canceled or rejected.
 */
function booknetic_stand_in_admin_set_status( int $id, string $status, bool $run_workflows = true ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $id, $status ): void {
			AppointmentService::setStatus( $id, $status );
		},
		array(),
		$run_workflows
	);
}

/**
 * Moves an appointment in the calendar to another date (Y-m-d) and time (H:i), perhaps to other staff.
 */
function booknetic_stand_in_admin_reschedule( int $id, string $date, string $time, ?int $staff_id = null, bool $run_workflows = true ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $id, $date, $time, $staff_id ): void {
			AppointmentService::reschedule( $id, $date, $time, $staff_id );
		},
		array(),
		$run_workflows
	);
}

/**
 * Deletes appointments.
 *
 * @param int[] $ids Theirs.
 */
function booknetic_stand_in_admin_delete( array $ids, bool $run_workflows = true ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $ids ): void {
			AppointmentService::deleteAppointment( $ids );
		},
		array(),
		$run_workflows
	);
}

/**
 * Notes that one appointment has been paid, which no mutation hook tells.
 */
function booknetic_stand_in_admin_mark_paid( int $id ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $id ): void {
			PaymentService::completePayment( $id );
		}
	);
}

/**
 * Notes that a customer has paid by a link that staff had sent.
 */
function booknetic_stand_in_pays_by_link( int $id ): void {
	PaymentGatewayService::confirmPaymentLink( $id );
}

/**
 * Presses "Retry" at an entry of the workflows' log; there is such a button since 5.2.
 */
function booknetic_stand_in_admin_retry( int $log_id ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $log_id ): void {
			Config::getWorkflowEventsManager()->retry( $log_id );
		}
	);
}

/**
 * Opens the window about an appointment, and returns what its tabs show.
 *
 * @return array<string,string> Title => HTML, in their order.
 */
function booknetic_stand_in_admin_open_appointment( int $id ): array {
	TabUI::forget();
	do_action( 'bkntc_backend' );

	$shown = array();

	booknetic_stand_in_as_staff(
		static function () use ( &$shown ): void {
			foreach ( TabUI::get( 'appointments_info' )->getItems() as $tab ) {
				$shown[ $tab->getTitle() ] = $tab->getContent();
			}
		},
		array( 'id' => (string) $id )
	);

	return $shown;
}

/**
 * Deletes a customer.
 */
function booknetic_stand_in_admin_delete_customer( int $id ): void {
	booknetic_stand_in_as_staff(
		static function () use ( $id ): void {
			Customer::where( 'id', $id )->delete();

			do_action( 'bkntc_customer_deleted', $id );
		}
	);
}

/**
 * Opens the list of appointments, which gives up waiting for payments that have taken too long.
 */
function booknetic_stand_in_admin_open_appointments(): void {
	booknetic_stand_in_as_staff( array( AppointmentService::class, 'cancelUnpaidAppointments' ) );
}

/**
 * Runs one request of the back end, and leaves no trace of it in the process.
 *
 * @param callable $act           Answers the request.
 * @param array    $post          Fields that were posted, not slashed.
 * @param bool     $run_workflows As ticked in the form.
 * @return mixed What it answers.
 * @throws RuntimeException If that is a refusal.
 */
function booknetic_stand_in_as_staff( callable $act, array $post = array(), bool $run_workflows = true ) {
	// phpcs:ignore WordPress.Security.NonceVerification -- nobody has posted this.
	$before = $_POST;
	$_POST  = wp_slash( $post );

	Permission::setAsBackEnd();
	Config::getWorkflowEventsManager()->setEnabled( $run_workflows );

	try {
		$answer = $act();
	} finally {
		$_POST = $before;
		Permission::forgetSide();
		Config::getWorkflowEventsManager()->setEnabled( true );
	}

	if ( is_array( $answer ) && 'ok' !== $answer['status'] ) {
		throw new RuntimeException( $answer['error_msg'] );
	}

	return $answer;
}

/**
 * An item with the only location that is open, where the test names none.
 */
function booknetic_stand_in_item( array $item ): array {
	return $item + array( 'location' => 1 );
}
