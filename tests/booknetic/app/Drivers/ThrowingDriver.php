<?php
/**
 * A driver that fails.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

/**
 * Throws an exception with `message`; what stands behind it in the workflow does not run.
 */
class ThrowingDriver extends LoggingDriver {

	protected $driver = 'stand_in_throwing';

	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		throw new \Exception( $this->settings( $actionSettings )['message'] );
	}
}
