<?php
/**
 * Booking Recovery > Overview.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Says in one sentence whether all works and what to do, shows what came of it, and leads to all the rest.
 */
final class Overview_Page {

	public const SLUG  = 'booking-recovery';
	private const ICON = 'dashicons-backup';

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
	 * The page's address.
	 */
	public static function address(): string {
		return admin_url( 'admin.php?page=' . self::SLUG );
	}

	/**
	 * Adds the menu, with this page at its top.
	 */
	public function add_page(): void {
		$name   = __( 'Booking Recovery', 'booking-recovery-bridge' );
		$screen = add_menu_page( $name, $name, Settings_Form::CAPABILITY, self::SLUG, array( $this, 'render' ), self::ICON );
		add_submenu_page( self::SLUG, $name, __( 'Overview', 'booking-recovery-bridge' ), Settings_Form::CAPABILITY, self::SLUG );
		add_action( 'load-' . $screen, array( $this, 'prepare' ) );
	}

	/**
	 * Before anything is printed.
	 */
	public function prepare(): void {
		$this->glance->ask_if_wanted();
		Glance::enqueue();
		$screen = get_current_screen();
		$screen->add_help_tab(
			array(
				'id'      => 'booking-recovery-words',
				'title'   => __( 'What the words mean', 'booking-recovery-bridge' ),
				'content' => self::words(),
			)
		);
		$screen->add_help_tab(
			array(
				'id'      => 'booking-recovery-sidecar',
				'title'   => __( 'When the sidecar is away', 'booking-recovery-bridge' ),
				'content' => '<p>' . esc_html__( 'The booking form works as always. What visitors do is kept on this site and delivered once the sidecar is back; messages that are due meanwhile go out a little later, or not at all where they would come too late.', 'booking-recovery-bridge' ) . '</p>',
			)
		);
	}

	/**
	 * Prints the page.
	 */
	public function render(): void {
		echo '<div class="wrap booking-recovery"><h1>' . esc_html( get_admin_page_title() ) . '</h1>';
		$this->render_state( $this->health->in_one() );
		if ( $this->health->is_connected() ) {
			echo '<div class="booking-recovery-ways">';
			Status_Page::render_button();
			printf( '<a href="%1$s">%2$s</a></div><h2>%3$s</h2>', esc_url( Settings_Form::address() ), esc_html__( 'Settings', 'booking-recovery-bridge' ), esc_html__( 'What it brings', 'booking-recovery-bridge' ) );
			$this->glance->render( Glance::PAGE );
		} else {
			self::render_first_steps();
		}
		echo '</div>';
	}

	/**
	 * The sentence that matters, and what to do.
	 *
	 * @param array<string, string> $finding As Health gives it.
	 */
	private function render_state( array $finding ): void {
		$classes = array(
			Health::GOOD        => 'notice-success',
			Health::RECOMMENDED => 'notice-warning',
			Health::CRITICAL    => 'notice-error',
		);
		printf(
			'<div class="notice inline %1$s booking-recovery-state" data-status="%2$s"><p><strong>%3$s</strong> %4$s</p>',
			esc_attr( $classes[ $finding['status'] ] ),
			esc_attr( $finding['status'] ),
			esc_html( $finding['label'] ),
			esc_html( $finding['text'] )
		);
		if ( Health::GOOD !== $finding['status'] ) {
			printf( '<p>%1$s <a href="%2$s">%3$s</a></p>', esc_html( $finding['advice'] ), esc_url( Settings_Form::address() ), esc_html__( 'Booking Recovery settings', 'booking-recovery-bridge' ) );
		}
		echo '</div>';
	}

	/**
	 * How to begin.
	 */
	private static function render_first_steps(): void {
		$steps = array(
			__( 'Get the connection code from whoever runs the sidecar, and paste it into the settings.', 'booking-recovery-bridge' ),
			__( 'In Booknetic, under Workflows, make a workflow for the event "Booking abandoned" that writes to {booking_recovery_email}.', 'booking-recovery-bridge' ),
			__( 'In the settings, press "Make a test visit": a robot goes the whole way, and the message should be in your mailbox a moment later.', 'booking-recovery-bridge' ),
		);
		echo '<h2>' . esc_html__( 'How to begin', 'booking-recovery-bridge' ) . '</h2><ol>';
		foreach ( $steps as $step ) {
			echo '<li>' . esc_html( $step ) . '</li>';
		}
		echo '</ol><p>' . esc_html__( 'Then the visits, and the bookings won back, appear here.', 'booking-recovery-bridge' ) . '</p>';
	}

	/**
	 * What the words on the page mean.
	 */
	private static function words(): string {
		$words = array(
			__( 'active', 'booking-recovery-bridge' )    => __( 'The visitor is in the form.', 'booking-recovery-bridge' ),
			__( 'abandoned', 'booking-recovery-bridge' ) => __( 'The visitor has left it without booking. A message may follow.', 'booking-recovery-bridge' ),
			__( 'contacted', 'booking-recovery-bridge' ) => __( 'A message was sent.', 'booking-recovery-bridge' ),
			__( 'recovered', 'booking-recovery-bridge' ) => __( 'The visitor has booked after a message: a booking won back.', 'booking-recovery-bridge' ),
			__( 'booked', 'booking-recovery-bridge' )    => __( 'The visitor has booked without one.', 'booking-recovery-bridge' ),
			__( 'lost', 'booking-recovery-bridge' )      => __( 'Nothing is left to try.', 'booking-recovery-bridge' ),
		);
		$html  = '<dl>';
		foreach ( $words as $word => $meaning ) {
			$html .= '<dt><strong>' . esc_html( $word ) . '</strong></dt><dd>' . esc_html( $meaning ) . '</dd>';
		}
		return $html . '</dl>';
	}
}
