<?php
/**
 * The bridge's parts, one of each.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Makes a part when it is first asked for, with the parts that its constructor names: most requests need few of them, and a
 * visitor waits for each file that is loaded.
 */
final class Parts {

	/**
	 * What was made so far.
	 *
	 * @var array<string, object>
	 */
	private $made = array();

	/**
	 * The part of that class.
	 */
	public function get( string $name ): object {
		if ( ! isset( $this->made[ $name ] ) ) {
			$needed = array();
			$making = ( new \ReflectionClass( $name ) )->getConstructor();
			foreach ( null === $making ? array() : $making->getParameters() as $parameter ) {
				$needed[] = $this->get( $parameter->getType()->getName() );
			}
			$this->made[ $name ] = new $name( ...$needed );
		}
		return $this->made[ $name ];
	}

	/**
	 * A callback that makes the part when it is called.
	 */
	public function call( string $name, string $method ): \Closure {
		return function ( ...$given ) use ( $name, $method ) {
			return $this->get( $name )->$method( ...$given );
		};
	}
}
