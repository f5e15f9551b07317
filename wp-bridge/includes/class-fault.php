<?php
/**
 * What happens to faults of the bridge.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Notes where something went wrong, without its message: that may hold a visitor's data.
 */
final class Fault {

	/**
	 * One line in PHP's log.
	 */
	public static function note( \Throwable $e ): void {
		error_log( sprintf( 'Booking Recovery: %1$s in %2$s:%3$d', get_class( $e ), basename( $e->getFile() ), $e->getLine() ) );
	}
}
