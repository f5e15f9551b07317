<?php
/**
 * Workflows that wait for a time.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

use BookneticApp\Config;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Workflow;
use BookneticApp\Models\WorkflowAction;
use BookneticApp\Providers\Core\Permission;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Looks, in each run of the cron job, for appointments whose beginning or end is as far away as a workflow says. It calls the
 * drivers itself, without the event's trigger().
 */
class ReminderService {

	private const COLUMNS = array(
		'booking_starts' => 'starts_at',
		'booking_ends'   => 'ends_at',
	);

	private const UNITS = array(
		'minute' => MINUTE_IN_SECONDS,
		'hour'   => HOUR_IN_SECONDS,
		'day'    => DAY_IN_SECONDS,
	);

	private const TOLERANCE = 5 * MINUTE_IN_SECONDS;

	private const DONE = 'triggered_cronjob_workflows';

	/**
	 * Each workflow as its tenant would.
	 */
	public static function run() {
		$before = Permission::tenantId();

		foreach ( Workflow::noTenant()->where( 'when', array_keys( self::COLUMNS ) )->where( 'is_active', 1 )->fetchAll() as $workflow ) {
			Permission::setTenantId( null === $workflow->tenant_id ? null : (int) $workflow->tenant_id );

			foreach ( self::due( $workflow ) as $appointment ) {
				self::remind( $workflow, $appointment );
			}
		}

		Permission::setTenantId( $before );
	}

	/**
	 * @return Collection[] Appointments.
	 */
	private static function due( Collection $workflow ): array {
		$data   = (array) json_decode( (string) $workflow->data, true ) + array(
			'offset_sign'  => 'before',
			'offset_value' => 0,
			'offset_type'  => 'minute',
		);
		$offset = (int) $data['offset_value'] * self::UNITS[ $data['offset_type'] ];
		$moment = time() + ( 'before' === $data['offset_sign'] ? $offset : -$offset );
		$column = self::COLUMNS[ $workflow->when ];

		return Appointment::where( $column, '>=', $moment - self::TOLERANCE )
			->where( $column, '<=', $moment + self::TOLERANCE )
			->where( 'status', Helper::getBusyAppointmentStatuses() )
			->fetchAll();
	}

	private static function remind( Collection $workflow, Collection $appointment ): void {
		$done = (array) json_decode( (string) Appointment::getData( $appointment->id, self::DONE, '[]' ), true );

		if ( in_array( (int) $workflow->id, $done, true ) ) {
			return;
		}

		Appointment::setData( $appointment->id, self::DONE, wp_json_encode( array_merge( $done, array( (int) $workflow->id ) ) ) );

		foreach ( WorkflowAction::where( 'workflow_id', $workflow->id )->where( 'is_active', 1 )->fetchAll() as $action ) {
			$action->when = $workflow->when;
			Config::getWorkflowDriversManager()->get( $action->driver )->handle( Config::paramsOf( $appointment ), $action, Config::getShortCodeService() );
		}
	}
}
