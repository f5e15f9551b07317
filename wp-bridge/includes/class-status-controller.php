<?php
/**
 * Route status.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Tells the sidecar how the site is.
 */
final class Status_Controller {

	private const READ = array( 'recovery' => Signed_Routes::ANYTHING );

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Knows the site.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Knows what waits.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Knows the workflows.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Hears what the sidecar has chosen.
	 *
	 * @var Policy
	 */
	private $policy;

	/**
	 * Takes who knows, and who hears.
	 */
	public function __construct( Settings $settings, Check_In $check_in, Outbox $outbox, Booknetic_Gateway $booknetic, Policy $policy ) {
		$this->settings  = $settings;
		$this->check_in  = $check_in;
		$this->outbox    = $outbox;
		$this->booknetic = $booknetic;
		$this->policy    = $policy;
	}

	/**
	 * Registers the route.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'status', 'status.read', self::READ, array( $this, 'read' ) );
	}

	/**
	 * How the site is.
	 *
	 * @param array<string, mixed> $fields Perhaps what the sidecar has chosen for this site.
	 * @return array<string, mixed>
	 */
	public function read( array $fields ): array {
		if ( isset( $fields['recovery'] ) ) {
			$this->policy->hear( $fields['recovery'] );
		}
		$pending = $this->outbox->pending();
		return $this->check_in->facts() + array(
			'outbox_pending'   => $pending['count'],
			'booknetic_ready'  => $this->booknetic->is_ready(),
			'workflows'        => count( $this->booknetic->workflows() ?? array() ),
			'outbox_oldest_at' => null === $pending['oldest_at'] ? null : Event_Composer::time( $pending['oldest_at'] ),
			'last_seq'         => $this->outbox->last_seq(),
			'time'             => Event_Composer::time( (int) ( microtime( true ) * 1000 ) ),
			'settings'         => (object) $this->settings->recovery(),
			'revision'         => $this->settings->revision(),
			'paused'           => $this->check_in->is_paused(),
		);
	}
}
