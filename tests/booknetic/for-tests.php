<?php
/**
 * What tests ask of the stand-in. Booknetic has none of these functions; the bridge must not know them.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

use BookneticApp\Drivers\RecordingDriver;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Models\Service;
use BookneticApp\Models\ServiceExtra;
use BookneticApp\Models\Workflow;
use BookneticApp\Models\WorkflowAction;
use BookneticApp\Models\WorkflowLog;
use BookneticApp\Providers\Common\StandInGateway;
use BookneticApp\Providers\Core\Bootstrap;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\DB\Data;
use BookneticApp\Providers\DB\DB;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Adds an active workflow with one e-mail action, as an owner would in the workflow editor.
 *
 * @param string $event   Workflow event key, for example `booking_new`.
 * @param string $subject May hold {shortcodes}, as may the next two.
 * @param string $body    HTML.
 * @param string $to      Addresses or shortcodes, separated by commas.
 * @return int Workflow id.
 */
function booknetic_stand_in_add_workflow( string $event, string $subject, string $body, string $to ): int {
	return booknetic_stand_in_add_workflow_with(
		$event,
		'email',
		array(
			'to'      => $to,
			'subject' => $subject,
			'body'    => $body,
		)
	);
}

/**
 * Adds an active workflow with one action of any driver.
 *
 * @param string $event    Workflow event key.
 * @param string $driver   email, webhook (url, body), stand_in_slow (seconds), stand_in_throwing (message) or
 *                         stand_in_recording (any texts).
 * @param array  $settings As the driver wants them.
 * @return int Workflow id.
 */
function booknetic_stand_in_add_workflow_with( string $event, string $driver, array $settings ): int {
	Workflow::insert(
		array(
			'name' => 'Test: ' . $event,
			'when' => $event,
			'data' => null,
		)
	);
	$workflow_id = DB::lastInsertedId();

	booknetic_stand_in_add_action( $workflow_id, $driver, $settings );

	return $workflow_id;
}

/**
 * Adds one more action to a workflow, behind those that it has.
 */
function booknetic_stand_in_add_action( int $workflow_id, string $driver, array $settings ): void {
	WorkflowAction::insert(
		array(
			'workflow_id' => $workflow_id,
			'driver'      => $driver,
			'data'        => wp_json_encode( $settings ),
		)
	);
}

/**
 * What the recording driver was given, oldest first: when (the event's key), params, and texts (its settings with the
 * codes replaced).
 *
 * @return array<int,array{when:string,params:array,texts:array<string,string>}>
 */
function booknetic_stand_in_recordings(): array {
	return array_map(
		static function ( Collection $row ): array {
			return json_decode( $row->data_value, true );
		},
		Data::where( 'table_name', RecordingDriver::TABLE )->noTenant()->orderBy( 'id' )->fetchAll()
	);
}

/**
 * Has Booknetic stop on its way up, from the next request on.
 *
 * @param string $stage `updating`: before its managers are made, so that Config's getters are TypeErrors; `disabled`:
 *                      before bkntc_init, so that the managers are there and empty; '': it starts.
 */
function booknetic_stand_in_stop_at( string $stage ): void {
	Helper::setOption( Bootstrap::STOP_OPTION, $stage, false );
}

/**
 * Lets visitors choose between payment on site and the stand-in's gateway, or not (as after installation).
 */
function booknetic_stand_in_offer_gateway( bool $is_offered ): void {
	Helper::setOption( StandInGateway::OPTION, $is_offered ? 'on' : 'off' );
}

/**
 * Says what becomes of appointments whose payment failed or took too long; '' is nothing (as after installation).
 *
 * @param string $status  For example canceled.
 * @param int    $minutes How long a visitor may take to pay online.
 */
function booknetic_stand_in_fail_payments_as( string $status, int $minutes = 10 ): void {
	Helper::setOption( 'failed_payment_status', $status );
	Helper::setOption( 'max_time_limit_for_payment', $minutes );
}

/**
 * Has an appointment been made so many minutes earlier.
 */
function booknetic_stand_in_make_older( int $id, int $minutes ): void {
	Appointment::where( 'id', $id )->update(
		array( 'created_at' => (int) Appointment::get( $id )->created_at - $minutes * MINUTE_IN_SECONDS )
	);
}

/**
 * Gives the panel a step in which visitors can add another item, or takes it away (as after installation).
 */
function booknetic_stand_in_offer_cart( bool $is_offered ): void {
	Helper::setOption( 'steps_order', 'location,service,staff,date_time,information' . ( $is_offered ? ',cart' : '' ) );
}

/**
 * Adds a service, and returns its id. It stays until a test deletes it: `Service::where( 'id', $id )->delete()`.
 *
 * @param string $price   For example '0.00'.
 * @param int    $minutes How long it takes.
 */
function booknetic_stand_in_add_service( string $name, string $price, int $minutes, bool $is_recurring = false ): int {
	Service::insert(
		array(
			'name'         => $name,
			'price'        => $price,
			'duration'     => $minutes,
			'is_recurring' => (int) $is_recurring,
		)
	);

	return DB::lastInsertedId();
}

/**
 * Adds something that can be had besides a service, and returns its id.
 */
function booknetic_stand_in_add_extra( int $service_id, string $name, string $price ): int {
	ServiceExtra::insert(
		array(
			'service_id' => $service_id,
			'name'       => $name,
			'price'      => $price,
		)
	);

	return DB::lastInsertedId();
}

/**
 * Gives the panel a step of extras behind the service, or takes it away (as after installation).
 */
function booknetic_stand_in_offer_extras( bool $is_offered ): void {
	Helper::setOption( 'steps_order', 'location,service,' . ( $is_offered ? 'service_extras,' : '' ) . 'staff,date_time,information' );
}

/**
 * All appointments, oldest first, each as column => string|null.
 *
 * @return array<int,array<string,string|null>>
 */
function booknetic_stand_in_appointments(): array {
	return booknetic_stand_in_rows( Appointment::class );
}

/**
 * All customers, oldest first, each as column => string|null.
 *
 * @return array<int,array<string,string|null>>
 */
function booknetic_stand_in_customers(): array {
	return booknetic_stand_in_rows( Customer::class );
}

/**
 * All workflow log rows, oldest first, each as column => string|null.
 *
 * @return array<int,array<string,string|null>>
 */
function booknetic_stand_in_workflow_logs(): array {
	return booknetic_stand_in_rows( WorkflowLog::class );
}

/**
 * Forgets what visitors and tests have made; services, staff, locations and options stay.
 */
function booknetic_stand_in_clear(): void {
	global $wpdb;

	foreach ( array( 'appointments', 'appointment_prices', 'service_extras', 'customers', 'workflows', 'workflow_actions', 'workflow_logs', 'data' ) as $table ) {
		$wpdb->query( 'DELETE FROM `' . DB::table( $table ) . '`' );
	}
}

/**
 * Rows of a model as plain arrays, by id.
 *
 * @param string $model Class name under BookneticApp\Models.
 * @return array<int,array<string,string|null>>
 */
function booknetic_stand_in_rows( string $model ): array {
	return array_map(
		static function ( Collection $row ): array {
			return $row->toArray();
		},
		$model::orderBy( 'id' )->noTenant()->fetchAll()
	);
}
