<?php
/**
 * Standard Webhooks signatures, for both directions.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Signs what the bridge sends and verifies what the sidecar sends.
 */
final class Signer {

	public const TOLERANCE       = 300;
	private const MAX_SIGNATURES = 4;

	/**
	 * Headers for one message: one signature for each secret, so that a secret can be replaced without a gap.
	 *
	 * @param string[] $secrets `whsec_` secrets.
	 * @return array<string, string>
	 */
	public function headers( array $secrets, string $id, int $timestamp, string $body ): array {
		$signatures = array();
		foreach ( $secrets as $secret ) {
			$signatures[] = $this->signature( $secret, $id, (string) $timestamp, $body );
		}
		return array(
			'webhook-id'        => $id,
			'webhook-timestamp' => (string) $timestamp,
			'webhook-signature' => implode( ' ', $signatures ),
		);
	}

	/**
	 * Whether one of the first four signatures was made over exactly these bytes with one of the secrets, within 300 s of now.
	 *
	 * @param string[] $secrets   `whsec_` secrets.
	 * @param string   $id        Header webhook-id, '' when it is missing.
	 * @param string   $timestamp Header webhook-timestamp.
	 * @param string   $signature Header webhook-signature.
	 * @param string   $body      The raw body.
	 * @param int      $now       Unix seconds.
	 */
	public function verify( array $secrets, string $id, string $timestamp, string $signature, string $body, int $now ): bool {
		if ( 1 !== preg_match( '/\A[A-Za-z0-9_-]{8,64}\z/', $id ) || 1 !== preg_match( '/\A[1-9][0-9]{9}\z/', $timestamp ) ) {
			return false;
		}
		if ( abs( $now - (int) $timestamp ) > self::TOLERANCE ) {
			return false;
		}
		$given   = array_slice( explode( ' ', $signature, self::MAX_SIGNATURES + 1 ), 0, self::MAX_SIGNATURES );
		$genuine = false;
		foreach ( $secrets as $secret ) {
			$expected = $this->signature( $secret, $id, $timestamp, $body );
			foreach ( $given as $candidate ) {
				$genuine = hash_equals( $expected, $candidate ) || $genuine;
			}
		}
		return $genuine;
	}

	/**
	 * One signature, as it stands in the header.
	 */
	private function signature( string $secret, string $id, string $timestamp, string $body ): string {
		$key = (string) base64_decode( substr( $secret, strlen( Connection::SECRET_PREFIX ) ), true );
		return 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$timestamp.$body", $key, true ) );
	}
}
