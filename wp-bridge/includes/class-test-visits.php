<?php
/**
 * The test visits of late.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * What the robot noted of each visit. All that came of it is found where every visit's traces are.
 */
final class Test_Visits {

	public const OPTION = 'booking_recovery_test_visits';
	public const ID     = '\Atest-[A-Za-z0-9]{8,40}\z';
	public const PREFIX = 'test-';
	public const HEADER = 'X-Booking-Recovery-Visit';

	/**
	 * Milliseconds after which a robot that has not come out of the form has died in there.
	 */
	public const LONGEST_WALK = 90000;

	private const MOST       = 5;
	private const KEPT_FOR   = DAY_IN_SECONDS;
	private const LOCK       = 'test_visits';
	private const PATIENCE   = 5;
	private const MOST_NOTES = 200;

	/**
	 * Keeps writers apart: the robot, and the requests that it makes.
	 *
	 * @var Lock
	 */
	private $lock;

	/**
	 * Takes what keeps writers apart.
	 */
	public function __construct( Lock $lock ) {
		$this->lock = $lock;
	}

	/**
	 * An id for a visit.
	 */
	public static function new_id(): string {
		return self::PREFIX . bin2hex( random_bytes( 12 ) );
	}

	/**
	 * What a robot says in this request of its visit, and of the request itself; '' where nobody says to be one.
	 */
	public static function header(): string {
		$header = $_SERVER[ 'HTTP_' . str_replace( '-', '_', strtoupper( self::HEADER ) ) ] ?? '';
		return is_string( $header ) ? $header : '';
	}

	/**
	 * Whether an id is one of a test visit.
	 */
	public static function is_one( string $session_id ): bool {
		return 0 === strpos( $session_id, self::PREFIX );
	}

	/**
	 * Writes down that a visit begins; false where it has begun before.
	 *
	 * @param string   $id     Of the visit.
	 * @param string   $masked The test contact's address, as it may be shown.
	 * @param string[] $keys   By which both sides know the contact.
	 * @param int      $now    Unix milliseconds.
	 */
	public function add( string $id, string $masked, array $keys, int $now ): bool {
		$is_new = false;
		$this->rewrite(
			static function ( array $visits ) use ( $id, $masked, $keys, $now, &$is_new ): array {
				$is_new = ! isset( $visits[ $id ] );
				return $visits + array(
					$id => array(
						'began_at'    => $now,
						'masked'      => $masked,
						'person_keys' => $keys,
						'is_walking'  => true,
						'walk'        => array(),
						'notes'       => array(),
						'assumptions' => array(),
					),
				);
			}
		);
		return $is_new;
	}

	/**
	 * A visit as it stands.
	 *
	 * @return array<string, mixed>|null Null where none has this id.
	 */
	public function find( string $id ): ?array {
		return $this->all()[ $id ] ?? null;
	}

	/**
	 * The id of the last visit that began.
	 */
	public function last_id(): ?string {
		$ids = array_keys( $this->all() );
		return array() === $ids ? null : (string) end( $ids );
	}

	/**
	 * Whether the robot is in the form under this id right now.
	 */
	public function is_walking( string $id ): bool {
		$visit = $this->find( $id );
		return null !== $visit && self::goes_on( $visit, self::now() );
	}

	/**
	 * Whether the robot of a visit is still in the form.
	 *
	 * @param array<string, mixed> $visit As it stands.
	 * @param int                  $now   Unix milliseconds.
	 */
	public static function goes_on( array $visit, int $now ): bool {
		return $visit['is_walking'] && $now - $visit['began_at'] < self::LONGEST_WALK;
	}

	/**
	 * Unix milliseconds.
	 */
	public static function now(): int {
		return (int) ( microtime( true ) * 1000 );
	}

	/**
	 * Notes what the robot has seen at one part of its way.
	 *
	 * @param string $id    Of the visit.
	 * @param string $stage Which part.
	 * @param bool   $is_ok Whether that part is open.
	 * @param string $text  What to say of it.
	 * @param int    $now   Unix milliseconds.
	 */
	public function note_stage( string $id, string $stage, bool $is_ok, string $text, int $now ): void {
		$this->change(
			$id,
			static function ( array $visit ) use ( $stage, $is_ok, $text, $now ): array {
				$visit['walk'][ $stage ] = array(
					'is_ok' => $is_ok,
					'text'  => $text,
					'at'    => $now,
				);
				return $visit;
			}
		);
	}

	/**
	 * Adds what was seen of Booknetic during a request.
	 *
	 * @param string   $id   Of the visit.
	 * @param string[] $seen Short notes.
	 */
	public function add_notes( string $id, array $seen ): void {
		$this->change(
			$id,
			static function ( array $visit ) use ( $seen ): array {
				$visit['notes'] = array_slice( array_values( array_unique( array_merge( $visit['notes'], $seen ) ) ), 0, self::MOST_NOTES );
				return $visit;
			}
		);
	}

	/**
	 * The robot has left the form: nobody may use this id any more.
	 *
	 * @param string                $id          Of the visit.
	 * @param array<string, string> $assumptions Name => state.
	 */
	public function end_walk( string $id, array $assumptions ): void {
		$this->change(
			$id,
			static function ( array $visit ) use ( $assumptions ): array {
				return array(
					'is_walking'  => false,
					'assumptions' => $assumptions,
				) + $visit;
			}
		);
	}

	/**
	 * Forgets those of yesterday.
	 */
	public function prune(): void {
		$kept = get_option( self::OPTION );
		if ( is_array( $kept ) && count( $kept ) !== count( $this->all() ) ) {
			$this->rewrite(
				static function ( array $visits ): array {
					return $visits;
				}
			);
		}
	}

	/**
	 * Changes a visit that is there.
	 */
	private function change( string $id, callable $change ): void {
		$this->rewrite(
			static function ( array $visits ) use ( $id, $change ): array {
				if ( isset( $visits[ $id ] ) ) {
					$visits[ $id ] = $change( $visits[ $id ] );
				}
				return $visits;
			}
		);
	}

	/**
	 * Writes all of them, without those that nobody will ask for any more.
	 */
	private function rewrite( callable $change ): void {
		$this->lock->take( self::LOCK, self::PATIENCE );
		try {
			update_option( self::OPTION, array_slice( $change( $this->all() ), -self::MOST, null, true ), false );
		} finally {
			$this->lock->free( self::LOCK );
		}
	}

	/**
	 * The visits by their ids, the last one last. Another process may have written since this one has read.
	 *
	 * @return array<string, array<string, mixed>>
	 */
	private function all(): array {
		wp_cache_delete( self::OPTION, 'options' );
		$kept  = get_option( self::OPTION );
		$since = 1000 * ( time() - self::KEPT_FOR );
		return array_filter(
			is_array( $kept ) ? $kept : array(),
			static function ( $visit ) use ( $since ): bool {
				return is_array( $visit ) && ( $visit['began_at'] ?? 0 ) >= $since;
			}
		);
	}
}
