<?php
/**
 * Whether all of it works, as far as this site can tell without asking anybody.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Findings, each with what to do. It reads what is kept here anyway: a page never waits for the sidecar because of it.
 */
final class Health {

	/**
	 * How a finding is, in the words of WordPress's Site Health.
	 */
	public const GOOD        = 'good';
	public const RECOMMENDED = 'recommended';
	public const CRITICAL    = 'critical';

	/**
	 * From when on waiting is no matter of the next attempt any more, with failures and without. A sidecar reads each
	 * outbox at least once an hour.
	 */
	private const STUCK_AFTER         = 15 * MINUTE_IN_SECONDS;
	private const FORGOTTEN_AFTER     = 2 * HOUR_IN_SECONDS;
	private const SILENT_AFTER        = 3 * HOUR_IN_SECONDS;
	private const FIRST_CALL_EXPECTED = 10 * MINUTE_IN_SECONDS;

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * What counts.
	 *
	 * @var Policy
	 */
	private $policy;

	/**
	 * Knows what waits.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Knows how the last attempt ended.
	 *
	 * @var Delivery
	 */
	private $delivery;

	/**
	 * Knows when the sidecar has called.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Knows whether a message could be sent.
	 *
	 * @var Round_Trip
	 */
	private $round_trip;

	/**
	 * Takes who knows.
	 */
	public function __construct( Settings $settings, Policy $policy, Outbox $outbox, Delivery $delivery, Check_In $check_in, Round_Trip $round_trip ) {
		$this->settings   = $settings;
		$this->policy     = $policy;
		$this->outbox     = $outbox;
		$this->delivery   = $delivery;
		$this->check_in   = $check_in;
		$this->round_trip = $round_trip;
	}

	/**
	 * Whether there is anything to find out about.
	 */
	public function is_connected(): bool {
		return null !== $this->settings->connection();
	}

	/**
	 * The one finding that matters now: the first that is not good, else that all is well.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function in_one(): array {
		$findings = array( array( $this, 'delivery' ), array( $this, 'callbacks' ), array( $this, 'workflow' ), array( $this, 'messages' ) );
		foreach ( $findings as $find ) {
			$finding = $find();
			if ( self::GOOD !== $finding['status'] ) {
				return $finding;
			}
		}
		return self::finding( self::GOOD, __( 'Everything works.', 'booking-recovery-bridge' ), $this->last_signs() );
	}

	/**
	 * Whether events reach the sidecar.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function delivery(): array {
		if ( ! $this->is_connected() ) {
			return $this->unconnected();
		}
		if ( $this->check_in->has_moved() || Delivery::was_sent_away() ) {
			return self::finding(
				self::RECOMMENDED,
				__( 'Booking Recovery is paused: the address of this site is not the one that it was connected with.', 'booking-recovery-bridge' ),
				'',
				__( 'On a copy of the site, leave it so. If the site has moved, test the connection in the settings, and have the sidecar\'s operator confirm the new address.', 'booking-recovery-bridge' )
			);
		}
		$waiting = $this->waiting();
		if ( null !== $this->stuck_since() ) {
			return self::finding( self::CRITICAL, __( 'Events do not reach the sidecar.', 'booking-recovery-bridge' ), $waiting . ' ' . __( 'Bookings are not affected, and what waits is delivered later; but nobody who leaves the form now is noticed before that.', 'booking-recovery-bridge' ), $this->cause() );
		}
		if ( $this->delivery->failures() > 0 && '' !== $waiting ) {
			return self::finding( self::RECOMMENDED, __( 'The sidecar could not be reached just now.', 'booking-recovery-bridge' ), $waiting, __( 'The site tries again by itself; there is nothing to do yet.', 'booking-recovery-bridge' ) );
		}
		$clocks = Round_Trip::clock_difference( Sidecar_Client::clock_ahead() );
		if ( null !== $clocks ) {
			return self::finding( self::RECOMMENDED, __( 'This server\'s clock and the sidecar\'s differ.', 'booking-recovery-bridge' ), '', $clocks );
		}
		return self::finding( self::GOOD, __( 'Events reach the sidecar.', 'booking-recovery-bridge' ), trim( $this->last_signs() . ' ' . $waiting ) );
	}

	/**
	 * Whether the sidecar reaches this site, as it must to have a message sent.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function callbacks(): array {
		if ( ! $this->is_connected() ) {
			return $this->unconnected();
		}
		$called_at = $this->check_in->called_at();
		$told_at   = $this->check_in->recorded_at();
		$expected  = 0 === $called_at ? $told_at + self::FIRST_CALL_EXPECTED : $called_at + self::SILENT_AFTER;
		if ( time() <= $expected || 0 === $told_at ) {
			return self::finding( self::GOOD, __( 'The sidecar reaches this site.', 'booking-recovery-bridge' ), $this->last_signs() );
		}
		$text = 0 === $called_at
			? __( 'It has never called back, so no message is sent.', 'booking-recovery-bridge' )
			/* translators: %s: a time such as "5 hours". */
			: sprintf( __( 'It last called %s ago, so no message has been sent since.', 'booking-recovery-bridge' ), human_time_diff( $called_at ) );
		return self::finding( self::CRITICAL, __( 'The sidecar does not reach this site.', 'booking-recovery-bridge' ), $text, __( 'Test the connection in the settings. Check that the sidecar is running, and that no firewall, password or security plugin keeps it from the REST API.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether there is a workflow that sends something.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function workflow(): array {
		$booknetic = $this->round_trip->booknetic();
		if ( Round_Trip::PASSED !== $booknetic['state'] ) {
			return self::finding( self::RECOMMENDED, __( 'Booking Recovery waits for Booknetic.', 'booking-recovery-bridge' ), $booknetic['text'] );
		}
		$workflow = $this->round_trip->workflow();
		return Round_Trip::FAILED === $workflow['state']
			? self::finding( self::CRITICAL, __( 'No workflow sends messages to those who left.', 'booking-recovery-bridge' ), '', $workflow['text'] )
			: self::finding( self::GOOD, __( 'There is a workflow for abandoned bookings.', 'booking-recovery-bridge' ), __( 'Who leaves the form without booking can be written to.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether the owner wants messages to go out.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function messages(): array {
		if ( $this->settings->is_paused() ) {
			return self::finding( self::RECOMMENDED, __( 'Messages are paused in the settings.', 'booking-recovery-bridge' ), '', __( 'Untick "Pause" there to go on.', 'booking-recovery-bridge' ) );
		}
		if ( true === $this->policy->in_force( 'dry_run' ) ) {
			return self::finding( self::RECOMMENDED, __( 'It is only tried out: everything is decided and shown, and nothing is sent.', 'booking-recovery-bridge' ), '', __( 'To send messages, change "Only try it out" in the settings.', 'booking-recovery-bridge' ) );
		}
		return self::finding( self::GOOD, __( 'Messages go out.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether PHP can answer a visitor first and deliver then.
	 *
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	public function early_answer(): array {
		return Response::can_go_early()
			? self::finding( self::GOOD, __( 'Events are delivered at once, and no visitor waits for that.', 'booking-recovery-bridge' ), __( 'PHP answers the visitor first, and then delivers.', 'booking-recovery-bridge' ) )
			: self::finding( self::RECOMMENDED, __( 'The sidecar has to fetch this site\'s events.', 'booking-recovery-bridge' ), __( 'PHP cannot answer a visitor before it delivers here, so nothing is delivered while visitors wait: the sidecar looks every half minute while somebody is in the form, and every quarter of an hour else. That works, a little later.', 'booking-recovery-bridge' ), __( 'If your host offers PHP-FPM or LiteSpeed, choose it to have events delivered at once.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Since when an event waits that will not go by itself, as it seems; in Unix seconds, or null.
	 */
	public function stuck_since(): ?int {
		$oldest_at = $this->outbox->pending()['oldest_at'];
		$since     = null === $oldest_at ? time() : intdiv( $oldest_at, 1000 );
		$patience  = $this->delivery->failures() > 0 ? self::STUCK_AFTER : self::FORGOTTEN_AFTER;
		return time() - $since >= $patience ? $since : null;
	}

	/**
	 * That there is no connection.
	 */
	private function unconnected(): array {
		$error = $this->settings->is_constant() ? $this->settings->constant_error() : null;
		return null === $error
			? self::finding( self::RECOMMENDED, __( 'This site is not connected to a sidecar yet.', 'booking-recovery-bridge' ), '', __( 'Have the sidecar\'s operator run "booking-recovery pair SITE", and paste the code that it prints into the settings.', 'booking-recovery-bridge' ) )
			: self::finding( self::CRITICAL, __( 'The connection code in wp-config.php cannot be used.', 'booking-recovery-bridge' ), $error );
	}

	/**
	 * How many events wait, and since when; '' for none.
	 */
	private function waiting(): string {
		$pending = $this->outbox->pending();
		if ( 0 === $pending['count'] ) {
			return '';
		}
		/* translators: 1: a number, 2: a time such as "7 mins". */
		$text = _n( '%1$s event waits, for %2$s.', '%1$s events wait, the oldest for %2$s.', $pending['count'], 'booking-recovery-bridge' );
		return sprintf( $text, number_format_i18n( $pending['count'] ), human_time_diff( intdiv( $pending['oldest_at'], 1000 ) ) );
	}

	/**
	 * Why events wait, and what to do.
	 */
	private function cause(): string {
		$causes = array(
			Delivery::REFUSED     => __( 'The sidecar refuses what this site signs: the connection code is not, or no longer, the one that it knows. Have its operator run "booking-recovery pair" again, and paste the new code into the settings.', 'booking-recovery-bridge' ),
			Delivery::BUSY        => __( 'The sidecar answers, but cannot take anything at the moment. Its operator can tell why.', 'booking-recovery-bridge' ),
			Delivery::UNREACHABLE => __( 'The sidecar does not answer. Check that it is running and that this server may connect to it; test the connection in the settings.', 'booking-recovery-bridge' ),
		);
		return $causes[ $this->delivery->last_result() ] ?? __( 'The sidecar has not fetched them. Check that it is running, and test the connection in the settings.', 'booking-recovery-bridge' );
	}

	/**
	 * When both sides last heard of each other.
	 */
	private function last_signs(): string {
		$delivered_at = $this->outbox->delivered_at();
		$called_at    = $this->check_in->called_at();
		$signs        = array();
		if ( $delivered_at > 0 ) {
			/* translators: %s: a time such as "7 mins". */
			$signs[] = sprintf( __( 'The sidecar took the last event %s ago.', 'booking-recovery-bridge' ), human_time_diff( $delivered_at ) );
		}
		if ( $called_at > 0 ) {
			/* translators: %s: a time such as "7 mins". */
			$signs[] = sprintf( __( 'It last called back %s ago.', 'booking-recovery-bridge' ), human_time_diff( $called_at ) );
		}
		return implode( ' ', $signs );
	}

	/**
	 * A finding.
	 *
	 * @param string $status One of the above.
	 * @param string $label  It, in a sentence.
	 * @param string $text   More about it.
	 * @param string $advice What to do.
	 * @return array{ status: string, label: string, text: string, advice: string }
	 */
	private static function finding( string $status, string $label, string $text = '', string $advice = '' ): array {
		return array(
			'status' => $status,
			'label'  => $label,
			'text'   => $text,
			'advice' => $advice,
		);
	}
}
