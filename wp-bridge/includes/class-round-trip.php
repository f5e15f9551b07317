<?php
/**
 * Whether the whole way to the sidecar and back works.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Goes the way once, stage by stage. A stage behind one that failed is not tried, since nothing could be learnt from it.
 */
final class Round_Trip {

	public const PASSED    = 'passed';
	public const FAILED    = 'failed';
	public const NOT_TRIED = 'not_tried';

	private const PATIENCE          = 8.0;
	private const PAUSE_MICROSECOND = 250000;

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Checks in, and notes when the sidecar calls.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Goes there.
	 *
	 * @var Delivery
	 */
	private $delivery;

	/**
	 * Knows whether a message could be sent.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Takes all that the way leads through.
	 */
	public function __construct( Settings $settings, Check_In $check_in, Delivery $delivery, Booknetic_Gateway $booknetic ) {
		$this->settings  = $settings;
		$this->check_in  = $check_in;
		$this->delivery  = $delivery;
		$this->booknetic = $booknetic;
	}

	/**
	 * Goes the way. Takes at most some 15 seconds, and half a second where all is well.
	 *
	 * @return array<int, array{ name: string, state: string, text: string }> The stages in their order.
	 */
	public function go(): array {
		$connection = $this->settings->connection();
		$stages     = array( $this->code( $connection ) );
		if ( null !== $connection ) {
			$began = time();
			$this->check_in->record();
			$result = $this->delivery->run_now();
			$answer = $this->delivery->last_answer();
			$clock  = $this->clock( $answer );
			array_push(
				$stages,
				$this->reachable( $connection, $result, $answer ),
				$clock,
				$this->signature( $connection, $result, $answer, $clock ),
				$this->address( $connection, $result ),
				$this->callback( $result, $began )
			);
		}
		array_push( $stages, $this->booknetic(), $this->workflow() );
		return $stages;
	}

	/**
	 * Whether there is a code that can be read.
	 */
	private function code( ?Connection $connection ): array {
		$name = __( 'Connection code', 'booking-recovery-bridge' );
		if ( null !== $connection ) {
			/* translators: 1: address of the sidecar, 2: site id. */
			return self::stage( $name, self::PASSED, sprintf( __( 'It names the sidecar at %1$s and this site as %2$s.', 'booking-recovery-bridge' ), $connection->sidecar, $connection->site ) );
		}
		$error = $this->settings->is_constant() ? $this->settings->constant_error() : null;
		return self::stage( $name, self::FAILED, $error ?? __( 'There is none. On the sidecar, run "booking-recovery pair SITE" and paste here the code that it prints.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether the sidecar answers.
	 */
	private function reachable( Connection $connection, string $result, ?array $answer ): array {
		$name = __( 'The sidecar can be reached', 'booking-recovery-bridge' );
		if ( Delivery::UNREACHABLE !== $result ) {
			return null === $answer
				? self::stage( $name, self::NOT_TRIED, __( 'Another process of this site is talking to the sidecar. Test again in a minute.', 'booking-recovery-bridge' ) )
				: self::stage( $name, self::PASSED );
		}
		if ( null === $answer || 0 === $answer['status'] ) {
			/* translators: 1: address of the sidecar, 2: what the attempt was answered with. */
			return self::stage( $name, self::FAILED, sprintf( __( 'Nothing answers at %1$s (%2$s). Check that the sidecar is running, that its address is right, and that this server may connect to it. Bookings go on as always; what happens meanwhile is kept and delivered later.', 'booking-recovery-bridge' ), $connection->sidecar, $answer['error'] ?? '' ) );
		}
		/* translators: 1: address of the sidecar, 2: HTTP status. */
		return self::stage( $name, self::FAILED, sprintf( __( 'Something answers at %1$s, but not as a sidecar does (HTTP status %2$d). Check the address, and any proxy in front of the sidecar.', 'booking-recovery-bridge' ), $connection->sidecar, $answer['status'] ) );
	}

	/**
	 * Whether both machines agree what time it is.
	 */
	private function clock( ?array $answer ): array {
		$name = __( 'The clocks agree', 'booking-recovery-bridge' );
		if ( null === ( $answer['date'] ?? null ) ) {
			return self::stage( $name, self::NOT_TRIED );
		}
		$difference = self::clock_difference( $answer['date'] - time() );
		return null === $difference ? self::stage( $name, self::PASSED ) : self::stage( $name, self::FAILED, $difference );
	}

	/**
	 * What to say of clocks that differ, or null where they agree well enough.
	 *
	 * @param int $ahead By how many seconds the sidecar's is ahead.
	 */
	public static function clock_difference( int $ahead ): ?string {
		if ( abs( $ahead ) <= Signer::TOLERANCE ) {
			return null;
		}
		$text = $ahead < 0
			/* translators: %s: a time such as "7 mins". */
			? __( 'The clock of this server is %s ahead of the sidecar\'s. Messages go out by the sidecar\'s clock meanwhile, where they are no more than a day apart. Have both machines set their clocks by the network (NTP).', 'booking-recovery-bridge' )
			/* translators: %s: a time such as "7 mins". */
			: __( 'The clock of this server is %s behind the sidecar\'s. Messages go out by the sidecar\'s clock meanwhile, where they are no more than a day apart. Have both machines set their clocks by the network (NTP).', 'booking-recovery-bridge' );
		return sprintf( $text, human_time_diff( time(), time() + $ahead ) );
	}

	/**
	 * Whether the sidecar takes what this site signs.
	 */
	private function signature( Connection $connection, string $result, ?array $answer, array $clock ): array {
		$name = __( 'The sidecar accepts the signature', 'booking-recovery-bridge' );
		if ( Delivery::DELIVERED === $result || Delivery::WRONG_ORIGIN === $result ) {
			return self::stage( $name, self::PASSED );
		}
		if ( Delivery::REFUSED !== $result ) {
			return self::stage( $name, self::NOT_TRIED, Delivery::BUSY === $result && null !== $answer ? __( 'The sidecar answered, but cannot take anything at the moment. The site tries again by itself.', 'booking-recovery-bridge' ) : '' );
		}
		if ( self::FAILED === $clock['state'] ) {
			return self::stage( $name, self::FAILED, __( 'It was refused. Have the clocks set first; if it is refused then too, paste a new code here.', 'booking-recovery-bridge' ) );
		}
		/* translators: %s: site id. */
		return self::stage( $name, self::FAILED, sprintf( __( 'It was refused: the code is not, or no longer, the one that the sidecar knows for the site %s. Run "booking-recovery pair" there again and paste the new code here.', 'booking-recovery-bridge' ), $connection->site ) );
	}

	/**
	 * Whether the sidecar knows this site by this address.
	 */
	private function address( Connection $connection, string $result ): array {
		$name = __( 'The sidecar knows this address of the site', 'booking-recovery-bridge' );
		if ( Delivery::DELIVERED === $result ) {
			return self::stage( $name, self::PASSED );
		}
		if ( Delivery::WRONG_ORIGIN !== $result ) {
			return self::stage( $name, self::NOT_TRIED );
		}
		/* translators: %s: site id. */
		return self::stage( $name, self::FAILED, sprintf( __( 'It knows the site under another address, so nothing is sent from here. On a copy of the site, leave it so, or remove the connection. If the site has moved, confirm that on the sidecar with "booking-recovery pair %s --confirm", then test again.', 'booking-recovery-bridge' ), $connection->site ) );
	}

	/**
	 * Whether the sidecar calls back.
	 */
	private function callback( string $result, int $began ): array {
		$name = __( 'The sidecar calls back', 'booking-recovery-bridge' );
		if ( Delivery::DELIVERED !== $result ) {
			return self::stage( $name, self::NOT_TRIED );
		}
		$until = microtime( true ) + self::PATIENCE;
		do {
			if ( $this->check_in->called_at() >= $began ) {
				return self::stage( $name, self::PASSED );
			}
			usleep( self::PAUSE_MICROSECOND );
		} while ( microtime( true ) < $until );
		/* translators: %s: address of the site's routes. */
		return self::stage( $name, self::FAILED, sprintf( __( 'The sidecar took the message, but has not called back at %s. Check that its machine can reach this address, and that no firewall, password or security plugin keeps it from the REST API. Until it can, no message is sent.', 'booking-recovery-bridge' ), $this->check_in->facts()['rest_url'] ) );
	}

	/**
	 * Whether Booknetic runs.
	 *
	 * @return array{ name: string, state: string, text: string }
	 */
	public function booknetic(): array {
		$name = __( 'Booknetic is ready', 'booking-recovery-bridge' );
		if ( $this->booknetic->is_ready() ) {
			/* translators: %s: version number. */
			return self::stage( $name, self::PASSED, sprintf( __( 'Version %s.', 'booking-recovery-bridge' ), (string) $this->booknetic->version() ) );
		}
		return self::stage( $name, self::FAILED, __( 'Booknetic is not active, is being updated, or its licence has run out. Messages wait until it is ready.', 'booking-recovery-bridge' ) );
	}

	/**
	 * Whether there is something to send.
	 *
	 * @return array{ name: string, state: string, text: string }
	 */
	public function workflow(): array {
		$name  = __( 'There is a workflow for abandoned bookings', 'booking-recovery-bridge' );
		$found = $this->booknetic->workflows();
		if ( null === $found ) {
			return self::stage( $name, self::NOT_TRIED );
		}
		if ( array() === $found ) {
			return self::stage( $name, self::FAILED, __( 'There is none that is active. In Booknetic, under Workflows, make one for the event "Booking abandoned", give it an action such as an e-mail to {booking_recovery_email} with {booking_recovery_link} and {booking_recovery_opt_out_link} in it, and switch it on.', 'booking-recovery-bridge' ) );
		}
		if ( array() === array_filter( array_map( array( $this->booknetic, 'actions' ), $found ) ) ) {
			return self::stage( $name, self::FAILED, __( 'There is one, but it has no active action. Add one in Booknetic, for example an e-mail to {booking_recovery_email}.', 'booking-recovery-bridge' ) );
		}
		return self::stage( $name, self::PASSED );
	}

	/**
	 * One stage.
	 *
	 * @return array{ name: string, state: string, text: string }
	 */
	private static function stage( string $name, string $state, string $text = '' ): array {
		return array(
			'name'  => $name,
			'state' => $state,
			'text'  => $text,
		);
	}
}
