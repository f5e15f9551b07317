<?php
/**
 * A test visit: a robot goes the whole way from the form to the message.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Begins a visit, and tells how far it has come.
 */
final class Test_Visit {

	private const LOCK        = 'test_visit';
	private const RETRY_AFTER = 15;

	/**
	 * What the robot noted.
	 *
	 * @var Test_Visits
	 */
	private $visits;

	/**
	 * Goes through the form.
	 *
	 * @var Visit_Robot
	 */
	private $robot;

	/**
	 * Tells how far it has come.
	 *
	 * @var Visit_Stages
	 */
	private $stages;

	/**
	 * What the bridge counts on.
	 *
	 * @var Assumptions
	 */
	private $assumptions;

	/**
	 * Keeps it to one visit at a time.
	 *
	 * @var Lock
	 */
	private $lock;

	/**
	 * Takes all that a visit needs.
	 */
	public function __construct( Test_Visits $visits, Visit_Robot $robot, Visit_Stages $stages, Assumptions $assumptions, Lock $lock ) {
		$this->visits      = $visits;
		$this->robot       = $robot;
		$this->stages      = $stages;
		$this->assumptions = $assumptions;
		$this->lock        = $lock;
	}

	/**
	 * Makes a visit. One that has begun before is told as it is.
	 *
	 * @param string $id    Of the visit.
	 * @param string $email Whom the message is for.
	 * @return array<string, mixed> As the contract has it.
	 * @throws Try_Later While another visit is under way.
	 */
	public function begin( string $id, string $email ): array {
		$this->lock->take( self::LOCK, 1 );
		try {
			$is_new = null === $this->visits->find( $id );
			$other  = $is_new ? $this->under_way() : null;
			if ( null !== $other ) {
				throw new Try_Later( 'visit_in_progress', __( 'Another test visit is under way.', 'booking-recovery-bridge' ), 409, self::RETRY_AFTER );
			}
			$is_new = $is_new && $this->visits->add( $id, self::masked( $email ), Person::keys( $email, null ), Test_Visits::now() );
		} finally {
			$this->lock->free( self::LOCK );
		}
		if ( $is_new ) {
			$this->robot->walk( $id, $email );
			$this->visits->end_walk( $id, $this->assumptions->states( $this->visits->find( $id )['notes'] ) );
		}
		return (array) $this->read( $id );
	}

	/**
	 * How far a visit has come.
	 *
	 * @return array<string, mixed>|null Null where none has this id.
	 */
	public function read( string $id ): ?array {
		$visit = $this->visits->find( $id );
		if ( null === $visit ) {
			return null;
		}
		$now    = Test_Visits::now();
		$stages = $this->stages->of( $id, $visit, $now );
		$states = array_column( $stages, 'state' );
		return array(
			'visit_id'    => $id,
			'is_over'     => ! in_array( Visit_Stages::WAITING, $states, true ) && ! Test_Visits::goes_on( $visit, $now ),
			'passed'      => array( Visit_Stages::PASSED ) === array_unique( $states ),
			'stages'      => array_map(
				static function ( array $stage ) use ( $visit ): array {
					$at = $stage['at'];
					return array(
						'at' => null === $at ? null : Event_Composer::time( $at ),
						'ms' => null === $at ? null : $at - $visit['began_at'],
					) + $stage;
				},
				$stages
			),
			'assumptions' => $this->assumptions->told( $visit['assumptions'] ),
		);
	}

	/**
	 * The id of the visit that is under way, or null.
	 */
	public function under_way(): ?string {
		$id = $this->visits->last_id();
		return null === $id || $this->read( $id )['is_over'] ? null : $id;
	}

	/**
	 * An address of which its owner recognises enough.
	 */
	private static function masked( string $email ): string {
		list( $name, $host ) = array_pad( explode( '@', $email, 2 ), 2, '' );
		return mb_substr( $name, 0, 1 ) . '…@' . $host;
	}
}
