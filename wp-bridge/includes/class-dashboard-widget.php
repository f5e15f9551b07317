<?php
/**
 * The widget on WordPress's dashboard.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Shows administrators of a connected site what came of it this month.
 */
final class Dashboard_Widget {

	private const ID = 'booking_recovery_widget';

	/**
	 * Finds out.
	 *
	 * @var Health
	 */
	private $health;

	/**
	 * Shows what came of it.
	 *
	 * @var Glance
	 */
	private $glance;

	/**
	 * Takes what it shows.
	 */
	public function __construct( Health $health, Glance $glance ) {
		$this->health = $health;
		$this->glance = $glance;
	}

	/**
	 * Adds the widget for whom it is meant.
	 */
	public function add(): void {
		if ( $this->health->is_connected() && current_user_can( Settings_Form::CAPABILITY ) ) {
			Glance::enqueue();
			wp_add_dashboard_widget( self::ID, esc_html__( 'Booking Recovery', 'booking-recovery-bridge' ), array( $this, 'render' ) );
		}
	}

	/**
	 * Prints it.
	 */
	public function render(): void {
		echo '<div class="booking-recovery">';
		$this->glance->render( Glance::WIDGET );
		echo '<div class="booking-recovery-ways">';
		Status_Page::render_button();
		printf( '<a href="%1$s">%2$s</a></div></div>', esc_url( Overview_Page::address() ), esc_html__( 'Overview and last visits', 'booking-recovery-bridge' ) );
	}
}
