<?php
/**
 * How far a test visit has come.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Tells from what the robot noted, and from the traces that any visit leaves, which stages lie behind it. A stage behind
 * one that failed is not tried, since nothing could be learnt from it.
 */
final class Visit_Stages {

	public const PASSED    = 'passed';
	public const FAILED    = 'failed';
	public const WAITING   = 'waiting';
	public const NOT_TRIED = 'not_tried';

	/**
	 * Milliseconds from one stage to the next, after which nothing is to be hoped for.
	 */
	private const PATIENCE = 60000;

	/**
	 * Without these events there is nobody to write to.
	 */
	private const NOTICED = array( 'session.started', 'session.contact_given' );

	/**
	 * Holds the visit's events.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Knows how events leave this site.
	 *
	 * @var Delivery
	 */
	private $delivery;

	/**
	 * Knows whether the sidecar called, and what came of that.
	 *
	 * @var Recoveries
	 */
	private $recoveries;

	/**
	 * Knows whether the contact may be written to.
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
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes where visits leave traces.
	 */
	public function __construct( Outbox $outbox, Delivery $delivery, Recoveries $recoveries, Suppressions $suppressions, Check_In $check_in, Settings $settings ) {
		$this->outbox       = $outbox;
		$this->delivery     = $delivery;
		$this->recoveries   = $recoveries;
		$this->suppressions = $suppressions;
		$this->check_in     = $check_in;
		$this->settings     = $settings;
	}

	/**
	 * The stages in their order; times are Unix milliseconds.
	 *
	 * @param string               $id    Of the visit.
	 * @param array<string, mixed> $visit What the robot noted.
	 * @param int                  $now   Unix milliseconds.
	 * @return array<int, array{ name: string, title: string, state: string, text: string, at: ?int }>
	 */
	public function of( string $id, array $visit, int $now ): array {
		$events   = $this->outbox->of_session( $id );
		$recovery = $this->recoveries->find( $id . '.1' );
		$is_there = Test_Visits::goes_on( $visit, $now );
		$table    = array(
			Visit_Robot::FORM  => array( __( 'The site reaches its own form', 'booking-recovery-bridge' ), 'walked', array( $visit['walk'][ Visit_Robot::FORM ] ?? null, $is_there ) ),
			Visit_Robot::STEPS => array( __( 'Booknetic answers its steps', 'booking-recovery-bridge' ), 'walked', array( $visit['walk'][ Visit_Robot::STEPS ] ?? null, $is_there ) ),
			'noticed'          => array( __( 'The bridge noticed the visit', 'booking-recovery-bridge' ), 'noticed', array( $events, $is_there ) ),
			'taken'            => array( __( 'The sidecar took the events', 'booking-recovery-bridge' ), 'taken', array( $events, $recovery ) ),
			'called_back'      => array( __( 'The sidecar called back', 'booking-recovery-bridge' ), 'called_back', array( $recovery, $visit['person_keys'] ) ),
			'workflow'         => array( __( 'The workflow ran', 'booking-recovery-bridge' ), 'workflow', array( $recovery, $visit['masked'] ) ),
		);
		$stages   = array();
		$state    = self::PASSED;
		$before   = $visit['began_at'];
		foreach ( $table as $name => list( $title, $look, $traces ) ) {
			$seen     = self::PASSED === $state ? self::in_time( $this->$look( ...$traces ), $now - $before ) : self::seen( self::WAITING === $state ? self::WAITING : self::NOT_TRIED );
			$state    = $seen['state'];
			// Some traces are dated to the second.
			$before   = max( $before, (int) $seen['at'] );
			$stages[] = array(
				'name'  => $name,
				'title' => $title,
				'state' => $state,
				'text'  => $seen['text'],
				'at'    => null === $seen['at'] ? null : $before,
			);
		}
		return $stages;
	}

	/**
	 * What the robot noted of one part of its way.
	 *
	 * @param array{ is_ok: bool, text: string, at: int }|null $noted    Null where it has not come so far.
	 * @param bool                                             $is_there Whether it is still in the form.
	 */
	private function walked( ?array $noted, bool $is_there ): array {
		if ( null !== $noted ) {
			return self::seen( $noted['is_ok'] ? self::PASSED : self::FAILED, $noted['text'], $noted['at'] );
		}
		return $is_there ? self::seen( self::WAITING ) : self::seen( self::FAILED, __( 'The robot never came out of the form: PHP ended before. Look into PHP\'s log, then make another test visit.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether there are events of the visit.
	 *
	 * @param array<int, array<string, mixed>> $events   Of the visit.
	 * @param bool                             $is_there Whether the robot is still in the form.
	 */
	private function noticed( array $events, bool $is_there ): array {
		if ( array() === array_diff( self::NOTICED, array_column( $events, 'type' ) ) ) {
			return self::seen( self::PASSED, '', (int) max( array_column( $events, 'occurred_at' ) ) );
		}
		if ( $is_there ) {
			return self::seen( self::WAITING );
		}
		return self::seen(
			self::FAILED,
			array() === $events
				? __( 'It noticed nothing. See below what it assumes about Booknetic and does not find, and whether a security plugin removes fields that it does not know from the form\'s requests.', 'booking-recovery-bridge' )
				: __( 'It noticed the visit, but not the address that was typed. See below what it assumes about Booknetic and does not find.', 'booking-recovery-bridge' )
		);
	}

	/**
	 * Whether the sidecar has the events.
	 *
	 * @param array<int, array<string, mixed>> $events   Of the visit.
	 * @param array<string, mixed>|null        $recovery What the sidecar made of it.
	 */
	private function taken( array $events, ?array $recovery ): array {
		$times  = array_column( $events, 'delivered_at' );
		$pushes = 'push' === $this->check_in->facts()['delivery'];
		// Where events are read, only the next reading confirms the last one.
		if ( null !== $recovery || ! in_array( null, $times, true ) ) {
			$text = $pushes ? '' : __( 'It reads visitors\' events here, within a quarter of an hour at the latest, since this server cannot hand anything on once a page is out.', 'booking-recovery-bridge' );
			return self::seen( self::PASSED, $text, 1000 * (int) max( array_filter( $times ) ?: array( $recovery['claimed_at'] ) ) );
		}
		if ( in_array( $this->delivery->last_result(), array( Delivery::REFUSED, Delivery::WRONG_ORIGIN ), true ) ) {
			return self::seen( self::FAILED, __( 'It does not take anything from this site. Press "Save and test" to see why.', 'booking-recovery-bridge' ) );
		}
		return $pushes
			? self::seen( self::WAITING, '', null, __( 'It has not taken them. Press "Save and test" to see why. They are kept and delivered later.', 'booking-recovery-bridge' ) )
			: self::seen( self::WAITING, __( 'They wait to be read: this server cannot hand anything on once a page is out.', 'booking-recovery-bridge' ), null, __( 'It has not read them. Check that the sidecar is running and can reach this site: press "Save and test". Events wait to be read, since this server cannot hand anything on once a page is out.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether the sidecar has asked for the message.
	 *
	 * @param array<string, mixed>|null $recovery    What the sidecar made of the visit.
	 * @param string[]                  $person_keys Of the test contact.
	 */
	private function called_back( ?array $recovery, array $person_keys ): array {
		if ( null !== $recovery ) {
			return self::seen( self::PASSED, '', 1000 * $recovery['claimed_at'] );
		}
		if ( $this->check_in->is_paused() ) {
			return self::seen( self::FAILED, self::stopped( 'paused' ) );
		}
		$wish = $this->suppressions->find( $person_keys );
		if ( null !== $wish ) {
			return self::seen( self::FAILED, self::stopped( Suppressions::FORGET === $wish ? 'forgotten' : 'opted_out' ) );
		}
		$advice = empty( $this->settings->recovery()['dry_run'] )
			? __( 'It has not. Run "booking-recovery check SITE" on the sidecar: it says whether its workers live, and whether they can reach this site.', 'booking-recovery-bridge' )
			: __( 'It has not, perhaps since "Only try it out" is set below. Else run "booking-recovery check SITE" on the sidecar.', 'booking-recovery-bridge' );
		return self::seen( self::WAITING, '', null, $advice );
	}

	/**
	 * How the message ended.
	 *
	 * @param array<string, mixed>|null $recovery What the sidecar made of the visit.
	 * @param string                    $masked   The test contact's address, as it may be shown.
	 */
	private function workflow( ?array $recovery, string $masked ): array {
		$answer = $recovery['answer'] ?? null;
		if ( null === $answer ) {
			return self::seen( self::WAITING, '', null, __( 'It has not come to its end. A mail server or another service that the workflow uses may be slow; Booknetic waits for each of them.', 'booking-recovery-bridge' ) );
		}
		$at = isset( $answer['ended_at'] ) ? (int) ( 1000 * (float) date_create_immutable( $answer['ended_at'] )->format( 'U.v' ) ) : 1000 * $recovery['claimed_at'];
		if ( 'sent' !== $answer['outcome'] ) {
			return self::seen( self::FAILED, self::why_not( $answer ), $at );
		}
		$text = 'log' === $answer['evidence']
			/* translators: %s: an e-mail address, partly hidden. */
			? __( 'Booknetic has logged it. Look into the mailbox of %s, and among its spam.', 'booking-recovery-bridge' )
			/* translators: %s: an e-mail address, partly hidden. */
			: __( 'Booknetic has logged nothing of it, which many of its actions never do. Look into the mailbox of %s, and among its spam.', 'booking-recovery-bridge' );
		return self::seen( self::PASSED, sprintf( $text, $masked ), $at );
	}

	/**
	 * Why a message did not go out, and what to do.
	 *
	 * @param array<string, mixed> $answer The recovery's recorded end.
	 */
	private static function why_not( array $answer ): string {
		switch ( $answer['outcome'] ) {
			case 'no_workflow':
				return __( 'There is no active workflow with an active action. In Booknetic, under Workflows, make one for the event "Booking abandoned", with an action such as an e-mail to {booking_recovery_email}, and switch both on.', 'booking-recovery-bridge' );
			case 'stopped':
				return self::stopped( (string) ( $answer['reason'] ?? '' ) );
			case 'failed':
			case 'partial':
				/* translators: %s: what Booknetic says, in its own words. */
				return sprintf( __( 'An action of the workflow failed: %s. Look at the action\'s settings in Booknetic, and try it there.', 'booking-recovery-bridge' ), (string) ( $answer['error'] ?? '?' ) );
			default:
				return __( 'It began, and PHP ended before it did. Look into PHP\'s log.', 'booking-recovery-bridge' );
		}
	}

	/**
	 * What keeps this site from writing, and what to do.
	 */
	private static function stopped( string $reason ): string {
		switch ( $reason ) {
			case 'paused':
				return __( 'Messages are paused on this site. Take the pause back below, or leave it so on a copy of the site.', 'booking-recovery-bridge' );
			case 'opted_out':
				return __( 'The test contact\'s own address has opted out of messages. Make the visit as a user with another e-mail address.', 'booking-recovery-bridge' );
			case 'forgotten':
				return __( 'The test contact\'s own address was to be forgotten, so nothing is written to it. Make the visit as a user with another e-mail address.', 'booking-recovery-bridge' );
			default:
				/* translators: %s: a reason in one word. */
				return sprintf( __( 'It was stopped at the last moment (%s). Make another test visit.', 'booking-recovery-bridge' ), $reason );
		}
	}

	/**
	 * What waited too long has failed.
	 *
	 * @param array<string, mixed> $seen   Of a stage.
	 * @param int                  $waited Milliseconds since the stage before it.
	 */
	private static function in_time( array $seen, int $waited ): array {
		if ( self::WAITING === $seen['state'] && null !== $seen['advice'] && $waited > self::PATIENCE ) {
			return self::seen( self::FAILED, $seen['advice'] );
		}
		return $seen;
	}

	/**
	 * One stage, as it looks now.
	 *
	 * @param string      $state  One of the above.
	 * @param string      $text   What to say of it.
	 * @param int|null    $at     Unix milliseconds.
	 * @param string|null $advice What to say once it has waited too long; null where it ends by itself.
	 * @return array{ state: string, text: string, at: ?int, advice: ?string }
	 */
	private static function seen( string $state, string $text = '', ?int $at = null, ?string $advice = null ): array {
		return array(
			'state'  => $state,
			'text'   => $text,
			'at'     => $at,
			'advice' => $advice,
		);
	}
}
