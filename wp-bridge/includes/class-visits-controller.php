<?php
/**
 * Routes visits and visits/read.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Lets the sidecar's operator make a test visit.
 */
final class Visits_Controller {

	private const VISIT = array(
		'visit_id' => array(
			'type'     => 'string',
			'pattern'  => Test_Visits::ID,
			'required' => true,
		),
	);

	/**
	 * What is begun and read.
	 *
	 * @var Test_Visit
	 */
	private $visit;

	/**
	 * Takes what is begun and read.
	 */
	public function __construct( Test_Visit $visit ) {
		$this->visit = $visit;
	}

	/**
	 * Registers both routes.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'visits', 'visits.begin', self::VISIT, array( $this, 'begin' ) );
		$routes->register( 'visits/read', 'visits.read', self::VISIT, array( $this, 'read' ) );
	}

	/**
	 * Makes a visit. Nobody is logged in here, so its message goes to the site's own address.
	 *
	 * @param array<string, mixed> $fields Valid.
	 * @return array<string, mixed>
	 * @throws Try_Later While another one is under way.
	 */
	public function begin( array $fields ): array {
		return $this->visit->begin( $fields['visit_id'], (string) get_option( 'admin_email' ) );
	}

	/**
	 * Tells how far a visit has come.
	 *
	 * @param array<string, mixed> $fields Valid.
	 * @return array<string, mixed>|\WP_Error
	 */
	public function read( array $fields ) {
		return $this->visit->read( $fields['visit_id'] ) ?? new \WP_Error( 'rest_no_visit', __( 'There is no such test visit, or it was long ago.', 'booking-recovery-bridge' ), array( 'status' => 404 ) );
	}
}
