<?php
/**
 * How many people's addresses come from one place.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Counts for an hour or two how many new addresses somebody gives. Nothing tells afterwards from where: the visitor's own
 * address is kept as a keyed hash.
 */
final class Address_Rate {

	/**
	 * So many new addresses in an hour speak for a robot. Families, offices, and the telephones of one company do share an
	 * address on the Internet, but not so many of their people come to one form for the first time within the hour.
	 */
	public const SUSPECT = 20;

	/**
	 * So many are a flood, whoever it is.
	 */
	public const FLOOD = 100;

	/**
	 * Counts one more from a place, and says how many it has been in this hour; 0 where the place tells nothing, or where
	 * the database does not count.
	 *
	 * @param string $network From Visitor::network().
	 */
	public function count( string $network ): int {
		global $wpdb;
		if ( '' === $network ) {
			return 0;
		}
		$table = Schema::table( 'address_rates' );
		$hash  = hash_hmac( 'sha256', $network, wp_salt() );
		$hour  = self::hour();
		$wpdb->query( $wpdb->prepare( "INSERT INTO $table ( network_hash, hour, given ) VALUES ( %s, %d, 1 ) ON DUPLICATE KEY UPDATE given = given + 1", $hash, $hour ) );
		return (int) $wpdb->get_var( $wpdb->prepare( "SELECT given FROM $table WHERE network_hash = %s AND hour = %d", $hash, $hour ) );
	}

	/**
	 * Forgets all but this hour and the one before.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'address_rates' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE hour < %d", self::hour() - 1 ) );
	}

	/**
	 * Hours since 1970.
	 */
	private static function hour(): int {
		return intdiv( time(), HOUR_IN_SECONDS );
	}
}
