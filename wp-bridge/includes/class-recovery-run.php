<?php
/**
 * One recovery, at most once.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Claims a recovery, looks a last time whether it should be sent, has Booknetic send it, and records the end. All of it
 * under a database lock of that recovery, so that a crash can be told from a run that still goes on.
 */
final class Recovery_Run {

	private const MAY_RUN_AGAIN = array( 'failed', 'no_workflow', 'stopped' );
	private const RETRY_AFTER   = 5;

	/**
	 * Without locks nobody can tell a run that died from one that still goes on, but none goes on for so long.
	 */
	private const LONGEST_RUN = 10 * MINUTE_IN_SECONDS;

	/**
	 * The claims.
	 *
	 * @var Recoveries
	 */
	private $recoveries;

	/**
	 * Knows what speaks against it.
	 *
	 * @var Last_Look
	 */
	private $last_look;

	/**
	 * Remembers whom the link out of a message means.
	 *
	 * @var Opt_Out_Tokens
	 */
	private $tokens;

	/**
	 * Sends.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Keeps it to one process.
	 *
	 * @var Lock
	 */
	private $lock;

	/**
	 * Takes all that a run needs.
	 */
	public function __construct( Recoveries $recoveries, Last_Look $last_look, Opt_Out_Tokens $tokens, Booknetic_Gateway $booknetic, Lock $lock ) {
		$this->recoveries = $recoveries;
		$this->last_look  = $last_look;
		$this->tokens     = $tokens;
		$this->booknetic  = $booknetic;
		$this->lock       = $lock;
	}

	/**
	 * Runs a recovery, or repeats how it ended.
	 *
	 * @param array<string, mixed> $request Of the sidecar, valid.
	 * @return array<string, mixed> The answer.
	 * @throws Try_Later While it runs, or where Booknetic is not ready.
	 */
	public function run( array $request, int $now ): array {
		return $this->alone(
			$request['recovery_id'],
			function ( bool $has_lock ) use ( $request, $now ): array {
				$recovery_id = $request['recovery_id'];
				$stored      = $this->stored( $recovery_id, $has_lock );
				if ( null !== $stored && ! ( $request['retry'] ?? false ) ) {
					return $stored;
				}
				if ( null !== $stored && ! in_array( $stored['outcome'], self::MAY_RUN_AGAIN, true ) ) {
					return $stored;
				}
				if ( ! $this->booknetic->is_ready() ) {
					throw Try_Later::booknetic_is_not_ready();
				}
				$answer = array( 'recovery_id' => $recovery_id ) + $this->booknetic->as_tenant(
					$request['tenant_id'] ?? null,
					function () use ( $request, $stored, $now ): array {
						// What the texts need to know stands in the claim.
						$request['kind'] = $this->kind( $request );
						$request['slot'] = $this->slot( $request, $now );
						$this->claim( $request, null !== $stored );
						return $this->decide( $request, $now );
					}
				);
				$answer += array( 'ended_at' => Event_Composer::time( (int) ( microtime( true ) * 1000 ) ) );
				$this->recoveries->end( $recovery_id, $answer );
				return $answer + array( 'repeated' => false );
			}
		);
	}

	/**
	 * How a recovery ended, as far as it ever came here.
	 *
	 * @param string $recovery_id The id.
	 * @param bool   $close       Whether an id that never came is used up by this.
	 * @return array<string, mixed> The answer.
	 * @throws Try_Later While it runs.
	 */
	public function look_up( string $recovery_id, bool $close ): array {
		return $this->alone(
			$recovery_id,
			function ( bool $has_lock ) use ( $recovery_id, $close ): array {
				$answer = array(
					'recovery_id' => $recovery_id,
					'outcome'     => $close ? 'withdrawn' : 'unknown_id',
				);
				$stored = $this->stored( $recovery_id, $has_lock );
				if ( null !== $stored ) {
					return $stored;
				}
				if ( $close ) {
					$this->claim( array( 'recovery_id' => $recovery_id ), false );
					$this->recoveries->end( $recovery_id, $answer );
				}
				return $answer + array( 'repeated' => false );
			}
		);
	}

	/**
	 * The recorded end; where a run began and nobody is at it any more, that is the end.
	 *
	 * @param string $recovery_id The id.
	 * @param bool   $has_lock    Whether this process alone is at it, for certain.
	 * @return array<string, mixed>|null Null where the id never came.
	 * @throws Try_Later While it may still run.
	 */
	private function stored( string $recovery_id, bool $has_lock ): ?array {
		$found = $this->recoveries->find( $recovery_id );
		if ( null === $found ) {
			return null;
		}
		$answer = $found['answer'];
		if ( null === $answer && ! $has_lock && time() - $found['claimed_at'] < self::LONGEST_RUN ) {
			throw self::in_progress();
		}
		if ( null === $answer ) {
			$answer = array(
				'recovery_id' => $recovery_id,
				'outcome'     => 'interrupted',
			);
			$this->recoveries->end( $recovery_id, $answer );
		}
		return $answer + array( 'repeated' => true );
	}

	/**
	 * Writes down that it begins, before anything is triggered.
	 *
	 * @param array<string, mixed> $request     Of the sidecar.
	 * @param bool                 $is_repeated Whether it ended before.
	 * @throws Try_Later Where it cannot be written down.
	 */
	private function claim( array $request, bool $is_repeated ): void {
		$is_ours = $is_repeated ? $this->recoveries->reopen( $request['recovery_id'], $request ) : $this->recoveries->claim( $request['recovery_id'], $request );
		if ( ! $is_ours && null !== $this->recoveries->find( $request['recovery_id'] ) ) {
			throw self::in_progress();
		}
		if ( ! $is_ours ) {
			throw new Try_Later( 'database_unavailable', __( 'The site cannot write to its database.', 'booking-recovery-bridge' ), 503, 60 );
		}
	}

	/**
	 * Looks a last time, then sends.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 * @return array<string, mixed> The answer's further fields.
	 */
	private function decide( array $request, int $now ): array {
		$counts = $this->booknetic->meant_for( $request );
		$reason = $this->last_look->reason_to_stop( $request, $now );
		if ( null !== $reason ) {
			$end = array(
				'outcome' => 'stopped',
				'reason'  => $reason,
			);
		} elseif ( 0 === $counts['actions'] ) {
			$end = array( 'outcome' => 'no_workflow' );
		} else {
			$end = $this->send( $request, $counts['actions'] );
		}
		return $end + $counts + array( 'slot' => $request['slot'] );
	}

	/**
	 * What was left undone. A booking that Booknetic has given up meanwhile cannot be paid any more: its visitor can only
	 * make another one, like those who never made one.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 */
	private function kind( array $request ): string {
		$is_unpaid = 'unpaid' === ( $request['kind'] ?? null ) && isset( $request['booking_key'] );
		$live      = $is_unpaid ? array_filter( $this->booknetic->appointments( $request['booking_key'] ), array( Bookings::class, 'is_live' ) ) : array();
		return array() === $live ? 'unfinished' : 'unpaid';
	}

	/**
	 * What has become of the time that the visitor chose.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 */
	private function slot( array $request, int $now ): string {
		$selection = $request['selection'] ?? array();
		if ( ! isset( $selection['starts_at'] ) ) {
			return 'unknown';
		}
		$start = (int) strtotime( $selection['starts_at'] );
		return $start <= $now ? 'past' : $this->booknetic->slot( (int) ( $selection['staff']['id'] ?? 0 ), (int) ( $selection['service']['id'] ?? 0 ), $start, $selection['people'] ?? 1, $request['booking_key'] ?? '' );
	}

	/**
	 * Has Booknetic send it. Booknetic returns nothing: what it logged, and what it threw, is all that tells.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 * @param int                  $actions How many actions should run.
	 * @return array<string, mixed>
	 */
	private function send( array $request, int $actions ): array {
		$log_end = $this->booknetic->end_of_log();
		$thrown  = $this->trigger( $request );
		$logged  = $this->booknetic->logged( $request['recovery_id'], $log_end );
		$errors  = array_filter( array_column( $logged, 'error' ), 'is_string' );
		$done    = count( $logged ) - count( $errors );
		$end     = array( 'evidence' => array() === $logged ? 'none' : 'log' );
		$error   = $thrown ?? reset( $errors );
		if ( false === $error ) {
			return array( 'outcome' => 'sent' ) + $end;
		}
		return array(
			'outcome' => 0 === $done && self::has_all( $logged, $actions, null !== $thrown ) ? 'failed' : 'partial',
			'error'   => self::without_people( $error, $request['contact'] ?? array() ),
		) + $end;
	}

	/**
	 * Whether nothing can have been handed over that is not in the log. Where each action is logged, those behind one
	 * that broke the run off have not begun; elsewhere one before it may have sent something and kept it to itself.
	 *
	 * @param array<int, array{ is_its_own: bool, error: ?string }> $logged     Of this recovery.
	 * @param int                                                   $actions    How many should have run.
	 * @param bool                                                  $broken_off Whether one of them ended the run.
	 */
	private static function has_all( array $logged, int $actions, bool $broken_off ): bool {
		$own = count( array_filter( array_column( $logged, 'is_its_own' ) ) );
		return 1 === $actions || $own >= $actions || ( $broken_off && $own > 0 );
	}

	/**
	 * Runs the workflows; what stopped them, if anything did.
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 */
	private function trigger( array $request ): ?string {
		$mark = $this->prepare_way_out( $request );
		// The sidecar may hang up, and an action may print something; neither may end or spoil the run.
		ignore_user_abort( true );
		ob_start();
		add_filter( 'wp_mail', $mark );
		try {
			$this->booknetic->trigger( $request['recovery_id'], $request );
			return null;
		} catch ( \Throwable $e ) {
			Fault::note( $e );
			return get_class( $e ) . ': ' . $e->getMessage();
		} finally {
			remove_filter( 'wp_mail', $mark );
			ob_end_clean();
		}
	}

	/**
	 * Makes the link out of this message work, and has letters say to mail programs where it is (RFC 8058).
	 *
	 * @param array<string, mixed> $request Of the sidecar.
	 * @return \Closure For WordPress's filter wp_mail.
	 */
	private function prepare_way_out( array $request ): \Closure {
		$token = $request['opt_out_token'] ?? null;
		if ( null !== $token ) {
			$this->tokens->remember( $token, Person::keys( $request['contact']['email'] ?? null, $request['contact']['phone'] ?? null ), time() );
		}
		return static function ( $letter ) use ( $token, $request ) {
			$to = $letter['to'] ?? array();
			$to = is_array( $to ) ? $to : explode( ',', (string) $to );
			// The same workflow may write to the owner too.
			if ( null === $token || array( Person::email( $request['contact']['email'] ?? null ) ) !== array_map( array( Person::class, 'email' ), array_values( $to ) ) ) {
				return $letter;
			}
			$headers           = $letter['headers'] ?? array();
			$headers           = is_array( $headers ) ? $headers : explode( "\n", str_replace( "\r\n", "\n", (string) $headers ) );
			$letter['headers'] = array_merge(
				$headers,
				array(
					'List-Unsubscribe: <' . Opt_Out_Tokens::link( $token ) . '>',
					'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
				)
			);
			return $letter;
		};
	}

	/**
	 * An error's text, short and without people: neither this one nor anybody's addresses and numbers.
	 *
	 * @param array<string, mixed> $contact Of the visitor.
	 */
	private static function without_people( string $text, array $contact ): string {
		$text  = (string) preg_replace( array( '/[^\s<>"\'(]+@[^\s<>"\')]+/', '/\+?\d[\d\s().-]{5,}\d/' ), '…', wp_check_invalid_utf8( $text ) );
		$names = array_filter( array( $contact['first_name'] ?? '', $contact['last_name'] ?? '', $contact['email'] ?? '', $contact['phone'] ?? '' ) );
		return mb_substr( str_ireplace( $names, '…', $text ), 0, 200 );
	}

	/**
	 * Does something while no other process is at this recovery.
	 *
	 * @param string   $recovery_id The id.
	 * @param callable $work        Is told whether the database vouches for that.
	 * @return array<string, mixed>
	 * @throws Try_Later Where one is.
	 */
	private function alone( string $recovery_id, callable $work ): array {
		$taken = $this->lock->take( $recovery_id );
		if ( false === $taken ) {
			throw self::in_progress();
		}
		try {
			return $work( true === $taken );
		} finally {
			$this->lock->free( $recovery_id );
		}
	}

	/**
	 * Another process is at it.
	 */
	private static function in_progress(): Try_Later {
		return new Try_Later( 'recovery_in_progress', __( 'This recovery is being sent right now.', 'booking-recovery-bridge' ), 409, self::RETRY_AFTER );
	}
}
