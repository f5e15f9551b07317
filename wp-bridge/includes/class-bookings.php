<?php
/**
 * Which session made which booking.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row an appointment. A payment is often confirmed in a request that knows nothing of the visitor, perhaps to another
 * blog of the network, and rows of Booknetic may be deleted: this is what is left to tell from.
 */
final class Bookings {

	private const KEPT_FOR = 400 * DAY_IN_SECONDS;
	private const NOT_LIVE = array( 'canceled', 'rejected', 'no_show' );

	/**
	 * What is paid, or will be at the salon. While a payment elsewhere is open, or where it failed, the row is there all the
	 * same.
	 */
	private const SETTLED = array( 'paid', 'not_paid' );

	/**
	 * Remembers an appointment, and that it was made on this blog; false when it was known already.
	 *
	 * @param array<string, mixed> $appointment As Booknetic_Gateway::appointment() gives it.
	 */
	public function add( array $appointment, ?string $session_id ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		return 1 === $wpdb->query(
			$wpdb->prepare(
				"INSERT IGNORE INTO $table ( appointment_id, blog_id, booking_key, session_id, appointment, created_at ) VALUES ( %d, %d, %s, NULLIF( %s, '' ), %s, %d )",
				$appointment['id'],
				get_current_blog_id(),
				$appointment['booking_key'],
				(string) $session_id,
				wp_json_encode( $appointment ),
				time()
			)
		);
	}

	/**
	 * True when the appointment is known and differs from what was remembered, which it then replaces.
	 *
	 * @param array<string, mixed> $appointment As Booknetic_Gateway::appointment() gives it.
	 */
	public function replace( array $appointment ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		$json  = wp_json_encode( $appointment );
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $table SET appointment = %s WHERE appointment_id = %d AND appointment <> %s", $json, $appointment['id'], $json ) );
	}

	/**
	 * True when the booking was not confirmed before.
	 */
	public function confirm( string $booking_key ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		return 0 < $wpdb->query( $wpdb->prepare( "UPDATE $table SET confirmed_at = %d WHERE booking_key = %s AND confirmed_at IS NULL", time(), $booking_key ) );
	}

	/**
	 * True when the appointment was known and not yet deleted.
	 */
	public function delete( int $appointment_id ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $table SET deleted_at = %d WHERE appointment_id = %d AND deleted_at IS NULL", time(), $appointment_id ) );
	}

	/**
	 * The booking that an appointment belongs to.
	 *
	 * @return array{ blog_id: string, booking_key: string, session_id: ?string }|null
	 */
	public function find( int $appointment_id ): ?array {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		return $wpdb->get_row( $wpdb->prepare( "SELECT blog_id, booking_key, session_id FROM $table WHERE appointment_id = %d", $appointment_id ), ARRAY_A );
	}

	/**
	 * All appointments of a booking as they were last seen.
	 *
	 * @return array<int, array{ appointment: array<string, mixed>, deleted: bool }>
	 */
	public function appointments( string $booking_key ): array {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		$rows  = $wpdb->get_results( $wpdb->prepare( "SELECT appointment, deleted_at FROM $table WHERE booking_key = %s ORDER BY appointment_id", $booking_key ), ARRAY_A );
		$found = array();
		foreach ( $rows as $row ) {
			$found[] = array(
				'appointment' => json_decode( $row['appointment'], true ),
				'deleted'     => null !== $row['deleted_at'],
			);
		}
		return $found;
	}

	/**
	 * Whether an appointment still stands.
	 *
	 * @param array<string, mixed> $appointment As Booknetic_Gateway::appointment() gives it.
	 */
	public static function is_live( array $appointment ): bool {
		return ! in_array( $appointment['status'], self::NOT_LIVE, true );
	}

	/**
	 * Whether anything of a booking still stands.
	 */
	public function has_live( string $booking_key ): bool {
		foreach ( $this->appointments( $booking_key ) as $known ) {
			if ( ! $known['deleted'] && self::is_live( $known['appointment'] ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether this session has a booking that counts as booked.
	 */
	public function session_has_booked( string $session_id ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		return null !== $wpdb->get_var( $wpdb->prepare( "SELECT 1 FROM $table WHERE session_id = %s AND confirmed_at IS NOT NULL LIMIT 1", $session_id ) );
	}

	/**
	 * Whether everything that was booked in this session has been called off by somebody. What Booknetic gave up for want
	 * of a payment says so, and what the form deletes may be tried in another way.
	 */
	public function session_has_called_off( string $session_id ): bool {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		$found = false;
		foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT appointment FROM $table WHERE session_id = %s AND deleted_at IS NULL", $session_id ) ) as $json ) {
			$appointment = json_decode( $json, true );
			if ( self::is_live( $appointment ) ) {
				return false;
			}
			$found = $found || 'canceled' !== $appointment['payment_status'];
		}
		return $found;
	}

	/**
	 * Whether one of these appointments stands and is booked. Of some the bridge has never heard: an interface or an import
	 * has made them, or staff while the bridge was switched off. Those are told by how they are paid.
	 *
	 * @param array<int, array<string, mixed>> $appointments As Booknetic_Gateway::appointment() gives them.
	 */
	public function is_any_booked( array $appointments ): bool {
		global $wpdb;
		$live = array_filter( $appointments, array( self::class, 'is_live' ) );
		if ( array() !== array_intersect( self::SETTLED, array_column( $live, 'payment_status' ) ) ) {
			return true;
		}
		$table = Schema::table( 'bookings' );
		$list  = implode( ',', array_map( 'intval', array_column( $live, 'id' ) ) );
		return '' !== $list && null !== $wpdb->get_var( "SELECT 1 FROM $table WHERE confirmed_at IS NOT NULL AND deleted_at IS NULL AND appointment_id IN ( $list ) LIMIT 1" );
	}

	/**
	 * Forgets what is too old to change any more.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'bookings' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE created_at < %d", time() - self::KEPT_FOR ) );
	}
}
