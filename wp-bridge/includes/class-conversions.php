<?php
/**
 * Bookings that a recovery has brought back, as the sidecar registers them.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a conversion: its highest revision.
 */
final class Conversions {

	/**
	 * The stored conversion, or null.
	 *
	 * @return array<string, mixed>|null
	 */
	public function find( string $conversion_id ): ?array {
		global $wpdb;
		$table = Schema::table( 'conversions' );
		$json  = $wpdb->get_var( $wpdb->prepare( "SELECT conversion FROM $table WHERE conversion_id = %s", $conversion_id ) );
		return null === $json ? null : json_decode( $json, true );
	}

	/**
	 * Stores a conversion unless a higher revision stands already.
	 *
	 * @param array<string, mixed> $conversion With `conversion_id` and `revision`.
	 */
	public function store( array $conversion ): void {
		global $wpdb;
		$table = Schema::table( 'conversions' );
		$json  = wp_json_encode( $conversion );
		$wpdb->query(
			$wpdb->prepare(
				"INSERT INTO $table ( conversion_id, revision, conversion ) VALUES ( %s, %d, %s )
				ON DUPLICATE KEY UPDATE conversion = IF( revision < VALUES( revision ), VALUES( conversion ), conversion ), revision = GREATEST( revision, VALUES( revision ) )",
				$conversion['conversion_id'],
				$conversion['revision'],
				$json
			)
		);
	}

	/**
	 * True the first time that a conversion is to be announced.
	 */
	public function claim_announcement( string $conversion_id ): bool {
		global $wpdb;
		$table = Schema::table( 'conversions' );
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $table SET announced_at = %d WHERE conversion_id = %s AND announced_at IS NULL", time(), $conversion_id ) );
	}
}
