<?php
/**
 * The way from wp-admin to the sidecar's own pages.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Has the sidecar log in whoever may see its pages for this site.
 */
final class Status_Page {

	public const ACTION    = 'booking_recovery_open';
	private const ROLE     = 'support';
	private const PATIENCE = 3.0;

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Asks.
	 *
	 * @var Sidecar_Client
	 */
	private $client;

	/**
	 * Takes who asks whom.
	 */
	public function __construct( Settings $settings, Sidecar_Client $client ) {
		$this->settings = $settings;
		$this->client   = $client;
	}

	/**
	 * The button that leads there. The address is made when it is pressed, since it holds for a minute.
	 */
	public static function render_button(): void {
		printf( '<form method="post" action="%s" target="_blank">', esc_url( admin_url( 'admin-post.php' ) ) );
		// Without ids: there may be several of these forms on a page.
		printf(
			'<input type="hidden" name="_wpnonce" value="%1$s"><input type="hidden" name="action" value="%2$s"><button type="submit" class="button">%3$s<span class="screen-reader-text"> %4$s</span></button></form>',
			esc_attr( wp_create_nonce( self::ACTION ) ),
			esc_attr( self::ACTION ),
			esc_html__( 'Open recovery status', 'booking-recovery-bridge' ),
			esc_html__( '(opens in a new tab)', 'booking-recovery-bridge' )
		);
	}

	/**
	 * Sends an administrator on to the status page, logged in there for this site alone.
	 */
	public function open(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( Settings_Form::CAPABILITY ) ) {
			wp_die( esc_html__( 'You may not do that.', 'booking-recovery-bridge' ), '', array( 'response' => 403 ) );
		}
		$address = $this->log_in( wp_get_current_user()->user_login );
		if ( null === $address ) {
			wp_die(
				esc_html__( 'The sidecar did not answer as expected. Close this tab, and test the connection at Booking Recovery > Settings.', 'booking-recovery-bridge' ),
				'',
				array(
					'response'  => 502,
					'link_url'  => esc_url( Settings_Form::address() ),
					'link_text' => esc_html__( 'Settings', 'booking-recovery-bridge' ),
				)
			);
		}
		nocache_headers();
		// The sidecar is another host, which an administrator has connected this site to.
		wp_redirect( $address ); // phpcs:ignore WordPress.Security.SafeRedirect
		exit;
	}

	/**
	 * An address that logs in once, within a minute; null where the sidecar gives none.
	 */
	public function log_in( string $user ): ?string {
		$connection = $this->settings->connection();
		if ( null === $connection ) {
			return null;
		}
		$asked  = array(
			'action' => 'login.create',
			'user'   => $user,
			'role'   => self::ROLE,
		);
		$answer = $this->client->ask( $connection, 'login', $asked, self::PATIENCE );
		$url    = is_string( $answer['url'] ?? null ) ? $answer['url'] : '';
		if ( '/' === substr( $url, 0, 1 ) ) {
			$url = $connection->sidecar . $url;
		}
		return 1 === preg_match( '~\Ahttps?://[^\s<>"]+\z~', $url ) ? $url : null;
	}
}
