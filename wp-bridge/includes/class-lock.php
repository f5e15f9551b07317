<?php
/**
 * Database locks that vanish with the process that holds them.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * A named lock of this site, held by the database connection: a crash frees it.
 */
final class Lock {

	/**
	 * True when this process now holds the lock; false when another does, or the database cannot tell.
	 */
	public function take( string $name, int $wait = 0 ): bool {
		global $wpdb;
		return '1' === $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK( %s, %d )', $this->full_name( $name ), $wait ) );
	}

	/**
	 * Gives the lock back.
	 */
	public function free( string $name ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( 'SELECT RELEASE_LOCK( %s )', $this->full_name( $name ) ) );
	}

	/**
	 * Locks are shared by the whole database server, so the name says whose it is, within MySQL's 64 characters.
	 */
	private function full_name( string $name ): string {
		global $wpdb;
		return 'booking_recovery.' . md5( DB_NAME . '/' . $wpdb->prefix . '/' . $name );
	}
}
