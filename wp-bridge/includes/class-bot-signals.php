<?php
/**
 * What speaks for a robot.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Suspects visits and refuses nothing: such a visitor books like any other, and only messages are held back until staff
 * say that it was a person. Where in doubt it keeps still, since a wrong suspicion costs the owner a customer.
 */
final class Bot_Signals {

	public const AGENT    = 'bot_agent';
	public const HONEYPOT = 'honeypot';
	public const TOO_FAST = 'too_fast';
	public const RATE     = 'address_rate';

	/**
	 * All there are. Sessions remember them by their places in this list.
	 */
	public const ALL = array( self::AGENT, self::HONEYPOT, self::TOO_FAST, self::RATE );

	/**
	 * Milliseconds for each step that lies behind the visitor. To see what a step offers, point at something, and have the
	 * next step come takes people longer, also those who know the form by heart.
	 */
	private const FASTEST_STEP = 700;

	/**
	 * How many steps must lie behind the visitor for the time to tell anything: browsers fill in addresses by themselves,
	 * the contact fields may come first, and a visit may begin in the middle of a form.
	 */
	private const FEWEST_STEPS = 2;

	/**
	 * Reads the request.
	 *
	 * @var Visitor
	 */
	private $visitor;

	/**
	 * The trap.
	 *
	 * @var Honeypot
	 */
	private $honeypot;

	/**
	 * Knows when a visit began and how far it has come.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Takes where it looks.
	 */
	public function __construct( Visitor $visitor, Honeypot $honeypot, Outbox $outbox ) {
		$this->visitor  = $visitor;
		$this->honeypot = $honeypot;
		$this->outbox   = $outbox;
	}

	/**
	 * What the running request says by itself.
	 *
	 * @return string[]
	 */
	public function of_request(): array {
		return array_keys(
			array_filter(
				array(
					self::AGENT    => $this->visitor->is_bot(),
					self::HONEYPOT => $this->honeypot->is_filled(),
				)
			)
		);
	}

	/**
	 * What it says that somebody gives an address which was never given before.
	 *
	 * @param string $session_id The visitor's session.
	 * @param int    $given      How many new ones came from there in this hour.
	 * @param int    $now        Unix milliseconds.
	 * @return string[]
	 */
	public function of_new_address( string $session_id, int $given, int $now ): array {
		return array_keys(
			array_filter(
				array(
					self::TOO_FAST => $this->is_too_fast( $session_id, $now ),
					self::RATE     => $given > Address_Rate::SUSPECT,
				)
			)
		);
	}

	/**
	 * Whether the first address came sooner than a person gets to the contact fields.
	 */
	private function is_too_fast( string $session_id, int $now ): bool {
		$events = $this->outbox->of_session( $session_id );
		$types  = array_column( $events, 'type' );
		if ( 'session.started' !== ( $types[0] ?? '' ) || in_array( 'session.contact_given', $types, true ) ) {
			return false;
		}
		$passed = count( array_keys( $types, 'session.step_reached', true ) ) - 1;
		$took   = $now - (int) $events[0]['occurred_at'];
		// A clock that was set back tells nothing.
		return $passed >= self::FEWEST_STEPS && $took >= 0 && $took < $passed * self::FASTEST_STEP;
	}
}
