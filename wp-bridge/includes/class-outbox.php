<?php
/**
 * The bridge's events, kept until the sidecar has them and for some days after.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * A table of events that only grows at its end. Rows hold ids; what they mean is looked up when they are sent.
 */
final class Outbox {

	public const OPTION           = 'booking_recovery_outbox_id';
	public const DROPPED_OPTION   = 'booking_recovery_dropped';
	public const UNWRITTEN_OPTION = 'booking_recovery_unwritten';
	private const MOST_WAITING    = 50000;
	private const KEPT_FOR        = 7 * DAY_IN_SECONDS;
	private const WAITS_FOR       = 30 * DAY_IN_SECONDS;
	private const AT_ONCE         = 10000;

	/**
	 * Ids of the blogs for which this request has added something.
	 *
	 * @var array<int, int>
	 */
	private $grown = array();

	/**
	 * A name for one run of numbers.
	 */
	public static function new_id(): string {
		return bin2hex( random_bytes( 16 ) );
	}

	/**
	 * The name of this table's numbers.
	 */
	public function id(): string {
		return (string) get_option( self::OPTION );
	}

	/**
	 * Adds an event.
	 *
	 * @param string               $type       As in the contract.
	 * @param string|null          $session_id The visitor's session.
	 * @param array<string, mixed> $data       Ids and what only the visitor could tell.
	 * @return bool Whether it is there now; the database may be full, or not there.
	 */
	public function add( string $type, ?string $session_id, array $data ): bool {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		$added = $wpdb->query(
			$wpdb->prepare(
				"INSERT INTO $table ( type, session_id, occurred_at, data ) VALUES ( %s, NULLIF( %s, '' ), %d, %s )",
				$type,
				(string) $session_id,
				(int) ( microtime( true ) * 1000 ),
				wp_json_encode( (object) $data )
			)
		);
		if ( 1 !== $added ) {
			update_option( self::UNWRITTEN_OPTION, time() );
			return false;
		}
		$this->grown[ get_current_blog_id() ] = get_current_blog_id();
		return true;
	}

	/**
	 * The blogs for which this request has added something.
	 *
	 * @return int[] Their ids.
	 */
	public function grown(): array {
		return array_values( $this->grown );
	}

	/**
	 * The oldest events that the sidecar has not confirmed.
	 *
	 * @return array<int, array<string, mixed>> Rows.
	 */
	public function undelivered( int $limit ): array {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		return $wpdb->get_results( $wpdb->prepare( "SELECT * FROM $table WHERE delivered_at IS NULL ORDER BY seq LIMIT %d", $limit ), ARRAY_A );
	}

	/**
	 * Check-ins that the sidecar has not confirmed. Before it knows where the site is, it can call nobody back: they go
	 * before all that may have piled up.
	 *
	 * @return array<int, array<string, mixed>> Rows.
	 */
	public function undelivered_check_ins(): array {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		return $wpdb->get_results( "SELECT * FROM $table WHERE delivered_at IS NULL AND type = 'site.checked_in' ORDER BY seq LIMIT 100", ARRAY_A );
	}

	/**
	 * Events behind a number, delivered or not.
	 *
	 * @return array<int, array<string, mixed>> Rows.
	 */
	public function after( int $seq, int $limit ): array {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		return $wpdb->get_results( $wpdb->prepare( "SELECT * FROM $table WHERE seq > %d ORDER BY seq LIMIT %d", $seq, $limit ), ARRAY_A );
	}

	/**
	 * What a session's events are, and when the sidecar confirmed them.
	 *
	 * @return array<int, array<string, mixed>> Rows without data, the oldest first.
	 */
	public function of_session( string $session_id ): array {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		return $wpdb->get_results( $wpdb->prepare( "SELECT type, occurred_at, delivered_at FROM $table WHERE session_id = %s ORDER BY seq", $session_id ), ARRAY_A );
	}

	/**
	 * Marks events as held by the sidecar.
	 *
	 * @param int[] $numbers Their seq.
	 * @return int How many were not marked before.
	 */
	public function mark_delivered( array $numbers ): int {
		global $wpdb;
		if ( array() === $numbers ) {
			return 0;
		}
		$table = Schema::table( 'outbox' );
		$list  = implode( ',', array_map( 'intval', $numbers ) );
		return (int) $wpdb->query( $wpdb->prepare( "UPDATE $table SET delivered_at = %d WHERE delivered_at IS NULL AND seq IN ( $list )", time() ) );
	}

	/**
	 * Marks everything up to a number: a sidecar that reads on from there holds what lies before.
	 */
	public function mark_delivered_up_to( int $seq ): void {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		$wpdb->query( $wpdb->prepare( "UPDATE $table SET delivered_at = %d WHERE delivered_at IS NULL AND seq <= %d", time(), $seq ) );
	}

	/**
	 * The highest number given so far.
	 */
	public function last_seq(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT MAX( seq ) FROM ' . Schema::table( 'outbox' ) );
	}

	/**
	 * How somebody said to be reached, in the events that still stand here: also what they had typed first in a visit,
	 * such as a number before the address.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return array<int, array<string, mixed>> Seq => contact.
	 */
	public function contacts_of( array $person_keys ): array {
		global $wpdb;
		$given  = array();
		$theirs = array();
		foreach ( $wpdb->get_results( 'SELECT seq, session_id, data FROM ' . Schema::table( 'outbox' ) . " WHERE type = 'session.contact_given'", ARRAY_A ) as $row ) {
			$contact = json_decode( $row['data'], true )['contact'] ?? array();

			$given[ $row['session_id'] ][ (int) $row['seq'] ] = $contact;
			if ( array() !== array_intersect( $person_keys, Person::keys( $contact['email'] ?? null, $contact['phone'] ?? null ) ) ) {
				$theirs[ $row['session_id'] ] = true;
			}
		}
		$found = array();
		foreach ( array_intersect_key( $given, $theirs ) as $contacts ) {
			$found += array_filter( $contacts );
		}
		ksort( $found );
		return $found;
	}

	/**
	 * Takes somebody's contact out of every event that holds it. The events stay, so that their numbers have no holes.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return int How many events held it.
	 */
	public function forget( array $person_keys ): int {
		global $wpdb;
		$table   = Schema::table( 'outbox' );
		$numbers = array_keys( $this->contacts_of( $person_keys ) );
		if ( array() === $numbers ) {
			return 0;
		}
		$list = implode( ',', $numbers );
		return (int) $wpdb->query( "UPDATE $table SET data = '{\"contact\":{}}' WHERE seq IN ( $list )" );
	}

	/**
	 * How many events wait, and since when.
	 *
	 * @return array{ count: int, oldest_at: ?int } The time in Unix milliseconds.
	 */
	public function pending(): array {
		global $wpdb;
		$row = $wpdb->get_row( 'SELECT COUNT(*) AS count, MIN( occurred_at ) AS oldest_at FROM ' . Schema::table( 'outbox' ) . ' WHERE delivered_at IS NULL', ARRAY_A );
		return array(
			'count'     => (int) $row['count'],
			'oldest_at' => null === $row['oldest_at'] ? null : (int) $row['oldest_at'],
		);
	}

	/**
	 * When the sidecar last confirmed an event, in Unix seconds; 0 for never, or too long ago to be kept.
	 */
	public function delivered_at(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT MAX( delivered_at ) FROM ' . Schema::table( 'outbox' ) );
	}

	/**
	 * Hears how far the sidecar has come. Farther than this table: a backup was restored, and the numbers to come
	 * are not those that the sidecar knows.
	 */
	public function notice_cursor( string $outbox_id, int $seq ): void {
		if ( $this->id() === $outbox_id && $seq > $this->last_seq() ) {
			update_option( self::OPTION, self::new_id() );
		}
	}

	/**
	 * Forgets what was delivered a week ago, but never the last row: MySQL before 8 counts on from it after a restart.
	 * Whom the sidecar was asked to forget, or to leave alone, is not kept here for a week.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		$last  = $this->last_seq();
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE delivered_at < %d AND seq < %d", time() - self::KEPT_FOR, $last ) );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE type IN ( 'contact.forgotten', 'contact.opted_out' ) AND data NOT LIKE %s AND delivered_at < %d AND seq < %d", '{"token":%', time() - HOUR_IN_SECONDS, $last ) );
	}

	/**
	 * Gives up what waits for a sidecar that does not come back. What visitors did loses its meaning first; bookings go
	 * only where too much waits, and people's wishes never.
	 */
	public function drop_hopeless(): void {
		global $wpdb;
		$table   = Schema::table( 'outbox' );
		$dropped = (int) $wpdb->query(
			$wpdb->prepare(
				"DELETE FROM $table WHERE delivered_at IS NULL AND type LIKE %s AND occurred_at < %d AND seq < %d LIMIT %d",
				'session.%',
				1000 * ( time() - self::WAITS_FOR ),
				$this->last_seq(),
				self::AT_ONCE
			)
		);
		foreach ( array( 'session.%', 'booking.%' ) as $types ) {
			$excess = $this->pending()['count'] - $this->most_waiting();
			if ( $excess > 0 ) {
				$dropped += (int) $wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE delivered_at IS NULL AND type LIKE %s AND seq < %d ORDER BY seq LIMIT %d", $types, $this->last_seq(), min( $excess, self::AT_ONCE ) ) );
			}
		}
		if ( $dropped > 0 ) {
			update_option( self::DROPPED_OPTION, $this->dropped() + $dropped, false );
		}
	}

	/**
	 * How many events were given up so far.
	 */
	public function dropped(): int {
		return (int) get_option( self::DROPPED_OPTION );
	}

	/**
	 * When the database last refused an event, in Unix seconds, if that was within a day; else 0.
	 */
	public function unwritten_at(): int {
		$at = (int) get_option( self::UNWRITTEN_OPTION );
		return $at > time() - DAY_IN_SECONDS ? $at : 0;
	}

	/**
	 * How many events may wait.
	 */
	private function most_waiting(): int {
		/**
		 * Changes how many events may wait for the sidecar before the oldest are given up.
		 *
		 * @param int $count Their number.
		 */
		return max( 1, (int) apply_filters( 'booking_recovery_most_waiting', self::MOST_WAITING ) );
	}
}
