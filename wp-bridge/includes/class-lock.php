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
	 * True when this process now holds the lock, false when another does; null where the database has no locks, as some
	 * clusters and proxies have none.
	 */
	public function take( string $name, int $wait = 0 ): ?bool {
		global $wpdb;
		$shown = $wpdb->suppress_errors( true );
		$taken = $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK( %s, %d )', $this->full_name( $name ), $wait ) );
		$wpdb->suppress_errors( $shown );
		return null === $taken ? null : '1' === $taken;
	}

	/**
	 * Gives the lock back.
	 */
	public function free( string $name ): void {
		global $wpdb;
		$shown = $wpdb->suppress_errors( true );
		$wpdb->query( $wpdb->prepare( 'SELECT RELEASE_LOCK( %s )', $this->full_name( $name ) ) );
		$wpdb->suppress_errors( $shown );
	}

	/**
	 * Locks are shared by the whole database server, so the name says whose it is, within MySQL's 64 characters.
	 */
	private function full_name( string $name ): string {
		global $wpdb;
		return 'booking_recovery.' . md5( DB_NAME . '/' . $wpdb->prefix . '/' . $name );
	}
}
