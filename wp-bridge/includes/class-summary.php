<?php
/**
 * What the sidecar last told the owner at a glance.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Asks the sidecar at most every few minutes, and keeps its answer for a day, so that a page shows something while the
 * sidecar is away. Reading never asks.
 */
final class Summary {

	public const TRANSIENT         = 'booking_recovery_summary';
	public const STATES            = array( 'active', 'abandoned', 'contacted', 'recovered', 'booked', 'lost' );
	private const FRESH_FOR        = 5 * MINUTE_IN_SECONDS;
	private const PAUSE_AFTER_MISS = MINUTE_IN_SECONDS;
	private const KEPT_FOR         = DAY_IN_SECONDS;
	private const PATIENCE         = 3.0;
	private const MOST_SESSIONS    = 20;

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Asks.
	 *
	 * @var Sidecar_Client
	 */
	private $client;

	/**
	 * Takes who asks whom.
	 */
	public function __construct( Settings $settings, Sidecar_Client $client ) {
		$this->settings = $settings;
		$this->client   = $client;
	}

	/**
	 * The last answer and when it came, in Unix seconds; null where there is none.
	 *
	 * @return array{ at: int, states: array<string, int>, bookings: int, value: array<int, array{ amount: string, currency: string }>, sessions: array<int, array<string, mixed>> }|null
	 */
	public function known(): ?array {
		return $this->kept()['known'];
	}

	/**
	 * Whether the sidecar has not answered when it was last asked.
	 */
	public function was_missed(): bool {
		return $this->kept()['was_missed'];
	}

	/**
	 * Whether it is time to ask: the last answer is old, or a miss is a while ago.
	 */
	public function is_due(): bool {
		$kept = $this->kept();
		return null !== $this->settings->connection() && time() >= $kept['asked_at'] + ( $kept['was_missed'] ? self::PAUSE_AFTER_MISS : self::FRESH_FOR );
	}

	/**
	 * Asks if it is time. Waits for the sidecar some seconds at most, and other requests do not ask meanwhile.
	 */
	public function refresh(): void {
		$connection = $this->settings->connection();
		if ( null === $connection || ! $this->is_due() ) {
			return;
		}
		// Whoever comes while this one waits must not wait, too.
		$this->keep( $this->known(), $this->was_missed() );
		$said = $this->client->ask( $connection, 'summary', array( 'action' => 'summary.read' ), self::PATIENCE );
		$this->keep( null === $said ? $this->known() : self::read( $said, time() ), null === $said );
	}

	/**
	 * Drops the answer: somebody in it, though masked, wants to be forgotten.
	 */
	public static function forget(): void {
		delete_transient( self::TRANSIENT );
	}

	/**
	 * Keeps what is known now.
	 *
	 * @param array<string, mixed>|null $known      The answer.
	 * @param bool                      $was_missed Whether none has come to the last question.
	 */
	private function keep( ?array $known, bool $was_missed ): void {
		$kept = array(
			'connection' => $this->settings->connection()->fingerprint(),
			'asked_at'   => time(),
			'was_missed' => $was_missed,
			'known'      => $known,
		);
		set_transient( self::TRANSIENT, $kept, self::KEPT_FOR );
	}

	/**
	 * What is kept; what another sidecar has told is not.
	 *
	 * @return array{ asked_at: int, was_missed: bool, known: ?array<string, mixed> }
	 */
	private function kept(): array {
		$kept       = get_transient( self::TRANSIENT );
		$connection = $this->settings->connection();
		if ( is_array( $kept ) && null !== $connection && $kept['connection'] === $connection->fingerprint() ) {
			$is_known = null !== $kept['known'] && $kept['known']['at'] > time() - self::KEPT_FOR;
			return array( 'known' => $is_known ? $kept['known'] : null ) + $kept;
		}
		return array(
			'asked_at'   => 0,
			'was_missed' => false,
			'known'      => null,
		);
	}

	/**
	 * What is shown of an answer, whatever else is in it.
	 *
	 * @param array<string, mixed> $said The answer.
	 * @return array<string, mixed>
	 */
	private static function read( array $said, int $now ): array {
		$states   = array_filter( is_array( $said['states'] ?? null ) ? $said['states'] : array(), 'is_int' );
		$month    = is_array( $said['month'] ?? null ) ? $said['month'] : array();
		$sessions = array_filter( is_array( $said['sessions'] ?? null ) ? $said['sessions'] : array(), 'is_array' );
		return array(
			'at'       => $now,
			'states'   => array_intersect_key( $states, array_flip( self::STATES ) ),
			'bookings' => is_int( $month['bookings'] ?? null ) ? $month['bookings'] : 0,
			'value'    => array_values( array_filter( array_map( array( self::class, 'money' ), is_array( $month['value'] ?? null ) ? $month['value'] : array() ) ) ),
			'sessions' => array_map( array( self::class, 'session' ), array_slice( array_values( $sessions ), 0, self::MOST_SESSIONS ) ),
		);
	}

	/**
	 * An amount, or null.
	 *
	 * @param mixed $value As the contract has it.
	 * @return array{ amount: string, currency: string }|null
	 */
	private static function money( $value ): ?array {
		if ( ! is_array( $value ) || ! is_numeric( $value['amount'] ?? null ) ) {
			return null;
		}
		return array(
			'amount'   => (string) $value['amount'],
			'currency' => self::text( $value['currency'] ?? null ),
		);
	}

	/**
	 * A session as a row: `state`, `who` (masked), `service` and `seen_at` in Unix seconds, each perhaps empty.
	 *
	 * @param array<string, mixed> $session As the contract has it.
	 * @return array{ state: string, who: string, service: string, seen_at: int }
	 */
	private static function session( array $session ): array {
		$contact = is_array( $session['contact'] ?? null ) ? $session['contact'] : array();
		$names   = array_filter( array( self::text( $contact['first_name'] ?? null ), self::text( $contact['last_name'] ?? null ) ) );
		$who     = array_filter( array( implode( ' ', $names ), self::text( $contact['email'] ?? null ), self::text( $contact['phone'] ?? null ) ) );
		return array(
			'state'   => self::text( $session['state'] ?? null ),
			'who'     => (string) reset( $who ),
			'service' => self::text( $session['selection']['service']['name'] ?? null ),
			'seen_at' => (int) strtotime( self::text( $session['last_seen'] ?? null ) ),
		);
	}

	/**
	 * A text, or an empty one.
	 *
	 * @param mixed $value Of an answer.
	 */
	private static function text( $value ): string {
		return is_string( $value ) ? $value : '';
	}
}
