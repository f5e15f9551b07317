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
	 * Nobody is told what happened: an unknown event does nothing, and what a driver throws ends the run and
	 * reaches the caller.
	 *
	 * @param string         $eventKey      Event.
	 * @param array          $params        Handed to each driver.
	 * @param callable|false $filterClosure Given each Workflow row, says whether it runs.
	 * @param bool           $noTenant      Of no effect with one tenant.
	 * @param int|null       $tenant_id     Of no effect with one tenant.
	 */
	public function trigger( $eventKey, array $params, $filterClosure = false, $noTenant = false, $tenant_id = null ): void { // phpcs:ignore Generic.CodeAnalysis.UnusedFunctionParameter -- Booknetic's signature.
		if ( ! $this->enabled || ! isset( $this->events[ $eventKey ] ) ) {
			return;
		}

		$workflows = Workflow::where( 'when', $eventKey )->where( 'is_active', 1 )->fetchAll();

		if ( is_callable( $filterClosure ) ) {
			$workflows = array_filter( $workflows, $filterClosure );
		}

		foreach ( $workflows as $workflow ) {
			$this->run( $workflow, $params );
		}
	}

	private function run( $workflow, array $params ): void {
		$actions = WorkflowAction::where( 'workflow_id', $workflow['id'] )->where( 'is_active', 1 )->fetchAll();

		foreach ( $actions as $action ) {
			$driver = $this->driversManager->get( $action['driver'] );

			if ( null === $driver ) {
				continue;
			}

			$action->when = $workflow['when'];
			$driver->handle( $params, $action, $this->shortCodeService );
		}
	}
}
