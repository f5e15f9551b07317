<?php
/**
 * What the drivers here share.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

use BookneticApp\Models\WorkflowLog;
use BookneticApp\Providers\Common\WorkflowDriver;
use BookneticApp\Version;

/**
 * Logs, as Booknetic's drivers do, what went well and nothing else, where the engine does not log every action.
 */
abstract class LoggingDriver extends WorkflowDriver {

	protected function log( $action, array $data ): void {
		if ( Version::logsEveryAction() ) {
			return;
		}

		WorkflowLog::insert(
			array(
				'workflow_id' => $action['workflow_id'],
				'when'        => $action->when,
				'driver'      => $this->getDriver(),
				'date_time'   => current_time( 'mysql' ),
				'data'        => wp_json_encode( $data ),
			)
		);
	}

	/**
	 * The action's settings.
	 */
	protected function settings( $action ): array {
		$settings = json_decode( (string) $action['data'], true );

		return is_array( $settings ) ? $settings : array();
	}
}
