<?php
/**
 * Route suppressions.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Lets the sidecar read who must not be written to, for instance after it has lost its own store.
 */
final class Suppressions_Controller {

	private const DEFAULT_LIMIT = 500;
	private const READ          = array(
		'after' => array(
			'type'    => 'integer',
			'minimum' => 0,
		),
		'limit' => array(
			'type'    => 'integer',
			'minimum' => 1,
			'maximum' => 1000,
		),
	);

	/**
	 * What is read.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Takes what is read.
	 */
	public function __construct( Suppressions $suppressions ) {
		$this->suppressions = $suppressions;
	}

	/**
	 * Registers the route.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'suppressions', 'suppressions.read', self::READ, array( $this, 'read' ) );
	}

	/**
	 * Wishes behind a cursor.
	 *
	 * @param array<string, mixed> $fields Valid.
	 * @return array<string, mixed>
	 */
	public function read( array $fields ): array {
		$limit   = $fields['limit'] ?? self::DEFAULT_LIMIT;
		$found   = $this->suppressions->after( $fields['after'] ?? 0, $limit + 1 );
		$entries = array();
		foreach ( array_slice( $found, 0, $limit ) as $entry ) {
			$entries[] = array( 'at' => Event_Composer::time( 1000 * $entry['at'] ) ) + $entry;
		}
		return array(
			'entries'  => $entries,
			'has_more' => count( $found ) > $limit,
		);
	}
}
