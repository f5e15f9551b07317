<?php
/**
 * Every recovery that the sidecar has asked for, and what came of it.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * One row a recovery id, made before anything is triggered. Its request, which holds the contact, is emptied as soon as
 * the end is recorded, or after a day where no end ever came.
 */
final class Recoveries {

	private const REQUEST_KEPT_FOR = DAY_IN_SECONDS;

	/**
	 * Claims an id; false when it was claimed before.
	 *
	 * @param string               $recovery_id The id.
	 * @param array<string, mixed> $request     What to send, or nothing where nothing is to be sent.
	 */
	public function claim( string $recovery_id, array $request ): bool {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $table ( recovery_id, request, claimed_at ) VALUES ( %s, %s, %d )", $recovery_id, wp_json_encode( $request ), time() ) );
	}

	/**
	 * Opens an ended recovery again; false when another process has done so already.
	 *
	 * @param string               $recovery_id The id.
	 * @param array<string, mixed> $request     What to send.
	 */
	public function reopen( string $recovery_id, array $request ): bool {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $table SET request = %s, answer = NULL, claimed_at = %d WHERE recovery_id = %s AND answer IS NOT NULL", wp_json_encode( $request ), time(), $recovery_id ) );
	}

	/**
	 * When a recovery was claimed, and its recorded end, which is null while there is none.
	 *
	 * @return array{ claimed_at: int, answer: ?array<string, mixed> }|null Null where the id was never claimed.
	 */
	public function find( string $recovery_id ): ?array {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		$row   = $wpdb->get_row( $wpdb->prepare( "SELECT claimed_at, answer FROM $table WHERE recovery_id = %s", $recovery_id ), ARRAY_A );
		return null === $row ? null : array(
			'claimed_at' => (int) $row['claimed_at'],
			'answer'     => null === $row['answer'] ? null : json_decode( $row['answer'], true ),
		);
	}

	/**
	 * What is to be sent; null once the recovery has ended.
	 *
	 * @return array<string, mixed>|null
	 */
	public function request( string $recovery_id ): ?array {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		$json  = $wpdb->get_var( $wpdb->prepare( "SELECT request FROM $table WHERE recovery_id = %s", $recovery_id ) );
		return null === $json ? null : json_decode( $json, true );
	}

	/**
	 * Records the end and forgets the contact.
	 *
	 * @param string               $recovery_id The id.
	 * @param array<string, mixed> $answer      What every later question is answered with.
	 */
	public function end( string $recovery_id, array $answer ): void {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		$wpdb->query( $wpdb->prepare( "UPDATE $table SET answer = %s, request = NULL WHERE recovery_id = %s", wp_json_encode( $answer ), $recovery_id ) );
	}

	/**
	 * Forgets what was to be sent to somebody.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return int How many rows held it.
	 */
	public function forget( array $person_keys ): int {
		global $wpdb;
		$table  = Schema::table( 'recoveries' );
		$erased = 0;
		foreach ( $wpdb->get_results( "SELECT recovery_id, request FROM $table WHERE request IS NOT NULL", ARRAY_A ) as $row ) {
			$contact = json_decode( $row['request'], true )['contact'] ?? array();
			if ( array() !== array_intersect( $person_keys, Person::keys( $contact['email'] ?? null, $contact['phone'] ?? null ) ) ) {
				$erased += (int) $wpdb->query( $wpdb->prepare( "UPDATE $table SET request = NULL WHERE recovery_id = %s", $row['recovery_id'] ) );
			}
		}
		return $erased;
	}

	/**
	 * Forgets the contact of recoveries that broke off.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'recoveries' );
		$wpdb->query( $wpdb->prepare( "UPDATE $table SET request = NULL WHERE request IS NOT NULL AND claimed_at < %d", time() - self::REQUEST_KEPT_FOR ) );
	}
}
