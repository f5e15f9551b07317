<?php
/**
 * What the owner has set.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The option, behind one gate for reading and writing.
 */
final class Settings {

	public const OPTION   = 'booking_recovery_settings';
	public const CONSTANT = 'BOOKING_RECOVERY_CODE';

	/**
	 * The connection in force, or null. The constant wins over what was saved, also when it is wrong.
	 */
	public function connection(): ?Connection {
		try {
			if ( $this->is_constant() ) {
				return Connection::from_code( (string) constant( self::CONSTANT ) );
			}
			$saved = self::sanitize( get_option( self::OPTION ) );
			return isset( $saved['connection'] ) ? new Connection( $saved['connection'] ) : null;
		} catch ( \InvalidArgumentException $e ) {
			return null;
		}
	}

	/**
	 * Whether the code stands in wp-config.php.
	 */
	public function is_constant(): bool {
		return defined( self::CONSTANT );
	}

	/**
	 * What is wrong with the constant, or null.
	 */
	public function constant_error(): ?string {
		try {
			Connection::from_code( (string) constant( self::CONSTANT ) );
		} catch ( \InvalidArgumentException $e ) {
			return $e->getMessage();
		}
		return null;
	}

	/**
	 * The stored shape: `connection`, if there is a valid one, and nothing else.
	 *
	 * @param mixed $value The option, or what was meant to become it.
	 * @return array{ connection?: array<string, mixed> }
	 */
	public static function sanitize( $value ): array {
		if ( ! is_array( $value ) || ! is_array( $value['connection'] ?? null ) ) {
			return array();
		}
		try {
			return array( 'connection' => ( new Connection( $value['connection'] ) )->to_array() );
		} catch ( \InvalidArgumentException $e ) {
			return array();
		}
	}
}
