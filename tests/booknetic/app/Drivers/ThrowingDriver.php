<?php
/**
 * A driver that fails.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

/**
 * Throws an exception with `message`, in which codes are replaced; with `is_error`, what PHP itself throws where a driver is faulty.
 */
class ThrowingDriver extends LoggingDriver {

	protected $driver = 'stand_in_throwing';

	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		$settings = $this->settings( $actionSettings );
		$message  = $shortCodeService->replace( $settings['message'], $eventData );

		throw empty( $settings['is_error'] ) ? new \Exception( $message ) : new \Error( $message );
	}
}
