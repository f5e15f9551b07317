<?php
/**
 * What people want done with how they can be reached.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Carries wishes out in the bridge's own tables. Booknetic's rows are Booknetic's.
 */
final class Contacts {

	private const ANSWER_KEPT_FOR = 90 * DAY_IN_SECONDS;

	/**
	 * Who must not be written to.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Everything that holds contacts: each has forget( person keys ): int.
	 *
	 * @var array<int, object>
	 */
	private $holders;

	/**
	 * Takes where wishes are kept, and what holds contacts.
	 */
	public function __construct( Suppressions $suppressions, Outbox $outbox, Recoveries $recoveries, Sessions $sessions, Consent_Ledger $ledger, Opt_Out_Tokens $tokens ) {
		$this->suppressions = $suppressions;
		$this->holders      = array( $outbox, $recoveries, $sessions, $ledger, $tokens );
	}

	/**
	 * Carries out `opt_out`, `forget` or `allow`.
	 *
	 * @param string   $op          Which.
	 * @param string[] $person_keys Of whom.
	 * @param string   $via         `link`, `admin` or `import`.
	 * @return int How many rows it has changed.
	 */
	public function update( string $op, array $person_keys, string $via, int $now ): int {
		if ( 'allow' === $op ) {
			return $this->suppressions->lift( $person_keys );
		}
		$rows = $this->suppressions->record( $person_keys, $op, $via, $now );
		return Suppressions::FORGET === $op ? $rows + $this->erase( $person_keys ) : $rows;
	}

	/**
	 * How a request was answered, or null where it never came.
	 *
	 * @return array<string, mixed>|null
	 */
	public function answer( string $request_id ): ?array {
		global $wpdb;
		$table = Schema::table( 'contact_requests' );
		$json  = $wpdb->get_var( $wpdb->prepare( "SELECT answer FROM $table WHERE request_id = %s", $request_id ) );
		return null === $json ? null : json_decode( $json, true );
	}

	/**
	 * Keeps an answer.
	 *
	 * @param string               $request_id Of the request.
	 * @param array<string, mixed> $answer     Names nobody.
	 */
	public function keep_answer( string $request_id, array $answer, int $now ): void {
		global $wpdb;
		$table = Schema::table( 'contact_requests' );
		$wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $table ( request_id, answer, done_at ) VALUES ( %s, %s, %d )", $request_id, wp_json_encode( $answer ), $now ) );
	}

	/**
	 * Forgets answers that nobody will ask for again.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'contact_requests' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE done_at < %d", time() - self::ANSWER_KEPT_FOR ) );
	}

	/**
	 * Erases how people can be reached.
	 *
	 * @param string[] $person_keys Theirs.
	 * @return int How many rows held it.
	 */
	private function erase( array $person_keys ): int {
		$rows = 0;
		foreach ( $this->holders as $holder ) {
			$rows += $holder->forget( $person_keys );
		}
		Summary::forget();
		return $rows;
	}
}
