<?php
/**
 * Route outbox.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Lets the sidecar read events by itself.
 */
final class Outbox_Controller {

	private const READ = array(
		'outbox_id' => Signed_Routes::ID,
		'after_seq' => array(
			'type'     => 'integer',
			'minimum'  => 0,
			'required' => true,
		),
		'limit'     => array(
			'type'    => 'integer',
			'minimum' => 1,
			'maximum' => 500,
		),
	);

	/**
	 * What is read.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Makes events of rows.
	 *
	 * @var Event_Composer
	 */
	private $composer;

	/**
	 * Takes what is read.
	 */
	public function __construct( Outbox $outbox, Event_Composer $composer ) {
		$this->outbox   = $outbox;
		$this->composer = $composer;
	}

	/**
	 * Registers the route.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'outbox', 'outbox.read', self::READ, array( $this, 'read' ) );
	}

	/**
	 * Events behind a number. A number of another outbox says nothing about this one, which is then read from its start.
	 *
	 * @param array<string, mixed> $fields Valid.
	 * @return array<string, mixed>
	 */
	public function read( array $fields ): array {
		$after = $fields['after_seq'];
		if ( isset( $fields['outbox_id'] ) ) {
			$this->outbox->notice_cursor( $fields['outbox_id'], $after );
			$after = $this->outbox->id() === $fields['outbox_id'] ? $after : 0;
			$this->outbox->mark_delivered_up_to( $after );
		}
		$rows = $this->outbox->after( $after, $fields['limit'] ?? 100 );
		$last = $this->outbox->last_seq();
		return array(
			'events'   => array_map( array( $this->composer, 'compose' ), $rows ),
			'last_seq' => $last,
			'has_more' => array() !== $rows && (int) end( $rows )['seq'] < $last,
		);
	}
}
