<?php
/**
 * Brings the outbox to the sidecar.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Sends batches of events, one process at a time, and never while a visitor waits.
 */
final class Delivery {

	public const OPTION       = 'booking_recovery_delivery';
	public const DELIVERED    = 'delivered';
	public const REFUSED      = 'refused';
	public const WRONG_ORIGIN = 'wrong_origin';
	public const BUSY         = 'busy';
	public const UNREACHABLE  = 'unreachable';

	private const LOCK             = 'delivery';
	private const BATCH_EVENTS     = 100;
	private const BATCH_BYTES      = 250000;
	private const BEHIND_RESPONSE  = 3.0;
	private const IN_BACKGROUND    = 20.0;
	private const FIRST_PAUSE      = 5;
	private const LONGEST_PAUSE    = 15 * MINUTE_IN_SECONDS;
	private const LONGEST_ASKED    = HOUR_IN_SECONDS;
	private const PATIENCE_OF_USER = 3;

	/**
	 * To whom.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * From where.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * What is sent.
	 *
	 * @var Event_Composer
	 */
	private $composer;

	/**
	 * Who sends.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Posts.
	 *
	 * @var Sidecar_Client
	 */
	private $client;

	/**
	 * Keeps it to one process at a time.
	 *
	 * @var Lock
	 */
	private $lock;

	/**
	 * What the sidecar last answered to this process, or null.
	 *
	 * @var array{ status: int, date: ?int, error: string }|null
	 */
	private $answer;

	/**
	 * Takes all that a delivery needs.
	 */
	public function __construct( Settings $settings, Outbox $outbox, Event_Composer $composer, Check_In $check_in, Sidecar_Client $client, Lock $lock ) {
		$this->settings = $settings;
		$this->outbox   = $outbox;
		$this->composer = $composer;
		$this->check_in = $check_in;
		$this->client   = $client;
		$this->lock     = $lock;
	}

	/**
	 * For the blogs to which this request has added events, once the visitor has the answer. Where the visitor would have to
	 * wait, the sidecar comes and reads.
	 */
	public function run_behind_response(): void {
		if ( ! Response::can_go_early() ) {
			return;
		}
		foreach ( $this->outbox->grown() as $blog_id ) {
			Network::in_blog(
				$blog_id,
				function (): void {
					$this->check_in->record_new_connection();
					$this->check_in->record_changes();
					if ( $this->is_due() ) {
						$this->run( self::BEHIND_RESPONSE, 0 );
					}
				}
			);
		}
	}

	/**
	 * From cron.
	 */
	public function run_in_background(): void {
		if ( $this->is_due() ) {
			$this->run( self::IN_BACKGROUND, 0 );
		}
	}

	/**
	 * Because an administrator wants to know whether it works; earlier failures are no reason to wait.
	 *
	 * @return string One of the results above.
	 */
	public function run_now(): string {
		return $this->run( self::BEHIND_RESPONSE, self::PATIENCE_OF_USER );
	}

	/**
	 * How the last attempt ended, or null before the first.
	 */
	public function last_result(): ?string {
		return $this->state()['result'];
	}

	/**
	 * How many attempts have failed since the last that did not.
	 */
	public function failures(): int {
		return $this->state()['failures'];
	}

	/**
	 * What the sidecar last answered to this process: HTTP status (0 for no answer), its clock, and why there was none.
	 *
	 * @return array{ status: int, date: ?int, error: string }|null
	 */
	public function last_answer(): ?array {
		return $this->answer;
	}

	/**
	 * Whether the sidecar knows this site by another address: this is the copy.
	 */
	public static function was_sent_away(): bool {
		return self::WRONG_ORIGIN === self::kept_result();
	}

	/**
	 * How the last attempt ended.
	 */
	private static function kept_result(): ?string {
		$kept = get_option( self::OPTION );
		return is_array( $kept ) && isset( $kept['result'] ) ? (string) $kept['result'] : null;
	}

	/**
	 * Delivers until nothing is left, something fails, or the time is over.
	 *
	 * @param float $seconds  For everything.
	 * @param int   $patience Seconds to wait for another process that is at it.
	 */
	private function run( float $seconds, int $patience ): string {
		$connection = $this->settings->connection();
		if ( null === $connection || $this->check_in->has_moved() ) {
			return self::WRONG_ORIGIN;
		}
		$deadline = microtime( true ) + $seconds;
		$result   = $this->last_result() ?? self::BUSY;
		// Who finds the lock taken leaves its events to the holder, so the holder looks once more after letting go. Without
		// locks an event may be sent twice, which changes nothing.
		while ( array() !== $this->outbox->undelivered( 1 ) && false !== $this->lock->take( self::LOCK, $patience ) ) {
			try {
				$result = $this->drain( $connection, $deadline );
			} finally {
				$this->lock->free( self::LOCK );
			}
			if ( self::DELIVERED !== $result || microtime( true ) >= $deadline ) {
				break;
			}
		}
		return $result;
	}

	/**
	 * Sends batch after batch.
	 */
	private function drain( Connection $connection, float $deadline ): string {
		$result = self::DELIVERED;
		$rows   = $this->outbox->undelivered_check_ins();
		$rows   = array() === $rows ? $this->outbox->undelivered( self::BATCH_EVENTS ) : $rows;
		while ( array() !== $rows && self::DELIVERED === $result && microtime( true ) < $deadline ) {
			$result = $this->send( $connection, $rows, $deadline - microtime( true ) );
			$rows   = $this->outbox->undelivered( self::BATCH_EVENTS );
		}
		return $result;
	}

	/**
	 * Sends one batch and notes what came of it.
	 *
	 * @param Connection                       $connection To whom.
	 * @param array<int, array<string, mixed>> $rows       From the outbox; of many large ones only the first.
	 * @param float                            $seconds    To connect, send and be answered.
	 */
	private function send( Connection $connection, array $rows, float $seconds ): string {
		$body   = $this->body( $connection, $rows );
		$answer = $this->post( $connection, $body, min( $seconds, self::BEHIND_RESPONSE ) );
		$date   = strtotime( (string) wp_remote_retrieve_header( $answer, 'date' ) );

		$this->answer = array(
			'status' => (int) wp_remote_retrieve_response_code( $answer ),
			'date'   => false === $date ? null : $date,
			'error'  => is_wp_error( $answer ) ? $answer->get_error_message() : '',
		);

		$result = $this->judge( $answer, array_column( $rows, 'seq' ) );
		$this->note( $result, (int) wp_remote_retrieve_header( $answer, 'retry-after' ) );
		return $result;
	}

	/**
	 * As many events as fit into one message.
	 *
	 * @param Connection                       $connection To whom.
	 * @param array<int, array<string, mixed>> $rows       From the outbox.
	 */
	private function body( Connection $connection, array $rows ): string {
		$events = array();
		$size   = 0;
		foreach ( $rows as $row ) {
			$event = wp_json_encode( $this->composer->compose( $row ) );
			$size += strlen( $event ) + 1;
			if ( $size > self::BATCH_BYTES && array() !== $events ) {
				break;
			}
			$events[] = $event;
		}
		return sprintf( '{"site":%s,"origin":%s,"events":[%s]}', wp_json_encode( $connection->site ), wp_json_encode( $this->check_in->origin() ), implode( ',', $events ) );
	}

	/**
	 * Posts a batch. The same batch has the same id each time it is sent.
	 *
	 * @return array|\WP_Error
	 */
	private function post( Connection $connection, string $body, float $seconds ) {
		$id = 'msg_' . substr( hash( 'sha256', $this->outbox->id() . $body ), 0, 40 );
		return $this->client->post( $connection, '/webhooks/' . $connection->site, $id, $body, $seconds );
	}

	/**
	 * What an answer means. Events that it names are marked as delivered.
	 *
	 * @param array|\WP_Error $answer  Of the sidecar.
	 * @param string[]        $numbers The seq of what was sent.
	 */
	private function judge( $answer, array $numbers ): string {
		$meanings = array(
			401 => self::REFUSED,
			409 => self::WRONG_ORIGIN,
			429 => self::BUSY,
			503 => self::BUSY,
		);
		$status   = (int) wp_remote_retrieve_response_code( $answer );
		if ( 202 !== $status ) {
			return $meanings[ $status ] ?? self::UNREACHABLE;
		}
		$said = json_decode( wp_remote_retrieve_body( $answer ), true, 16 );
		$held = array_column( is_array( $said['results'] ?? null ) ? $said['results'] : array(), 'seq' );
		// Without progress the same batch would go out again and again.
		if ( 0 === $this->outbox->mark_delivered( array_intersect( $numbers, array_filter( $held, 'is_int' ) ) ) ) {
			return self::UNREACHABLE;
		}
		if ( is_int( $said['ack_seq'] ?? null ) ) {
			$this->outbox->notice_cursor( $this->outbox->id(), $said['ack_seq'] );
		}
		return self::DELIVERED;
	}

	/**
	 * Keeps the result, and after a failure the time before which nobody tries again.
	 */
	private function note( string $result, int $asked_pause ): void {
		$failures = self::DELIVERED === $result ? 0 : $this->state()['failures'] + 1;
		$pause    = min( self::LONGEST_PAUSE, self::FIRST_PAUSE * 2 ** min( $failures - 1, 10 ) );
		$state    = array(
			'result'   => $result,
			'failures' => $failures,
			'next_at'  => 0 === $failures ? 0 : time() + max( $pause, min( $asked_pause, self::LONGEST_ASKED ) ),
		);
		if ( $state !== $this->state() ) {
			update_option( self::OPTION, $state );
		}
	}

	/**
	 * Whether an attempt may be made.
	 */
	private function is_due(): bool {
		return time() >= $this->state()['next_at'];
	}

	/**
	 * The option, or what holds before there is one.
	 *
	 * @return array{ result: ?string, failures: int, next_at: int }
	 */
	private function state(): array {
		$kept = get_option( self::OPTION );
		$kept = is_array( $kept ) ? $kept : array();
		return array(
			'result'   => isset( $kept['result'] ) ? (string) $kept['result'] : null,
			'failures' => (int) ( $kept['failures'] ?? 0 ),
			'next_at'  => (int) ( $kept['next_at'] ?? 0 ),
		);
	}
}
