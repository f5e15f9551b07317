<?php
/**
 * What an owner may choose about recoveries.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The keys of [recovery], as the sidecar takes them: what does not fit here would be refused there.
 */
final class Choices {

	public const MOST_MESSAGES = 5;

	private const SECONDS = array(
		's' => 1,
		'm' => MINUTE_IN_SECONDS,
		'h' => HOUR_IN_SECONDS,
		'd' => DAY_IN_SECONDS,
	);

	/**
	 * Key => shortest and longest time, in seconds.
	 */
	private const DURATIONS = array(
		'abandon_after'      => array( 1, 7 * DAY_IN_SECONDS ),
		'unpaid_after'       => array( 1, 7 * DAY_IN_SECONDS ),
		'min_gap'            => array( 0, 30 * DAY_IN_SECONDS ),
		'max_lateness'       => array( 1, 30 * DAY_IN_SECONDS ),
		'slot_lead_time'     => array( 0, 30 * DAY_IN_SECONDS ),
		'attribution_window' => array( 1, 90 * DAY_IN_SECONDS ),
		'contact_cooldown'   => array( 0, 365 * DAY_IN_SECONDS ),
		'retention'          => array( DAY_IN_SECONDS, 3650 * DAY_IN_SECONDS ),
	);

	/**
	 * Key => lowest and highest number.
	 */
	private const NUMBERS = array(
		'cap_per_30_days' => array( 1, 100 ),
		'holdout_percent' => array( 0, 100 ),
	);

	/**
	 * What there is to choose.
	 *
	 * @return string[]
	 */
	public static function keys(): array {
		return array_merge( array_keys( self::DURATIONS ), array_keys( self::NUMBERS ), array( 'messages', 'quiet_hours', 'consent', 'dry_run' ) );
	}

	/**
	 * The choices that fit; others are left out.
	 *
	 * @param mixed $given Anything.
	 * @return array<string, mixed>
	 */
	public static function sanitize( $given ): array {
		$kept = array();
		foreach ( is_array( $given ) ? $given : array() as $key => $choice ) {
			if ( self::fits( (string) $key, $choice ) ) {
				$kept[ (string) $key ] = is_array( $choice ) ? array_values( $choice ) : $choice;
			}
		}
		return $kept;
	}

	/**
	 * Whether the sidecar takes this.
	 *
	 * @param string $key    Of [recovery].
	 * @param mixed  $choice Anything.
	 */
	public static function fits( string $key, $choice ): bool {
		if ( isset( self::DURATIONS[ $key ] ) ) {
			return self::is_within( self::seconds( $choice ), self::DURATIONS[ $key ] );
		}
		if ( isset( self::NUMBERS[ $key ] ) ) {
			return is_int( $choice ) && self::is_within( $choice, self::NUMBERS[ $key ] );
		}
		switch ( $key ) {
			case 'messages':
				return self::are_messages( $choice );
			case 'quiet_hours':
				return is_string( $choice ) && 1 === preg_match( '/\A(?:(([01]\d|2[0-3]):[0-5]\d)-(?!\1\z)([01]\d|2[0-3]):[0-5]\d)?\z/', $choice );
			case 'consent':
				return in_array( $choice, array( Consent::NOTICE, Consent::OPT_IN, 'off' ), true );
			case 'dry_run':
				return is_bool( $choice );
			default:
				return false;
		}
	}

	/**
	 * One to five times, each longer than the one before.
	 *
	 * @param mixed $choice Anything.
	 */
	private static function are_messages( $choice ): bool {
		if ( ! is_array( $choice ) || array() === $choice || count( $choice ) > self::MOST_MESSAGES ) {
			return false;
		}
		$before = -1;
		foreach ( $choice as $delay ) {
			$seconds = self::seconds( $delay );
			if ( null === $seconds || $seconds <= $before || $seconds > 30 * DAY_IN_SECONDS ) {
				return false;
			}
			$before = $seconds;
		}
		return true;
	}

	/**
	 * Seconds of a time such as 15m, or null.
	 *
	 * @param mixed $choice Anything.
	 */
	private static function seconds( $choice ): ?int {
		return is_string( $choice ) && 1 === preg_match( '/\A([0-9]{1,9})([smhd])\z/', $choice, $parts ) ? (int) $parts[1] * self::SECONDS[ $parts[2] ] : null;
	}

	/**
	 * Whether a number lies in a range.
	 *
	 * @param int|null $number Or none.
	 * @param int[]    $range  Lowest and highest.
	 */
	private static function is_within( ?int $number, array $range ): bool {
		return null !== $number && $number >= $range[0] && $number <= $range[1];
	}
}
