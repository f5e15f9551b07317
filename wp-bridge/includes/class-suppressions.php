<?php
/**
 * Who must not be written to.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a person, known by a hash alone. This table is the only durable home of these wishes: it is never pruned.
 */
final class Suppressions {

	public const OPT_OUT = 'opt_out';
	public const FORGET  = 'forget';

	/**
	 * Writes down that people want no messages, or want to be forgotten, which outranks the former.
	 *
	 * @param string[] $person_keys Theirs.
	 * @param string   $op          OPT_OUT or FORGET.
	 * @param string   $via         `link`, `admin` or `import`.
	 * @return int How many of them had not said so before.
	 */
	public function record( array $person_keys, string $op, string $via, int $now ): int {
		global $wpdb;
		$table = Schema::table( 'suppressions' );
		$new   = 0;
		foreach ( $person_keys as $person_key ) {
			$known = $wpdb->get_var( $wpdb->prepare( "SELECT op FROM $table WHERE person_key = %s", $person_key ) );
			if ( $known === $op || self::FORGET === $known ) {
				continue;
			}
			// Replaced rather than changed: it must come behind every cursor that was read so far.
			$written = $wpdb->query( $wpdb->prepare( "REPLACE INTO $table ( person_key, op, via, at ) VALUES ( %s, %s, %s, %d )", $person_key, $op, $via, $now ) );
			if ( ! $written ) {
				throw new Try_Later( 'database_unavailable', __( 'The site cannot write to its database.', 'booking-recovery-bridge' ), 503, 60 );
			}
			++$new;
		}
		return $new;
	}

	/**
	 * Takes wishes back.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return int How many there were.
	 */
	public function lift( array $person_keys ): int {
		global $wpdb;
		$table  = Schema::table( 'suppressions' );
		$lifted = 0;
		foreach ( $person_keys as $person_key ) {
			$lifted += (int) $wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE person_key = %s", $person_key ) );
		}
		return $lifted;
	}

	/**
	 * Why none of these may be written to: OPT_OUT or FORGET; null where they may.
	 *
	 * @param string[] $person_keys Of one person.
	 */
	public function find( array $person_keys ): ?string {
		global $wpdb;
		$table = Schema::table( 'suppressions' );
		$found = array();
		foreach ( $person_keys as $person_key ) {
			$found[] = $wpdb->get_var( $wpdb->prepare( "SELECT op FROM $table WHERE person_key = %s", $person_key ) );
		}
		return in_array( self::FORGET, $found, true ) ? self::FORGET : ( array_values( array_filter( $found ) )[0] ?? null );
	}

	/**
	 * How many there are.
	 */
	public function count(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::table( 'suppressions' ) );
	}

	/**
	 * Wishes behind a cursor, oldest first.
	 *
	 * @return array<int, array{ cursor: int, person_key: string, op: string, via: string, at: int }>
	 */
	public function after( int $cursor, int $limit ): array {
		global $wpdb;
		$table = Schema::table( 'suppressions' );
		$rows  = $wpdb->get_results( $wpdb->prepare( "SELECT cursor_no, person_key, op, via, at FROM $table WHERE cursor_no > %d ORDER BY cursor_no LIMIT %d", $cursor, $limit ), ARRAY_A );
		return array_map(
			static function ( array $row ): array {
				return array(
					'cursor'     => (int) $row['cursor_no'],
					'person_key' => $row['person_key'],
					'op'         => $row['op'],
					'via'        => $row['via'],
					'at'         => (int) $row['at'],
				);
			},
			$rows
		);
	}
}
