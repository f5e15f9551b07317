<?php
/**
 * What people are reached and called by.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Normalises identifiers as the sidecar does.
 */
final class Person {

	private const NAME_LENGTH = 100;

	/**
	 * A whole e-mail address, trimmed and lower-cased, or null: visitors' half-typed ones are none.
	 *
	 * @param mixed $given Anything.
	 */
	public static function email( $given ): ?string {
		$email = is_string( $given ) ? strtolower( trim( $given ) ) : '';
		$fits  = strlen( $email ) <= 254 && strpos( $email, '@' ) <= 64 && false !== is_email( $email );
		return $fits ? $email : null;
	}

	/**
	 * A phone number in E.164, or null.
	 *
	 * @param mixed $given Anything.
	 */
	public static function phone( $given ): ?string {
		$phone = is_string( $given ) ? (string) preg_replace( '/[\s().\-\/]/', '', $given ) : '';
		return 1 === preg_match( '/\A\+[1-9][0-9]{6,14}\z/', $phone ) ? $phone : null;
	}

	/**
	 * The keys that both sides know somebody by, whatever of the two is given.
	 *
	 * @param mixed $email Anything.
	 * @param mixed $phone Anything.
	 * @return string[] Lower-case hex SHA-256 of each identifier.
	 */
	public static function keys( $email, $phone ): array {
		$identifiers = array_filter( array( self::email( $email ), self::phone( $phone ) ) );
		return array_map(
			static function ( string $identifier ): string {
				return hash( 'sha256', $identifier );
			},
			array_values( $identifiers )
		);
	}

	/**
	 * A name on one line and of bearable length, or null.
	 *
	 * @param mixed $given Anything.
	 */
	public static function name( $given ): ?string {
		$name = is_string( $given ) ? trim( (string) preg_replace( '/[\s\p{Cc}]+/u', ' ', wp_check_invalid_utf8( $given ) ) ) : '';
		return '' === $name ? null : mb_substr( $name, 0, self::NAME_LENGTH );
	}
}
