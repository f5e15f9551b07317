<?php
/**
 * Whom the links out of a message mean.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Tokens come with each recovery and mean nothing to the bridge by themselves. Kept are their hash and the hashes of
 * whom it wrote to, until they are forgotten: a link in an old letter must still work.
 */
final class Opt_Out_Tokens {

	public const PARAM            = 'booking_recovery_opt_out';
	public const PATTERN          = '\A[A-Za-z0-9._-]{1,300}\z';
	private const UNKNOWN_AN_HOUR = 60;
	private const UNKNOWN_FOR     = 90 * DAY_IN_SECONDS;

	/**
	 * The link that carries a token.
	 */
	public static function link( string $token ): string {
		return add_query_arg( self::PARAM, rawurlencode( $token ), trailingslashit( (string) get_option( 'home' ) ) );
	}

	/**
	 * Remembers whom a token means.
	 *
	 * @param string   $token       As it came.
	 * @param string[] $person_keys Theirs.
	 */
	public function remember( string $token, array $person_keys, int $now ): void {
		foreach ( $person_keys as $person_key ) {
			$this->insert( $token, $person_key, $now );
		}
	}

	/**
	 * Whom a token means; empty where it is unknown here.
	 *
	 * @return string[] Person keys.
	 */
	public function find( string $token ): array {
		global $wpdb;
		$table = Schema::table( 'opt_out_tokens' );
		return $wpdb->get_col( $wpdb->prepare( "SELECT person_key FROM $table WHERE token_hash = %s AND person_key <> ''", hash( 'sha256', $token ) ) );
	}

	/**
	 * Remembers a token that is unknown here, though the sidecar may know it: this site may have come out of a backup.
	 * True the first time, as long as not too many such come, as they would from who tries tokens out.
	 */
	public function is_news( string $token, int $now ): bool {
		global $wpdb;
		$table = Schema::table( 'opt_out_tokens' );
		$count = (int) $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM $table WHERE person_key = '' AND seen_at > %d", $now - HOUR_IN_SECONDS ) );
		return $count < self::UNKNOWN_AN_HOUR && $this->insert( $token, '', $now );
	}

	/**
	 * Forgets whom links mean, once these people get no messages any more; the sidecar knows the links by themselves.
	 *
	 * @param string[] $person_keys Of whom.
	 * @return int How many there were.
	 */
	public function forget( array $person_keys ): int {
		global $wpdb;
		$table  = Schema::table( 'opt_out_tokens' );
		$erased = 0;
		foreach ( $person_keys as $person_key ) {
			foreach ( $wpdb->get_col( $wpdb->prepare( "SELECT token_hash FROM $table WHERE person_key = %s", $person_key ) ) as $token_hash ) {
				$erased += (int) $wpdb->delete( $table, array( 'token_hash' => $token_hash ), '%s' );
			}
		}
		return $erased;
	}

	/**
	 * Forgets tokens that were unknown here.
	 */
	public function prune(): void {
		global $wpdb;
		$table = Schema::table( 'opt_out_tokens' );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE person_key = '' AND seen_at < %d", time() - self::UNKNOWN_FOR ) );
	}

	/**
	 * True where the row is new.
	 */
	private function insert( string $token, string $person_key, int $now ): bool {
		global $wpdb;
		$table = Schema::table( 'opt_out_tokens' );
		return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $table ( token_hash, person_key, seen_at ) VALUES ( %s, %s, %d )", hash( 'sha256', $token ), $person_key, $now ) );
	}
}
