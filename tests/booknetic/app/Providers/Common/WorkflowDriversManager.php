<?php
/**
 * The drivers at hand.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

/**
 * Drivers by slug.
 */
class WorkflowDriversManager {

	private $drivers = array();

	public function register( WorkflowDriver $driver ) {
		$this->drivers[ $driver->getDriver() ] = $driver;
	}

	public function get( $slug ) {
		return $this->drivers[ $slug ] ?? null;
	}

	public function getList() {
		return $this->drivers;
	}
}
