<?php
/**
 * Settings > Booking recovery.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Connects the site to its sidecar and says in plain words whether that works.
 */
final class Settings_Page {

	private const SLUG  = 'booking-recovery';
	private const GROUP = 'booking_recovery';

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Tells the sidecar about this site.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Knows whether the last delivery went well.
	 *
	 * @var Delivery
	 */
	private $delivery;

	/**
	 * Takes what it shows and what it starts.
	 */
	public function __construct( Settings $settings, Check_In $check_in, Delivery $delivery ) {
		$this->settings = $settings;
		$this->check_in = $check_in;
		$this->delivery = $delivery;
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
	 * Makes options.php accept the form.
	 */
	public function register(): void {
		register_setting(
			self::GROUP,
			Settings::OPTION,
			array(
				'type'              => 'array',
				'sanitize_callback' => array( $this, 'receive' ),
			)
		);
	}

	/**
	 * Turns the form into the stored shape; a code that does not fit leaves the old connection as it is.
	 *
	 * @param mixed $input What options.php got, or an already stored shape: WordPress may call this twice.
	 * @return array<string, mixed>
	 */
	public function receive( $input ): array {
		$stored = Settings::sanitize( get_option( Settings::OPTION ) );
		if ( ! is_array( $input ) || ! is_string( $input['do'] ?? null ) ) {
			return Settings::sanitize( $input );
		}
		if ( 'remove' === $input['do'] ) {
			return array();
		}
		if ( 'connect' !== $input['do'] || $this->settings->is_constant() ) {
			return $stored;
		}
		try {
			$code = is_string( $input['code'] ?? null ) ? $input['code'] : '';
			return array( 'connection' => Connection::from_code( $code )->to_array() );
		} catch ( \InvalidArgumentException $e ) {
			add_settings_error( Settings::OPTION, 'code', $e->getMessage() . ' ' . __( 'Nothing was changed.', 'booking-recovery-bridge' ) );
			return $stored;
		}
	}

	/**
	 * Prints the page. The connection code itself is never printed.
	 */
	public function render(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$connection = $this->settings->connection();
		?>
		<div class="wrap">
			<h1><?php echo esc_html( get_admin_page_title() ); ?></h1>
			<?php
			// WordPress adds this to the address when it comes back from saving.
			if ( null !== $connection && isset( $_GET['settings-updated'] ) && ! $this->has_error() ) {
				$this->check_in->record();
				$this->render_result( $this->delivery->run_now() );
			}
			$this->render_state( $connection );
			?>
			<form method="post" action="options.php">
				<?php
				settings_fields( self::GROUP );
				$this->render_code_field( $connection );
				$this->render_buttons( $connection );
				?>
			</form>
		</div>
		<?php
	}

	/**
	 * Tells every administrator that nothing is being delivered, and why.
	 */
	public function render_notice(): void {
		if ( null === $this->settings->connection() || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		if ( ! $this->check_in->has_moved() && Delivery::WRONG_ORIGIN !== $this->delivery->last_result() ) {
			return;
		}
		printf(
			'<div class="notice notice-warning"><p>%1$s <a href="%2$s">%3$s</a></p></div>',
			esc_html__( 'Booking Recovery is paused: the address of this site is not the one that it was connected with. On a copy of the site, leave it so. If the site has moved, connect it again.', 'booking-recovery-bridge' ),
			esc_url( admin_url( 'options-general.php?page=' . self::SLUG ) ),
			esc_html__( 'Settings', 'booking-recovery-bridge' )
		);
	}

	/**
	 * Whether the form that was just saved held a wrong code.
	 */
	private function has_error(): bool {
		return in_array( 'code', wp_list_pluck( get_settings_errors( Settings::OPTION ), 'code' ), true );
	}

	/**
	 * What came of asking the sidecar.
	 */
	private function render_result( string $result ): void {
		$messages = array(
			Delivery::DELIVERED    => __( 'The sidecar answered: the connection works.', 'booking-recovery-bridge' ),
			Delivery::REFUSED      => __( 'The sidecar answered, but refused the signature. The code is not (or no longer) the one the sidecar knows for this site, or the clocks of the two machines differ by more than five minutes.', 'booking-recovery-bridge' ),
			Delivery::WRONG_ORIGIN => __( 'The sidecar knows this site under another address. If the site has moved, confirm that on the sidecar with "booking-recovery pair SITE --confirm", then check again.', 'booking-recovery-bridge' ),
			Delivery::BUSY         => __( 'The sidecar answered, but cannot take anything at the moment. The site tries again by itself.', 'booking-recovery-bridge' ),
			Delivery::UNREACHABLE  => __( 'The sidecar could not be reached. Check that it is running and that this server may connect to it; the site tries again by itself, and nothing is lost.', 'booking-recovery-bridge' ),
		);
		printf(
			'<div class="notice %1$s" role="status"><p>%2$s</p></div>',
			Delivery::DELIVERED === $result ? 'notice-success' : 'notice-error',
			esc_html( $messages[ $result ] ?? $messages[ Delivery::UNREACHABLE ] )
		);
	}

	/**
	 * To whom the site is connected.
	 */
	private function render_state( ?Connection $connection ): void {
		if ( null !== $connection ) {
			$text = sprintf(
				/* translators: 1: address of the sidecar, 2: site id. */
				__( 'Connected to %1$s as site %2$s.', 'booking-recovery-bridge' ),
				$connection->sidecar,
				$connection->site
			);
		} else {
			$text = __( 'Not connected. On the sidecar, run "booking-recovery pair SITE" and paste here the code that it prints.', 'booking-recovery-bridge' );
		}
		echo '<p>' . esc_html( $text ) . '</p>';
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
			esc_attr( Settings::OPTION )
		);
	}

	/**
	 * What can be done.
	 */
	private function render_buttons( ?Connection $connection ): void {
		echo '<p class="submit">';
		if ( ! $this->settings->is_constant() ) {
			$this->render_button( 'connect', __( 'Connect', 'booking-recovery-bridge' ), 'button-primary' );
		}
		if ( null !== $connection ) {
			$this->render_button(
				'check',
				$this->check_in->has_moved() ? __( 'The site has moved: connect from this address', 'booking-recovery-bridge' ) : __( 'Check the connection', 'booking-recovery-bridge' ),
				''
			);
			if ( ! $this->settings->is_constant() ) {
				$this->render_button( 'remove', __( 'Remove the connection', 'booking-recovery-bridge' ), 'button-link-delete' );
			}
		}
		echo '</p>';
	}

	/**
	 * One submit button.
	 */
	private function render_button( string $action, string $label, string $css_class ): void {
		printf(
			'<button type="submit" name="%1$s[do]" value="%2$s" class="button %3$s">%4$s</button> ',
			esc_attr( Settings::OPTION ),
			esc_attr( $action ),
			esc_attr( $css_class ),
			esc_html( $label )
		);
	}
}
