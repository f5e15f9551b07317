<?php
/**
 * What the bridge remembers of a visitor, to tell news from repetition.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a session: only hashes of what was last reported, nothing about the person. A visitor waits for one reading of
 * it; what changes is written behind the answer. Where PHP dies before that, or another request is faster, the same is
 * reported again, which changes nothing. But nothing counts as reported that is not in the outbox.
 */
final class Sessions {

	private const KEPT_FOR = 30 * DAY_IN_SECONDS;

	/**
	 * Sessions as this request knows them: id => row; null where there is none.
	 *
	 * @var array<string, array<string, mixed>|null>
	 */
	private $known = array();

	/**
	 * What this request has to write of them: id => column => value.
	 *
	 * @var array<string, array<string, mixed>>
	 */
	private $changed = array();

	/**
	 * Ids of those that have begun in this request.
	 *
	 * @var array<string, true>
	 */
	private $begun = array();

	/**
	 * Whether something was reported of this session.
	 */
	public function has( string $session_id ): bool {
		return null !== $this->row( $session_id );
	}

	/**
	 * Remembers that a session's start was reported, and what spoke for a robot then.
	 *
	 * @param string[] $signals Of Bot_Signals::ALL.
	 */
	public function begin( string $session_id, array $signals ): void {
		$this->begun[ $session_id ] = true;
		$this->change( $session_id, 'signals', self::bits( $signals ) );
	}

	/**
	 * Whether the visitor's step or choice differs from the one last reported.
	 *
	 * @param array<mixed> $step What is to be reported.
	 */
	public function step_is_new( string $session_id, array $step ): bool {
		return $this->is_new( 'step_hash', $session_id, $step );
	}

	/**
	 * Remembers which step was reported.
	 *
	 * @param array<mixed> $step What was reported.
	 */
	public function remember_step( string $session_id, array $step ): void {
		$this->remember( 'step_hash', $session_id, $step );
	}

	/**
	 * Whether the contact differs from the one last reported.
	 *
	 * @param array<mixed> $contact What is to be reported.
	 */
	public function contact_is_new( string $session_id, array $contact ): bool {
		return $this->is_new( 'contact_hash', $session_id, $contact );
	}

	/**
	 * Remembers which contact was reported.
	 *
	 * @param array<mixed> $contact    What was reported.
	 * @param string       $person_key Of whom: so that they can be forgotten.
	 */
	public function remember_contact( string $session_id, array $contact, string $person_key ): void {
		$this->remember( 'contact_hash', $session_id, $contact );
		$this->change( $session_id, 'person_key', $person_key );
	}

	/**
	 * Whether the session is seen with this token for the first time.
	 */
	public function token_is_new( string $session_id, string $token ): bool {
		return $this->is_new( 'token_hash', $session_id, array( $token ) );
	}

	/**
	 * Remembers with which token the session was seen.
	 */
	public function remember_token( string $session_id, string $token ): void {
		$this->remember( 'token_hash', $session_id, array( $token ) );
	}

	/**
	 * Adds what speaks for a robot in a session.
	 *
	 * @param string[] $signals Of Bot_Signals::ALL.
	 * @return string[] All that ever spoke for one there, if something of it is new; else nothing.
	 */
	public function add_signals( string $session_id, array $signals ): array {
		$known = (int) ( $this->row( $session_id )['signals'] ?? 0 );
		$all   = $known | self::bits( $signals );
		if ( $known === $all || ! $this->has( $session_id ) ) {
			return array();
		}
		$this->change( $session_id, 'signals', $all );
		$found = array();
		foreach ( Bot_Signals::ALL as $place => $signal ) {
			if ( 0 !== ( $all & ( 1 << $place ) ) ) {
				$found[] = $signal;
			}
		}
		return $found;
	}

	/**
	 * Whether somebody's address was given in a session before.
	 */
	public function know( string $person_key ): bool {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		return null !== $wpdb->get_var( $wpdb->prepare( "SELECT 1 FROM $table WHERE person_key = %s LIMIT 1", $person_key ) );
	}

	/**
	 * Forgets who is in which session.
	 *
	 * @param string[] $person_keys Of whom.
	 * @return int How many sessions there were.
	 */
	public function forget( array $person_keys ): int {
		global $wpdb;
		$table  = Schema::table( 'sessions' );
		$erased = 0;
		foreach ( $person_keys as $person_key ) {
			$erased += (int) $wpdb->query( $wpdb->prepare( "UPDATE $table SET contact_hash = '', person_key = '' WHERE person_key = %s", $person_key ) );
		}
		return $erased;
	}

	/**
	 * Forgets sessions that nobody has touched for a month.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE seen_at < %d", time() - self::KEPT_FOR ) );
	}

	/**
	 * Writes what has changed, and forgets what this request knew.
	 */
	public function write(): void {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		foreach ( $this->changed as $session_id => $columns ) {
			$set = '';
			foreach ( $columns as $column => $value ) {
				$set .= $wpdb->prepare( ", $column = " . ( 'signals' === $column ? "$column | %d" : '%s' ), $value );
			}
			if ( isset( $this->begun[ $session_id ] ) ) {
				$wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $table SET session_id = %s, seen_at = %d", $session_id, time() ) );
			}
			$wpdb->query( $wpdb->prepare( "UPDATE $table SET seen_at = %d", time() ) . $set . $wpdb->prepare( ' WHERE session_id = %s', $session_id ) );
		}
		$this->known   = array();
		$this->changed = array();
		$this->begun   = array();
	}

	/**
	 * A session as this request knows it.
	 *
	 * @return array<string, mixed>|null Null where there is none.
	 */
	private function row( string $session_id ): ?array {
		if ( ! array_key_exists( $session_id, $this->known ) ) {
			global $wpdb;
			$table = Schema::table( 'sessions' );

			$this->known[ $session_id ] = $wpdb->get_row( $wpdb->prepare( "SELECT step_hash, contact_hash, token_hash, signals FROM $table WHERE session_id = %s", $session_id ), ARRAY_A );
		}
		return $this->known[ $session_id ];
	}

	/**
	 * Changes a session, here at once and in the database later.
	 *
	 * @param mixed $value Of the column.
	 */
	private function change( string $session_id, string $column, $value ): void {
		$this->known[ $session_id ]              = array( $column => $value ) + ( $this->row( $session_id ) ?? array() );
		$this->changed[ $session_id ][ $column ] = $value;
	}

	/**
	 * Whether something differs from what was last reported.
	 *
	 * @param array<mixed> $value What is hashed.
	 */
	private function is_new( string $column, string $session_id, array $value ): bool {
		return self::hash( $value ) !== ( $this->row( $session_id )[ $column ] ?? null );
	}

	/**
	 * Remembers that something was reported.
	 *
	 * @param array<mixed> $value What is hashed.
	 */
	private function remember( string $column, string $session_id, array $value ): void {
		$this->change( $session_id, $column, self::hash( $value ) );
	}

	/**
	 * Tells values apart without keeping them.
	 *
	 * @param array<mixed> $value Of a visitor.
	 */
	private static function hash( array $value ): string {
		return md5( (string) wp_json_encode( $value ) );
	}

	/**
	 * Signals as they are kept.
	 *
	 * @param string[] $signals Of Bot_Signals::ALL.
	 */
	private static function bits( array $signals ): int {
		$bits = 0;
		foreach ( array_keys( array_intersect( Bot_Signals::ALL, $signals ) ) as $place ) {
			$bits |= 1 << $place;
		}
		return $bits;
	}
}
