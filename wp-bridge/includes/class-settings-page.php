<?php
/**
 * Booking Recovery > Settings.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Connects the site to its sidecar, says in plain words whether that works, and takes the owner's choices.
 */
final class Settings_Page {

	private const TESTED      = array( 'connect', 'test' );
	private const FORMER_SLUG = 'booking-recovery';

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Knows whether this site is a copy.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Knows what waits, and what was given up.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Tests the connection.
	 *
	 * @var Round_Trip
	 */
	private $round_trip;

	/**
	 * Has a robot go the whole way.
	 *
	 * @var Test_Visit_Section
	 */
	private $visit;

	/**
	 * Takes the owner's choices.
	 *
	 * @var Choices_Section
	 */
	private $choices;

	/**
	 * Limits workflows to some of the messages.
	 *
	 * @var Workflows_Section
	 */
	private $workflows;

	/**
	 * Takes in who wants no messages.
	 *
	 * @var Opt_Out_Section
	 */
	private $opt_outs;

	/**
	 * Takes what it shows and what it starts.
	 */
	public function __construct( Settings $settings, Check_In $check_in, Outbox $outbox, Round_Trip $round_trip, Test_Visit_Section $visit, Choices_Section $choices, Workflows_Section $workflows, Opt_Out_Section $opt_outs ) {
		$this->settings   = $settings;
		$this->check_in   = $check_in;
		$this->outbox     = $outbox;
		$this->round_trip = $round_trip;
		$this->visit      = $visit;
		$this->choices    = $choices;
		$this->workflows  = $workflows;
		$this->opt_outs   = $opt_outs;
	}

	/**
	 * Adds the page to the menu.
	 */
	public function add_page(): void {
		add_submenu_page(
			Overview_Page::SLUG,
			__( 'Booking Recovery: Settings', 'booking-recovery-bridge' ),
			__( 'Settings', 'booking-recovery-bridge' ),
			Settings_Form::CAPABILITY,
			Settings_Form::SLUG,
			array( $this, 'render' )
		);
	}

	/**
	 * Leads on whoever comes by the address that this page had before it had a menu of its own. What was posted is posted
	 * again.
	 */
	public function lead_on(): void {
		if ( 'options-general.php' === $GLOBALS['pagenow'] && self::FORMER_SLUG === ( $_GET['page'] ?? '' ) ) {
			wp_safe_redirect( add_query_arg( array_diff_key( urlencode_deep( wp_unslash( $_GET ) ), array( 'page' => true ) ), Settings_Form::address() ), 307 );
			exit;
		}
	}

	/**
	 * Turns what was sent into the option's new value; what does not fit changes nothing.
	 *
	 * @param mixed $input Fields of a form, and in `do` its button.
	 * @return array<string, mixed>
	 */
	public function receive( $input ): array {
		$stored = Settings::sanitize( get_option( Settings::OPTION ) );
		$input  = is_array( $input ) ? $input : array();
		switch ( $input['do'] ?? null ) {
			case 'remove':
				return array_diff_key( $stored, array( 'connection' => true ) );
			case 'choose':
				return $this->choices->receive( $input, $stored );
			case 'limit':
				$this->workflows->receive( $input );
				return $stored;
			case 'opt_out':
				$this->opt_outs->receive( $input );
				return $stored;
			case 'connect':
				return $this->receive_code( $input, $stored );
			default:
				return $stored;
		}
	}

	/**
	 * Prints the page, after doing what a button on it asks for. The connection code itself is never printed.
	 */
	public function render(): void {
		if ( ! current_user_can( Settings_Form::CAPABILITY ) ) {
			return;
		}
		echo '<div class="wrap"><h1>' . esc_html( get_admin_page_title() ) . '</h1>';
		$done = $this->handle_post();
		settings_errors( Settings::OPTION );
		if ( in_array( $done, self::TESTED, true ) && null !== $this->settings->connection() && array() === get_settings_errors( Settings::OPTION ) ) {
			$this->render_stages( $this->round_trip->go() );
		}
		$begun      = 'visit' === $done ? $this->visit->begin() : null;
		$connection = $this->settings->connection();
		$this->render_contents( null !== $connection );
		echo '<h2 id="booking-recovery-connection">' . esc_html__( 'Connection', 'booking-recovery-bridge' ) . '</h2>';
		$this->render_state( $connection );
		Settings_Form::open();
		$this->render_code_field( $connection );
		$this->render_connection_buttons( $connection );
		echo '</form>';
		if ( null !== $connection ) {
			$this->visit->render( $begun );
		}
		$this->choices->render();
		$this->workflows->render();
		$this->opt_outs->render();
		echo '</div>';
	}

	/**
	 * Tells every administrator that nothing is being delivered, and why.
	 */
	public function render_notice(): void {
		if ( null === $this->settings->connection() || ! current_user_can( Settings_Form::CAPABILITY ) ) {
			return;
		}
		if ( 0 !== $this->outbox->unwritten_at() ) {
			printf(
				'<div class="notice notice-error"><p>%s</p></div>',
				/* translators: %s: how long ago, such as "5 mins". */
				esc_html( sprintf( __( 'Booking Recovery could not write to the database (%s ago), so it has not noticed something that a visitor did. Bookings are not affected. Check that the disk is not full and that the database can be written to; where the plugin\'s tables are missing, deactivate the plugin and activate it again.', 'booking-recovery-bridge' ), human_time_diff( $this->outbox->unwritten_at() ) ) )
			);
		}
		if ( ! $this->check_in->has_moved() && ! Delivery::was_sent_away() ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p>%1$s <a href="%2$s">%3$s</a></p></div>',
			esc_html__( 'Booking Recovery is paused: the address of this site is not the one that it was connected with. On a copy of the site, leave it so. If the site has moved, test the connection from here, and confirm the new address on the sidecar with "booking-recovery pair SITE --confirm".', 'booking-recovery-bridge' ),
			esc_url( Settings_Form::address() ),
			esc_html__( 'Settings', 'booking-recovery-bridge' )
		);
	}

	/**
	 * Does what a button asked for.
	 *
	 * @return string|null Which button.
	 */
	private function handle_post(): ?string {
		$input = $_POST[ Settings_Form::FIELD ] ?? null;
		if ( ! is_array( $input ) ) {
			return null;
		}
		check_admin_referer( Settings_Form::NONCE );
		$input = wp_unslash( $input );
		$value = $this->receive( $input );
		if ( Settings::sanitize( get_option( Settings::OPTION ) ) !== $value ) {
			update_option( Settings::OPTION, $value );
		}
		if ( 'choose' === ( $input['do'] ?? null ) && array() === get_settings_errors( Settings::OPTION ) ) {
			add_settings_error( Settings::OPTION, 'saved', __( 'Saved. The sidecar is told.', 'booking-recovery-bridge' ), 'success' );
		}
		return is_string( $input['do'] ?? null ) ? $input['do'] : null;
	}

	/**
	 * Takes a code in. Without one, the connection that stands is only to be tested.
	 *
	 * @param array<string, mixed> $input  Fields of the form.
	 * @param array<string, mixed> $stored What stands.
	 * @return array<string, mixed>
	 */
	private function receive_code( array $input, array $stored ): array {
		$code = is_string( $input['code'] ?? null ) ? trim( $input['code'] ) : '';
		if ( $this->settings->is_constant() || ( '' === $code && isset( $stored['connection'] ) ) ) {
			return $stored;
		}
		try {
			return array( 'connection' => Connection::from_code( $code )->to_array() ) + $stored;
		} catch ( \InvalidArgumentException $e ) {
			Settings_Form::complain( $e->getMessage() );
			return $stored;
		}
	}

	/**
	 * How the test went.
	 *
	 * @param array<int, array{ name: string, state: string, text: string }> $stages In their order.
	 */
	private function render_stages( array $stages ): void {
		$words  = array(
			Round_Trip::PASSED    => __( 'Passed', 'booking-recovery-bridge' ),
			Round_Trip::FAILED    => __( 'Failed', 'booking-recovery-bridge' ),
			Round_Trip::NOT_TRIED => __( 'Not tried', 'booking-recovery-bridge' ),
		);
		$states = array_count_values( array_column( $stages, 'state' ) );
		$is_ok  = count( $stages ) === ( $states[ Round_Trip::PASSED ] ?? 0 );
		printf(
			'<div class="notice inline %1$s" role="status"><p><strong>%2$s</strong></p><ol>',
			$is_ok ? 'notice-success' : 'notice-error',
			$is_ok ? esc_html__( 'The connection works, there and back.', 'booking-recovery-bridge' ) : esc_html__( 'Not everything works yet. Bookings are not affected.', 'booking-recovery-bridge' )
		);
		foreach ( $stages as $stage ) {
			printf( '<li style="overflow-wrap:anywhere"><strong>%1$s:</strong> %2$s', esc_html( $stage['name'] ), esc_html( $words[ $stage['state'] ] ) );
			echo '' === $stage['text'] ? '' : '. ' . esc_html( $stage['text'] );
			echo '</li>';
		}
		echo '</ol></div>';
	}

	/**
	 * What is on the page, to go there.
	 */
	private function render_contents( bool $is_connected ): void {
		$sections = array(
			'connection' => __( 'Connection', 'booking-recovery-bridge' ),
			'test-visit' => __( 'Test visit', 'booking-recovery-bridge' ),
			'messages-heading' => __( 'Messages', 'booking-recovery-bridge' ),
			'workflows'  => __( 'Workflows', 'booking-recovery-bridge' ),
			'opt-outs'   => __( 'People who want no messages', 'booking-recovery-bridge' ),
		);
		printf( '<nav aria-label="%s"><ul style="display:flex;flex-wrap:wrap;gap:.25em 1.5em">', esc_attr__( 'On this page', 'booking-recovery-bridge' ) );
		foreach ( $is_connected ? $sections : array_diff_key( $sections, array( 'test-visit' => true ) ) as $id => $name ) {
			printf( '<li><a href="#booking-recovery-%1$s">%2$s</a></li>', esc_attr( $id ), esc_html( $name ) );
		}
		echo '</ul></nav>';
	}

	/**
	 * To whom the site is connected, and what waits.
	 */
	private function render_state( ?Connection $connection ): void {
		if ( null !== $connection ) {
			/* translators: 1: address of the sidecar, 2: site id. */
			$text = sprintf( __( 'Connected to %1$s as site %2$s.', 'booking-recovery-bridge' ), $connection->sidecar, $connection->site );
		} else {
			$text = __( 'Not connected. On the sidecar, run "booking-recovery pair SITE" and paste here the code that it prints.', 'booking-recovery-bridge' );
		}
		echo '<p>' . esc_html( $text ) . '</p>';
		$clock = null === $connection ? null : Round_Trip::clock_difference( Sidecar_Client::clock_ahead() );
		if ( null !== $clock ) {
			echo '<div class="notice notice-warning inline"><p>' . esc_html( $clock ) . '</p></div>';
		}
		$waiting = $this->outbox->pending()['count'];
		if ( $waiting > 0 ) {
			/* translators: %s: a number. */
			echo '<p>' . esc_html( sprintf( _n( '%s event waits for the sidecar.', '%s events wait for the sidecar.', $waiting, 'booking-recovery-bridge' ), number_format_i18n( $waiting ) ) ) . '</p>';
		}
		$dropped = $this->outbox->dropped();
		if ( $dropped > 0 ) {
			/* translators: %s: a number. */
			echo '<p>' . esc_html( sprintf( _n( '%s old event was given up because the sidecar did not take it for 30 days, or because too many waited.', '%s old events were given up because the sidecar did not take them for 30 days, or because too many waited.', $dropped, 'booking-recovery-bridge' ), number_format_i18n( $dropped ) ) ) . '</p>';
		}
	}

	/**
	 * The field for a code, always empty; or the remark that wp-config.php decides.
	 */
	private function render_code_field( ?Connection $connection ): void {
		if ( $this->settings->is_constant() ) {
			$error = $this->settings->constant_error();
			echo '<p>' . esc_html__( 'The connection code comes from the constant BOOKING_RECOVERY_CODE in wp-config.php and can only be changed there.', 'booking-recovery-bridge' ) . '</p>';
			echo null === $error ? '' : '<div class="notice notice-error inline"><p>' . esc_html( $error ) . '</p></div>';
			return;
		}
		printf(
			'<p><label for="booking-recovery-code">%1$s</label></p><p><textarea id="booking-recovery-code" name="%2$s[code]" rows="4" class="large-text code" dir="ltr" autocomplete="off" spellcheck="false"></textarea></p>',
			null === $connection ? esc_html__( 'Connection code', 'booking-recovery-bridge' ) : esc_html__( 'Another connection code, to replace this connection', 'booking-recovery-bridge' ),
			esc_attr( Settings_Form::FIELD )
		);
	}

	/**
	 * What can be done with the connection.
	 */
	private function render_connection_buttons( ?Connection $connection ): void {
		$has_moved = null !== $connection && $this->check_in->has_moved();
		echo '<p class="submit">';
		if ( $has_moved ) {
			Settings_Form::button( 'connect', __( 'The site has moved: connect from this address and test', 'booking-recovery-bridge' ), 'button-primary' );
		} elseif ( ! $this->settings->is_constant() ) {
			Settings_Form::button( 'connect', __( 'Save and test', 'booking-recovery-bridge' ), 'button-primary' );
		} elseif ( null !== $connection ) {
			Settings_Form::button( 'test', __( 'Test the connection', 'booking-recovery-bridge' ), 'button-primary' );
		}
		if ( null !== $connection && ! $this->settings->is_constant() ) {
			Settings_Form::button( 'remove', __( 'Remove the connection', 'booking-recovery-bridge' ), '' );
		}
		echo '</p>';
	}
}
