<?php
/**
 * The workflow engine.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Models\Workflow;
use BookneticApp\Models\WorkflowAction;
use BookneticApp\Models\WorkflowLog;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Version;

/**
 * Knows the events, and runs the workflows of one when it happens.
 */
class WorkflowEventsManager {

	private $driversManager;

	private $shortCodeService;

	private $events = array();

	private $enabled = true;

	public function __construct( WorkflowDriversManager $drivers_manager, ShortCodeService $short_code_service ) {
		$this->driversManager   = $drivers_manager;
		$this->shortCodeService = $short_code_service;
	}

	/**
	 * The event of that key; one that is not there yet is made.
	 */
	public function get( $key ) {
		if ( ! isset( $this->events[ $key ] ) ) {
			$this->events[ $key ] = new WorkflowEvent( $key );
		}

		return $this->events[ $key ];
	}

	public function register( $key, $instance ) {
		$this->events[ $key ] = $instance;
	}

	public function getAll() {
		return $this->events;
	}

	/**
	 * Key => title.
	 */
	public function getList() {
		return array_map(
			static function ( $event ) {
				return $event->getTitle();
			},
			$this->events
		);
	}

	public function setEnabled( $enabled ) {
		$this->enabled = (bool) $enabled;
	}

	public function isEnabled() {
		return $this->enabled;
	}

	/**
	 * Runs every active action of every active workflow of the event, one after another, in this request.
	 * Nobody is told what happened, and an unknown event does nothing.
	 *
	 * @param string         $eventKey      Event.
	 * @param array          $params        Handed to each driver.
	 * @param callable|false $filterClosure Given each Workflow row, says whether it runs.
	 * @param bool           $noTenant      Whether all tenants' workflows run.
	 * @param int|null       $tenant_id     Whose workflows run, if not the request's.
	 * @param int|null       $workflowId    The only one that runs; versions before 5.2 overlook it.
	 */
	public function trigger( $eventKey, array $params, $filterClosure = false, $noTenant = false, $tenant_id = null, ?int $workflowId = null ): void {
		if ( ! $this->enabled || ! isset( $this->events[ $eventKey ] ) ) {
			return;
		}

		$query = Workflow::where( 'when', $eventKey )->where( 'is_active', 1 );

		if ( $noTenant || null !== $tenant_id ) {
			$query->noTenant();
		}
		if ( null !== $tenant_id ) {
			$query->where( 'tenant_id', $tenant_id );
		}
		if ( null !== $workflowId && Version::logsEveryAction() ) {
			$query->where( 'id', $workflowId );
		}

		$workflows = $query->fetchAll();

		if ( is_callable( $filterClosure ) ) {
			$workflows = array_filter( $workflows, $filterClosure );
		}

		foreach ( $workflows as $workflow ) {
			$this->run( $workflow, $params );
		}
	}

	/**
	 * Has a logged action act once more, on what it was given then.
	 */
	public function retry( int $logId ): void {
		$row    = WorkflowLog::get( $logId );
		$action = WorkflowAction::where( 'workflow_id', $row->workflow_id )->where( 'driver', $row->driver )->fetch();

		$this->act( Workflow::get( $row->workflow_id ), $action, json_decode( $row->event_data, true ) );
	}

	private function run( Collection $workflow, array $params ): void {
		foreach ( WorkflowAction::where( 'workflow_id', $workflow['id'] )->where( 'is_active', 1 )->fetchAll() as $action ) {
			if ( null !== $this->driversManager->get( $action['driver'] ) ) {
				$this->act( $workflow, $action, $params );
			}
		}
	}

	/**
	 * Since 5.2 a failing action is logged and the next one runs; an \Error is no \Exception and gets through all the same.
	 * Before, whatever is thrown ends the run.
	 */
	private function act( Collection $workflow, Collection $action, array $params ): void {
		$action->when = $workflow['when'];
		$driver       = $this->driversManager->get( $action['driver'] );

		if ( ! Version::logsEveryAction() ) {
			$driver->handle( $params, $action, $this->shortCodeService );

			return;
		}
		if ( ! apply_filters( 'bkntc_workflow_should_execute_action', true, $params, $action, $workflow ) ) {
			return;
		}

		$error = null;

		try {
			$driver->handle( $params, $action, $this->shortCodeService );
		} catch ( \Exception $e ) {
			$error = $e->getMessage();
		}

		WorkflowLog::insert(
			array(
				'workflow_id'   => $workflow['id'],
				'when'          => $workflow['when'],
				'driver'        => $action['driver'],
				'date_time'     => current_time( 'mysql' ),
				'event_data'    => wp_json_encode( $params ),
				'status'        => null === $error ? 'success' : 'error',
				'error_message' => $error,
			)
		);
	}
}
