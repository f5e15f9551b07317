<?php
/**
 * Visits and bookings won back, at a glance.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Prints what the sidecar last told. Where that is old a small script asks anew once the page is there, and puts the answer
 * in its place: the page itself never waits for the sidecar.
 */
final class Glance {

	public const ACTION   = 'booking_recovery_glance';
	public const WIDGET   = 'widget';
	public const PAGE     = 'page';
	private const VIEW    = 'view';
	private const ASK     = 'booking_recovery_ask';
	private const OPEN    = array( 'active', 'abandoned', 'contacted' );
	private const ELEMENT = 'booking-recovery-glance';

	/**
	 * What the sidecar last told.
	 *
	 * @var Summary
	 */
	private $summary;

	/**
	 * Takes what the sidecar last told.
	 */
	public function __construct( Summary $summary ) {
		$this->summary = $summary;
	}

	/**
	 * Loads how it looks, and what asks anew.
	 */
	public static function enqueue(): void {
		wp_enqueue_style( self::ELEMENT, plugins_url( 'assets/admin.css', __DIR__ ), array(), VERSION );
		wp_enqueue_script( self::ELEMENT, plugins_url( 'assets/glance.js', __DIR__ ), array(), VERSION, true );
	}

	/**
	 * Prints it.
	 *
	 * @param string $view Where: in the widget, or on the page of its own.
	 */
	public function render( string $view ): void {
		$is_due = $this->summary->is_due();
		printf( '<div class="%1$s"%2$s><div class="%1$s-content">', esc_attr( self::ELEMENT ), $is_due ? self::orders( $view ) : '' );
		$this->render_content( $view );
		echo '</div><p class="screen-reader-text" role="status"></p>';
		if ( $is_due ) {
			printf(
				'<noscript><p><a href="%1$s">%2$s</a></p></noscript>',
				esc_url( wp_nonce_url( add_query_arg( self::ASK, '1', Overview_Page::address() ), self::ACTION ) ),
				esc_html__( 'Ask the sidecar for the figures of now', 'booking-recovery-bridge' )
			);
		}
		echo '</div>';
	}

	/**
	 * Answers the script.
	 */
	public function answer(): void {
		check_ajax_referer( self::ACTION );
		if ( ! current_user_can( Settings_Form::CAPABILITY ) ) {
			wp_die( '', '', array( 'response' => 403 ) );
		}
		$this->summary->refresh();
		$this->render_content( self::WIDGET === ( $_GET[ self::VIEW ] ?? '' ) ? self::WIDGET : self::PAGE );
		wp_die( '', '', array( 'response' => 200 ) );
	}

	/**
	 * Asks in the request itself, for whoever has no JavaScript and has followed the link.
	 */
	public function ask_if_wanted(): void {
		if ( isset( $_GET[ self::ASK ] ) ) {
			check_admin_referer( self::ACTION );
			$this->summary->refresh();
		}
	}

	/**
	 * For the script: where to ask, and what to say meanwhile, and where nobody answers.
	 */
	private static function orders( string $view ): string {
		$address = add_query_arg(
			array(
				'action'   => self::ACTION,
				self::VIEW => $view,
				'_wpnonce' => wp_create_nonce( self::ACTION ),
			),
			admin_url( 'admin-ajax.php' )
		);
		return sprintf(
			' data-address="%1$s" data-asking="%2$s" data-failed="%3$s"',
			esc_url( $address ),
			esc_attr__( 'Asking the sidecar for the figures of now…', 'booking-recovery-bridge' ),
			esc_attr__( 'This site could not be asked for the figures of now. Load the page again.', 'booking-recovery-bridge' )
		);
	}

	/**
	 * What is known.
	 */
	private function render_content( string $view ): void {
		$known = $this->summary->known();
		$this->render_age( $known );
		if ( null === $known ) {
			return;
		}
		$this->render_figures( $known );
		if ( self::PAGE === $view ) {
			$this->render_sessions( $known['sessions'] );
		}
	}

	/**
	 * How old it is, and why.
	 *
	 * @param array<string, mixed>|null $known As Summary gives it.
	 */
	private function render_age( ?array $known ): void {
		if ( null === $known ) {
			$text = $this->summary->was_missed()
				? __( 'The sidecar did not answer just now, so there are no figures to show. Bookings are not affected; look again in a minute.', 'booking-recovery-bridge' )
				: __( 'The sidecar has not been asked for its figures yet.', 'booking-recovery-bridge' );
		} else {
			/* translators: %s: a time such as "7 mins". */
			$text = $this->summary->was_missed() ? __( 'The sidecar did not answer just now. These figures are %s old.', 'booking-recovery-bridge' ) : __( 'As of %s ago.', 'booking-recovery-bridge' );
			$text = sprintf( $text, human_time_diff( $known['at'] ) );
		}
		printf( '<p class="%1$s-age%2$s">%3$s</p>', esc_attr( self::ELEMENT ), $this->summary->was_missed() ? ' is-old' : '', esc_html( $text ) );
	}

	/**
	 * This month's bookings and their worth, and how many visits are open.
	 *
	 * @param array<string, mixed> $known As Summary gives it.
	 */
	private function render_figures( array $known ): void {
		$money   = array_map( array( self::class, 'money' ), $known['value'] );
		$figures = array(
			__( 'Bookings won back this month', 'booking-recovery-bridge' ) => array( number_format_i18n( $known['bookings'] ) ),
			__( 'What they are worth', 'booking-recovery-bridge' ) => array() === $money ? array( '–' ) : $money,
			__( 'Open visits', 'booking-recovery-bridge' ) => array( number_format_i18n( array_sum( array_intersect_key( $known['states'], array_flip( self::OPEN ) ) ) ) ),
		);
		printf( '<dl class="%s-figures">', esc_attr( self::ELEMENT ) );
		foreach ( $figures as $label => $values ) {
			echo '<div><dt>' . esc_html( $label ) . '</dt>';
			foreach ( $values as $value ) {
				echo '<dd><bdi>' . esc_html( $value ) . '</bdi></dd>';
			}
			echo '</div>';
		}
		echo '</dl>';
		if ( 0 === $known['bookings'] ) {
			echo '<p>' . esc_html__( 'No booking was won back this month yet. One counts here when a customer who left the form books after a message.', 'booking-recovery-bridge' ) . '</p>';
		}
	}

	/**
	 * The last visits, masked.
	 *
	 * @param array<int, array<string, mixed>> $sessions As Summary gives them.
	 */
	private function render_sessions( array $sessions ): void {
		echo '<h2>' . esc_html__( 'Last visits', 'booking-recovery-bridge' ) . '</h2>';
		if ( array() === $sessions ) {
			echo '<p>' . esc_html__( 'No visits yet. One appears here once somebody has chosen something in the booking form; who works for this site is left out. To see that everything works, make a test visit in the settings.', 'booking-recovery-bridge' ) . '</p>';
			return;
		}
		echo '<p>' . esc_html__( 'Names and addresses are shortened here; the status page tells more about each visit.', 'booking-recovery-bridge' ) . '</p>';
		printf(
			'<table class="widefat striped %1$s-sessions"><thead><tr><th scope="col">%2$s</th><th scope="col">%3$s</th><th scope="col">%4$s</th><th scope="col">%5$s</th></tr></thead><tbody>',
			esc_attr( self::ELEMENT ),
			esc_html__( 'Visitor', 'booking-recovery-bridge' ),
			esc_html__( 'State', 'booking-recovery-bridge' ),
			esc_html__( 'Service chosen', 'booking-recovery-bridge' ),
			esc_html__( 'Last seen', 'booking-recovery-bridge' )
		);
		foreach ( $sessions as $session ) {
			printf(
				'<tr><th scope="row"><bdi>%1$s</bdi></th><td><span class="%2$s-state is-%3$s">%4$s</span></td><td class="is-long"><bdi>%5$s</bdi></td><td>%6$s</td></tr>',
				esc_html( '' === $session['who'] ? __( 'unknown', 'booking-recovery-bridge' ) : $session['who'] ),
				esc_attr( self::ELEMENT ),
				esc_attr( $session['state'] ),
				esc_html( self::states()[ $session['state'] ] ?? $session['state'] ),
				esc_html( '' === $session['service'] ? '–' : $session['service'] ),
				self::time( $session['seen_at'] )
			);
		}
		echo '</tbody></table>';
	}

	/**
	 * How long ago, with the site's date and time for whoever points at it.
	 */
	private static function time( int $at ): string {
		if ( 0 === $at ) {
			return '–';
		}
		return sprintf(
			'<time datetime="%1$s" title="%2$s">%3$s</time>',
			esc_attr( gmdate( 'c', $at ) ),
			esc_attr( (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $at ) ),
			/* translators: %s: a time such as "7 mins". */
			esc_html( sprintf( __( '%s ago', 'booking-recovery-bridge' ), human_time_diff( $at ) ) )
		);
	}

	/**
	 * An amount as it is written in the site's language.
	 *
	 * @param array{ amount: string, currency: string } $value As Summary gives it.
	 */
	private static function money( array $value ): string {
		$decimals = strlen( (string) substr( (string) strrchr( $value['amount'], '.' ), 1 ) );
		return trim( number_format_i18n( (float) $value['amount'], $decimals ) . ' ' . $value['currency'] );
	}

	/**
	 * What the states are called.
	 *
	 * @return array<string, string>
	 */
	private static function states(): array {
		return array(
			'active'    => __( 'active', 'booking-recovery-bridge' ),
			'abandoned' => __( 'abandoned', 'booking-recovery-bridge' ),
			'contacted' => __( 'contacted', 'booking-recovery-bridge' ),
			'recovered' => __( 'recovered', 'booking-recovery-bridge' ),
			'booked'    => __( 'booked', 'booking-recovery-bridge' ),
			'lost'      => __( 'lost', 'booking-recovery-bridge' ),
		);
	}
}
