<?php
/**
 * What a test visit sees of Booknetic from inside.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Watches the robot's own requests, and notes which of the bridge's assumptions came true in them. No other request is
 * watched.
 */
final class Visit_Witness {

	/**
	 * What requests of the robot are called in a visit's notes once they were watched.
	 */
	public const WATCHED = 'watched:';

	/**
	 * What a visit's notes say once the end of a page was reached, where the bridge prints its script.
	 */
	public const FOOTER = 'footer';

	/**
	 * Where it notes what it has seen.
	 *
	 * @var Test_Visits
	 */
	private $visits;

	/**
	 * What it looks for.
	 *
	 * @var Assumptions
	 */
	private $assumptions;

	/**
	 * What it has seen.
	 *
	 * @var string[]
	 */
	private $notes = array();

	/**
	 * Takes what it looks for, and where it notes that.
	 */
	public function __construct( Test_Visits $visits, Assumptions $assumptions ) {
		$this->visits      = $visits;
		$this->assumptions = $assumptions;
	}

	/**
	 * Watches this request, if it is the robot's.
	 */
	public function listen(): void {
		list( $id, $request ) = array_pad( explode( ' ', Test_Visits::header(), 2 ), 2, '' );
		if ( ! $this->visits->is_walking( $id ) ) {
			return;
		}
		$this->notes[] = self::WATCHED . $request;
		foreach ( $this->assumptions->all() as $assumption ) {
			if ( null !== $assumption->hook ) {
				add_filter( $assumption->hook, $this->eye( $assumption ), $assumption->priority );
			}
		}
		add_action(
			'wp_footer',
			function (): void {
				$this->notes[] = self::FOOTER;
			}
		);
		// Before the bridge's own work behind the response begins.
		add_action(
			'shutdown',
			function () use ( $id ): void {
				$this->visits->add_notes( $id, $this->notes );
			}
		);
	}

	/**
	 * A callback for a filter or an action that hands on its first argument untouched.
	 */
	private function eye( Assumption $assumption ): \Closure {
		return function ( $value = null ) use ( $assumption ) {
			$is_so = $assumption->is_so( $value );
			if ( null !== $is_so ) {
				$this->notes[] = $assumption->note( $is_so );
			}
			return $value;
		};
	}
}
