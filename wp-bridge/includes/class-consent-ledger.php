<?php
/**
 * What people were told or asked about messages, and what they answered.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a choice and identifier, known by a hash alone.
 */
final class Consent_Ledger {

	/**
	 * Longer than anything else about a visit: who complains about a message may do so for three years in much of Europe,
	 * in some countries counted from the end of the year, and what they had agreed to must be shown until then.
	 */
	private const KEPT_FOR = 4 * YEAR_IN_SECONDS;

	/**
	 * Writes a choice down, where it is not the one that stands there already. What the session wrote about addresses that
	 * its visitor has corrected since, such as half-typed ones, was about nobody.
	 *
	 * @param string                                                $session_id  The visitor's.
	 * @param string[]                                              $person_keys Theirs.
	 * @param array{ basis: string, text: string, at: string }|null $consent     Null where nothing was told or asked.
	 * @param string                                                $page        Where.
	 */
	public function note( string $session_id, array $person_keys, ?array $consent, string $page, int $now ): void {
		global $wpdb;
		if ( Test_Visits::is_one( $session_id ) ) {
			return;
		}
		$table = Schema::table( 'consents' );
		$known = $wpdb->get_results( $wpdb->prepare( "SELECT id, person_key, basis, wording FROM $table WHERE session_id = %s ORDER BY id", $session_id ), ARRAY_A );
		$last  = array();
		foreach ( $known as $row ) {
			if ( in_array( $row['person_key'], $person_keys, true ) ) {
				$last[ $row['person_key'] ] = $row;
			} else {
				$wpdb->delete( $table, array( 'id' => $row['id'] ), '%d' );
			}
		}
		foreach ( null === $consent ? array() : $person_keys as $person_key ) {
			$before = $last[ $person_key ] ?? array();
			if ( ( $before['basis'] ?? null ) === $consent['basis'] && $before['wording'] === $consent['text'] ) {
				continue;
			}
			$wpdb->insert(
				$table,
				array(
					'session_id' => $session_id,
					'person_key' => $person_key,
					'basis'      => $consent['basis'],
					'wording'    => $consent['text'],
					'page'       => $page,
					'at'         => $now,
				)
			);
		}
	}

	/**
	 * Somebody's choices, the oldest first.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return array<int, array{ id: string, basis: string, wording: string, page: string, at: string }>
	 */
	public function of( array $person_keys ): array {
		global $wpdb;
		$table = Schema::table( 'consents' );
		$found = array();
		foreach ( $person_keys as $person_key ) {
			$found = array_merge( $found, $wpdb->get_results( $wpdb->prepare( "SELECT id, basis, wording, page, at FROM $table WHERE person_key = %s ORDER BY id", $person_key ), ARRAY_A ) );
		}
		return $found;
	}

	/**
	 * Forgets people's choices, by whichever of their identifiers they made them: a session is one person's.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return int How many rows there were.
	 */
	public function forget( array $person_keys ): int {
		global $wpdb;
		$table  = Schema::table( 'consents' );
		$erased = 0;
		foreach ( $person_keys as $person_key ) {
			foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT DISTINCT session_id FROM $table WHERE person_key = %s", $person_key ) ) as $session_id ) {
				$erased += (int) $wpdb->delete( $table, array( 'session_id' => $session_id ), '%s' );
			}
		}
		return $erased;
	}

	/**
	 * Forgets what nobody needs proven any more.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'consents' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE at < %d", time() - self::KEPT_FOR ) );
	}
}
