<?php
/**
 * What the bridge remembers of a visitor, to tell news from repetition.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a session: only hashes of what was last reported, nothing about the person.
 */
final class Sessions {

	private const KEPT_FOR = 30 * DAY_IN_SECONDS;

	/**
	 * True when this session was not known before.
	 */
	public function begin( string $session_id ): bool {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $table ( session_id, seen_at ) VALUES ( %s, %d )", $session_id, time() ) );
	}

	/**
	 * True when the visitor's step or choice differs from the one last reported, which it then replaces.
	 *
	 * @param array<mixed> $step What is to be reported.
	 */
	public function step_is_new( string $session_id, array $step ): bool {
		return $this->replace_hash( 'step_hash', $session_id, $step );
	}

	/**
	 * True when the contact differs from the one last reported, which it then replaces.
	 *
	 * @param array<mixed> $contact    What is to be reported.
	 * @param string       $person_key Of whom: so that they can be forgotten.
	 */
	public function contact_is_new( string $session_id, array $contact, string $person_key ): bool {
		global $wpdb;
		$is_new = $this->replace_hash( 'contact_hash', $session_id, $contact );
		if ( $is_new ) {
			$table = Schema::table( 'sessions' );
			$wpdb->query( $wpdb->prepare( "UPDATE $table SET person_key = %s WHERE session_id = %s", $person_key, $session_id ) );
		}
		return $is_new;
	}

	/**
	 * True when the session is seen with this token for the first time.
	 */
	public function token_is_new( string $session_id, string $token ): bool {
		return $this->replace_hash( 'token_hash', $session_id, array( $token ) );
	}

	/**
	 * Adds what speaks for a robot in a session.
	 *
	 * @param string[] $signals Of Bot_Signals::ALL.
	 * @return string[] All that ever spoke for one there, if something of it is new; else nothing.
	 */
	public function add_signals( string $session_id, array $signals ): array {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		$bits  = 0;
		foreach ( array_keys( array_intersect( Bot_Signals::ALL, $signals ) ) as $place ) {
			$bits |= 1 << $place;
		}
		if ( 0 === $bits || 1 !== $wpdb->query( $wpdb->prepare( "UPDATE $table SET signals = signals | %d WHERE session_id = %s AND ( signals & %d ) <> %d", $bits, $session_id, $bits, $bits ) ) ) {
			return array();
		}
		$all   = (int) $wpdb->get_var( $wpdb->prepare( "SELECT signals FROM $table WHERE session_id = %s", $session_id ) );
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
	 * Compares and replaces in one statement, so that of two requests at once only one reports.
	 *
	 * @param array<mixed> $value What is hashed.
	 */
	private function replace_hash( string $column, string $session_id, array $value ): bool {
		global $wpdb;
		$table = Schema::table( 'sessions' );
		$hash  = md5( (string) wp_json_encode( $value ) );
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $table SET $column = %s, seen_at = %d WHERE session_id = %s AND $column <> %s", $hash, time(), $session_id, $hash ) );
	}
}
