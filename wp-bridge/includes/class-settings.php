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

	private const DURATION      = '/\A[0-9]{1,5}[smhd]\z/';

	/**
	 * The owner's choices, as the sidecar knows them, and what they look like. Those that are a list, a number or a switch
	 * stand in sanitize_choice().
	 */
	private const CHOICES       = array(
		'abandon_after'      => self::DURATION,
		'unpaid_after'       => self::DURATION,
		'min_gap'            => self::DURATION,
		'quiet_hours'        => '/\A([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\z/',
		'max_lateness'       => self::DURATION,
		'slot_lead_time'     => self::DURATION,
		'attribution_window' => self::DURATION,
		'contact_cooldown'   => self::DURATION,
		'consent'            => '/\A(notice|opt_in|off)\z/',
		'retention'          => self::DURATION,
	);
	private const MOST_MESSAGES = 5;

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
		$choices = array();
		foreach ( is_array( $value['recovery'] ?? null ) ? $value['recovery'] : array() as $key => $choice ) {
			$choices[ $key ] = self::sanitize_choice( (string) $key, $choice );
		}
		return $kept + array_filter(
			array(
				'recovery' => array_filter( $choices, array( self::class, 'is_set' ) ),
				'revision' => max( 0, (int) ( $value['revision'] ?? 0 ) ),
				'paused'   => ! empty( $value['paused'] ),
			)
		);
	}

	/**
	 * One choice as the sidecar takes it, or null where it is none.
	 *
	 * @param string $key    Of [recovery].
	 * @param mixed  $choice Anything.
	 * @return mixed
	 */
	public static function sanitize_choice( string $key, $choice ) {
		if ( 'dry_run' === $key ) {
			return is_bool( $choice ) ? $choice : null;
		}
		if ( 'cap_per_30_days' === $key || 'holdout_percent' === $key ) {
			return is_int( $choice ) && $choice >= 0 && $choice <= 100 ? $choice : null;
		}
		if ( 'messages' === $key ) {
			$fits = is_array( $choice ) && array() !== $choice && count( $choice ) <= self::MOST_MESSAGES;
			foreach ( $fits ? $choice : array() as $delay ) {
				$fits = $fits && is_string( $delay ) && 1 === preg_match( self::DURATION, $delay );
			}
			return $fits ? array_values( $choice ) : null;
		}
		$fits = isset( self::CHOICES[ $key ] ) && is_string( $choice ) && 1 === preg_match( self::CHOICES[ $key ], $choice );
		return $fits ? $choice : null;
	}

	/**
	 * Whether there is a choice.
	 *
	 * @param mixed $choice Sanitized.
	 */
	private static function is_set( $choice ): bool {
		return null !== $choice;
	}
}
