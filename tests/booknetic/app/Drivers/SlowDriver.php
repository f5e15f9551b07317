<?php
/**
 * A driver that takes its time.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

/**
 * Sleeps for `seconds`, and everybody waits: drivers run in the request that triggered the event.
 */
class SlowDriver extends LoggingDriver {

	protected $driver = 'stand_in_slow';

	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		$settings = $this->settings( $actionSettings );

		usleep( (int) ( $settings['seconds'] * 1000000 ) );
		$this->log( $actionSettings, $settings );
	}
}
