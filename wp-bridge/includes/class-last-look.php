<?php
/**
 * The bridge's own look before a recovery is sent.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Knows what the sidecar may not have heard yet.
 */
final class Last_Look {

	/**
	 * Knows who has booked.
	 *
	 * @var Bookings
	 */
	private $bookings;

	/**
	 * Knows what customers have made.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Knows who must not be written to.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Knows whether this site may send at all.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Takes who knows.
	 */
	public function __construct( Bookings $bookings, Booknetic_Gateway $booknetic, Suppressions $suppressions, Check_In $check_in ) {
		$this->bookings     = $bookings;
		$this->booknetic    = $booknetic;
		$this->suppressions = $suppressions;
		$this->check_in     = $check_in;
	}

	/**
	 * Why a recovery must not be sent any more, or null.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 * @param int                  $now     Unix seconds.
	 */
	public function reason_to_stop( array $request, int $now ): ?string {
		if ( isset( $request['not_after'] ) && strtotime( $request['not_after'] ) < $now ) {
			return 'too_late';
		}
		if ( $this->check_in->is_paused() ) {
			return 'paused';
		}
		$wish = $this->suppressions->find( Person::keys( $request['contact']['email'] ?? null, $request['contact']['phone'] ?? null ) );
		if ( null !== $wish ) {
			return Suppressions::FORGET === $wish ? 'forgotten' : 'opted_out';
		}
		// Whoever tests may well have bookings of their own.
		if ( ! ( $request['test'] ?? false ) && $this->has_booked( $request ) ) {
			return 'booked';
		}
		return self::reason_of_slot( $request, $now );
	}

	/**
	 * Whether the visitor has booked meanwhile, in this session, or anywhere else, perhaps by telephone; or had booked, and
	 * does not want it any more.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 */
	private function has_booked( array $request ): bool {
		if ( $this->bookings->session_has_booked( $request['session_id'] ) || $this->bookings->session_has_called_off( $request['session_id'] ) ) {
			return true;
		}
		$since = $request['started_at'] ?? $request['abandoned_at'] ?? null;
		return null !== $since && $this->bookings->is_any_booked(
			$this->booknetic->appointments_since(
				Person::email( $request['contact']['email'] ?? null ),
				Person::phone( $request['contact']['phone'] ?? null ),
				(int) strtotime( $since )
			)
		);
	}

	/**
	 * What the chosen time says against it.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 */
	private static function reason_of_slot( array $request, int $now ): ?string {
		if ( ! isset( $request['selection']['starts_at'] ) ) {
			return null;
		}
		$ahead = strtotime( $request['selection']['starts_at'] ) - $now;
		if ( $ahead <= 0 ) {
			return 'slot_passed';
		}
		return $ahead < ( $request['lead_time'] ?? 0 ) ? 'lead_time' : null;
	}
}
