<?php
/**
 * Settings > Booking recovery.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Connects the site to its sidecar, says in plain words whether that works, and takes the owner's choices.
 */
final class Settings_Page {

	private const SLUG   = 'booking-recovery';
	private const NONCE  = 'booking_recovery_settings';
	private const FIELD  = 'booking_recovery';
	private const TIMES  = array( 'abandon_after', 'unpaid_after' );
	private const TESTED = array( 'connect', 'test' );

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
	 * Knows what was won back.
	 *
	 * @var Status_Page
	 */
	private $status_page;

	/**
	 * Takes what it shows and what it starts.
	 */
	public function __construct( Settings $settings, Check_In $check_in, Outbox $outbox, Round_Trip $round_trip, Status_Page $status_page ) {
		$this->settings    = $settings;
		$this->check_in    = $check_in;
		$this->outbox      = $outbox;
		$this->round_trip  = $round_trip;
		$this->status_page = $status_page;
	}

	/**
	 * Adds the page to the menu.
	 */
	public function add_page(): void {
		add_options_page(
			__( 'Booking recovery', 'booking-recovery-bridge' ),
			__( 'Booking recovery', 'booking-recovery-bridge' ),
			'manage_options',
			self::SLUG,
			array( $this, 'render' )
		);
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
				return $this->receive_choices( $input, $stored );
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
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		echo '<div class="wrap"><h1>' . esc_html( get_admin_page_title() ) . '</h1>';
		$done = $this->handle_post();
		settings_errors( Settings::OPTION );
		if ( in_array( $done, self::TESTED, true ) && null !== $this->settings->connection() && array() === get_settings_errors( Settings::OPTION ) ) {
			$this->render_stages( $this->round_trip->go() );
		}
		$connection = $this->settings->connection();
		$this->render_state( $connection );
		$this->open_form();
		$this->render_code_field( $connection );
		$this->render_connection_buttons( $connection );
		echo '</form>';
		if ( null !== $connection && Delivery::went_well() ) {
			$this->render_way_to_status();
		}
		$this->render_choices();
		echo '</div>';
	}

	/**
	 * Tells every administrator that nothing is being delivered, and why.
	 */
	public function render_notice(): void {
		if ( null === $this->settings->connection() || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		if ( ! $this->check_in->has_moved() && ! Delivery::was_sent_away() ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p>%1$s <a href="%2$s">%3$s</a></p></div>',
			esc_html__( 'Booking Recovery is paused: the address of this site is not the one that it was connected with. On a copy of the site, leave it so. If the site has moved, test the connection from here, and confirm the new address on the sidecar with "booking-recovery pair SITE --confirm".', 'booking-recovery-bridge' ),
			esc_url( admin_url( 'options-general.php?page=' . self::SLUG ) ),
			esc_html__( 'Settings', 'booking-recovery-bridge' )
		);
	}

	/**
	 * Does what a button asked for.
	 *
	 * @return string|null Which button.
	 */
	private function handle_post(): ?string {
		$input = $_POST[ self::FIELD ] ?? null;
		if ( ! is_array( $input ) ) {
			return null;
		}
		check_admin_referer( self::NONCE );
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
			$this->complain( $e->getMessage() );
			return $stored;
		}
	}

	/**
	 * Takes the owner's choices in. An empty field leaves the choice to the sidecar.
	 *
	 * @param array<string, mixed> $input  Fields of the form.
	 * @param array<string, mixed> $stored What stands.
	 * @return array<string, mixed>
	 */
	private function receive_choices( array $input, array $stored ): array {
		$choices = $stored['recovery'] ?? array();
		foreach ( array( 'abandon_after', 'unpaid_after', 'consent', 'messages', 'dry_run' ) as $key ) {
			$given = is_string( $input[ $key ] ?? null ) ? trim( $input[ $key ] ) : '';
			unset( $choices[ $key ] );
			if ( '' === $given ) {
				continue;
			}
			if ( 'messages' === $key ) {
				$given = array_map( 'trim', explode( ',', $given ) );
			}
			if ( 'dry_run' === $key ) {
				$given = 'yes' === $given;
			}
			if ( ! Choices::fits( $key, $given ) ) {
				/* translators: %s: name of a field. */
				$this->complain( sprintf( __( '%s does not look right. Write a time as 15m, 2h or 1d; several with commas between them, each longer than the one before, at most five.', 'booking-recovery-bridge' ), self::labels()[ $key ] ) );
				return $stored;
			}
			$choices[ $key ] = $given;
		}
		return Settings::sanitize(
			array(
				'recovery' => $choices,
				'paused'   => ! empty( $input['paused'] ),
			) + $stored
		);
	}

	/**
	 * Says what is wrong.
	 */
	private function complain( string $text ): void {
		add_settings_error( Settings::OPTION, 'wrong', $text . ' ' . __( 'Nothing was changed.', 'booking-recovery-bridge' ) );
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
	 * What was won back, and the way to all the rest. Only where the sidecar answered last time: nobody shall wait here.
	 */
	private function render_way_to_status(): void {
		$month = $this->status_page->month();
		echo '<h2>' . esc_html__( 'Bookings won back', 'booking-recovery-bridge' ) . '</h2>';
		if ( is_int( $month['bookings'] ?? null ) ) {
			$money = array();
			foreach ( is_array( $month['value'] ?? null ) ? $month['value'] : array() as $value ) {
				$money[] = implode( ' ', array_filter( (array) $value, 'is_string' ) );
			}
			/* translators: 1: a number, 2: amounts of money, perhaps none. */
			$text = sprintf( __( 'This month: %1$s. %2$s', 'booking-recovery-bridge' ), number_format_i18n( $month['bookings'] ), implode( ', ', $money ) );
			echo '<p>' . esc_html( trim( $text ) ) . '</p>';
		}
		echo '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '"><p>';
		wp_nonce_field( Status_Page::ACTION );
		printf( '<input type="hidden" name="action" value="%1$s"><button type="submit" class="button">%2$s</button>', esc_attr( Status_Page::ACTION ), esc_html__( 'Open the status page', 'booking-recovery-bridge' ) );
		echo '</p></form>';
	}

	/**
	 * Begins a form that comes back to this page.
	 */
	private function open_form(): void {
		echo '<form method="post" action="' . esc_url( admin_url( 'options-general.php?page=' . self::SLUG ) ) . '">';
		wp_nonce_field( self::NONCE );
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
			esc_attr( self::FIELD )
		);
	}

	/**
	 * What can be done with the connection.
	 */
	private function render_connection_buttons( ?Connection $connection ): void {
		$has_moved = null !== $connection && $this->check_in->has_moved();
		echo '<p class="submit">';
		if ( $has_moved ) {
			$this->render_button( 'connect', __( 'The site has moved: connect from this address and test', 'booking-recovery-bridge' ), 'button-primary' );
		} elseif ( ! $this->settings->is_constant() ) {
			$this->render_button( 'connect', __( 'Save and test', 'booking-recovery-bridge' ), 'button-primary' );
		} elseif ( null !== $connection ) {
			$this->render_button( 'test', __( 'Test the connection', 'booking-recovery-bridge' ), 'button-primary' );
		}
		if ( null !== $connection && ! $this->settings->is_constant() ) {
			$this->render_button( 'remove', __( 'Remove the connection', 'booking-recovery-bridge' ), 'button-link-delete' );
		}
		echo '</p>';
	}

	/**
	 * The form with the owner's choices.
	 */
	private function render_choices(): void {
		$choices = $this->settings->recovery();
		$labels  = self::labels();
		echo '<h2>' . esc_html__( 'Messages', 'booking-recovery-bridge' ) . '</h2>';
		echo '<p id="booking-recovery-times">' . esc_html__( 'Write a time as 15m, 2h or 1d. What is left empty is decided by the sidecar.', 'booking-recovery-bridge' ) . '</p>';
		$this->open_form();
		echo '<table class="form-table" role="presentation"><tbody>';
		foreach ( self::TIMES as $key ) {
			$this->render_row( $key, $this->text_field( $key, $choices[ $key ] ?? '' ) );
		}
		$this->render_row( 'messages', $this->text_field( 'messages', implode( ', ', $choices['messages'] ?? array() ) ) );
		$modes = array(
			''              => __( 'As on the sidecar, with a line below the form\'s contact fields', 'booking-recovery-bridge' ),
			Consent::NOTICE => __( 'A line below the form\'s contact fields says so', 'booking-recovery-bridge' ),
			Consent::OPT_IN => __( 'Only those who tick a box', 'booking-recovery-bridge' ),
			'off'           => __( 'Nothing is shown', 'booking-recovery-bridge' ),
		);
		$this->render_row( 'consent', $this->select_field( 'consent', $modes, $choices['consent'] ?? '' ) );
		$runs = array(
			''    => __( 'As on the sidecar', 'booking-recovery-bridge' ),
			'no'  => __( 'No, send them', 'booking-recovery-bridge' ),
			'yes' => __( 'Yes: decide and show everything, send nothing', 'booking-recovery-bridge' ),
		);
		$run  = isset( $choices['dry_run'] ) ? ( $choices['dry_run'] ? 'yes' : 'no' ) : '';
		$this->render_row( 'dry_run', $this->select_field( 'dry_run', $runs, $run ) );
		printf(
			'<tr><th scope="row">%1$s</th><td><label><input type="checkbox" name="%2$s[paused]" value="1"%3$s> %4$s</label></td></tr>',
			esc_html( $labels['paused'] ),
			esc_attr( self::FIELD ),
			checked( $this->settings->is_paused(), true, false ),
			esc_html__( 'Let no message leave this site for the time being', 'booking-recovery-bridge' )
		);
		echo '</tbody></table><p class="submit">';
		$this->render_button( 'choose', __( 'Save', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
	}

	/**
	 * One row of the form.
	 *
	 * @param string $key   Of the choice.
	 * @param string $field HTML, escaped.
	 */
	private function render_row( string $key, string $field ): void {
		printf( '<tr><th scope="row"><label for="booking-recovery-%1$s">%2$s</label></th><td>%3$s</td></tr>', esc_attr( $key ), esc_html( self::labels()[ $key ] ), $field );
	}

	/**
	 * A field for a text.
	 */
	private function text_field( string $key, string $value ): string {
		return sprintf( '<input type="text" id="booking-recovery-%1$s" name="%2$s[%1$s]" value="%3$s" class="regular-text" dir="ltr" aria-describedby="booking-recovery-times">', esc_attr( $key ), esc_attr( self::FIELD ), esc_attr( $value ) );
	}

	/**
	 * A field with some answers to choose from.
	 *
	 * @param string                $key     Of the choice.
	 * @param array<string, string> $answers Value => words.
	 */
	private function select_field( string $key, array $answers, string $value ): string {
		$options = '';
		foreach ( $answers as $answer => $words ) {
			$options .= sprintf( '<option value="%1$s"%2$s>%3$s</option>', esc_attr( (string) $answer ), selected( $value, (string) $answer, false ), esc_html( $words ) );
		}
		return sprintf( '<select id="booking-recovery-%1$s" name="%2$s[%1$s]" style="max-width:100%%">%3$s</select>', esc_attr( $key ), esc_attr( self::FIELD ), $options );
	}

	/**
	 * One submit button.
	 */
	private function render_button( string $action, string $label, string $css_class ): void {
		printf(
			'<button type="submit" name="%1$s[do]" value="%2$s" class="button %3$s" style="white-space:normal">%4$s</button> ',
			esc_attr( self::FIELD ),
			esc_attr( $action ),
			esc_attr( $css_class ),
			esc_html( $label )
		);
	}

	/**
	 * What the choices are called.
	 *
	 * @return array<string, string>
	 */
	private static function labels(): array {
		return array(
			'abandon_after' => __( 'A booking counts as left after', 'booking-recovery-bridge' ),
			'unpaid_after'  => __( 'A payment counts as given up after', 'booking-recovery-bridge' ),
			'messages'      => __( 'Messages are sent after', 'booking-recovery-bridge' ),
			'consent'       => __( 'Who may be written to', 'booking-recovery-bridge' ),
			'dry_run'       => __( 'Only try it out', 'booking-recovery-bridge' ),
			'paused'        => __( 'Pause', 'booking-recovery-bridge' ),
		);
	}
}
