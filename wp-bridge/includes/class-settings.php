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
	 * What was last read as a connection, and what it was.
	 *
	 * @var array{ 0: mixed, 1: ?Connection }
	 */
	private $read = array( null, null );

	/**
	 * The connection in force, or null. The constant wins over what was saved, also when it is wrong.
	 */
	public function connection(): ?Connection {
		$said = $this->is_constant() ? (string) constant( self::CONSTANT ) : ( get_option( self::OPTION )['connection'] ?? null );
		$said = is_string( $said ) === $this->is_constant() ? $said : null;
		if ( $said !== $this->read[0] ) {
			$this->read = array( $said, self::read( $said ) );
		}
		return $this->read[1];
	}

	/**
	 * Reads a connection, null where it is none.
	 *
	 * @param string|mixed $said A code, or the fields of a saved connection.
	 */
	private static function read( $said ): ?Connection {
		try {
			return is_array( $said ) ? new Connection( $said ) : Connection::from_code( (string) $said );
		} catch ( \InvalidArgumentException $e ) {
			return null;
		}
	}

	/**
	 * Whether the code stands in wp-config.php. All blogs of a network read that file, and only one can have the pairing.
	 */
	public function is_constant(): bool {
		return defined( self::CONSTANT ) && is_main_site();
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
	 * The choices that the owner made here; the sidecar's own hold for all others.
	 *
	 * @return array<string, mixed> Keys of [recovery].
	 */
	public function recovery(): array {
		return self::sanitize( get_option( self::OPTION ) )['recovery'] ?? array();
	}

	/**
	 * Grows with every change of these choices; 0 before the first.
	 */
	public function revision(): int {
		return self::sanitize( get_option( self::OPTION ) )['revision'] ?? 0;
	}

	/**
	 * Whether the owner wants no message to leave this site for the time being.
	 */
	public function is_paused(): bool {
		return self::sanitize( get_option( self::OPTION ) )['paused'] ?? false;
	}

	/**
	 * Counts the changes of the owner's choices, whoever makes them. For WordPress's filter pre_update_option.
	 *
	 * @param mixed $now    What is to be stored.
	 * @param mixed $before What is stored.
	 * @return array<string, mixed>
	 */
	public static function count_change( $now, $before ): array {
		$now    = self::sanitize( $now );
		$before = self::sanitize( $before );
		unset( $now['revision'] );
		$revision = ( $before['revision'] ?? 0 ) + ( ( $now['recovery'] ?? array() ) === ( $before['recovery'] ?? array() ) ? 0 : 1 );
		return 0 === $revision ? $now : $now + array( 'revision' => $revision );
	}

	/**
	 * The stored shape: what there is of `connection`, `recovery`, `revision` and `paused`, and nothing that does not fit.
	 *
	 * @param mixed $value The option, or what was meant to become it.
	 * @return array{ connection?: array<string, mixed>, recovery?: array<string, mixed>, revision?: int, paused?: bool }
	 */
	public static function sanitize( $value ): array {
		$value = is_array( $value ) ? $value : array();
		$kept  = array();
		if ( is_array( $value['connection'] ?? null ) ) {
			try {
				$kept['connection'] = ( new Connection( $value['connection'] ) )->to_array();
			} catch ( \InvalidArgumentException $e ) {
				unset( $kept['connection'] );
			}
		}
		return $kept + array_filter(
			array(
				'recovery' => Choices::sanitize( $value['recovery'] ?? null ),
				'revision' => max( 0, (int) ( $value['revision'] ?? 0 ) ),
				'paused'   => ! empty( $value['paused'] ),
			)
		);
	}
}
