<?php
/**
 * The notice that Booknetic is missing.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Tells administrators of a connected site what stands still while Booknetic does, and that nobody has to start it again.
 */
final class Booknetic_Notice {

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Knows whether Booknetic has started.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Takes whom it asks.
	 */
	public function __construct( Settings $settings, Booknetic_Gateway $booknetic ) {
		$this->settings  = $settings;
		$this->booknetic = $booknetic;
	}

	/**
	 * Prints the notice if it holds.
	 */
	public function render(): void {
		if ( null === $this->settings->connection() || $this->booknetic->is_ready() || ! current_user_can( Settings_Form::CAPABILITY ) ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p>%s</p></div>',
			esc_html__( 'Booking Recovery waits for Booknetic, which is not active here or has not started as a whole: visits are not noticed, and messages that are due are held back. Both go on by themselves once Booknetic runs.', 'booking-recovery-bridge' )
		);
	}
}
