<?php
/**
 * The way from wp-admin to the sidecar's own pages.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Asks the sidecar for what an owner wants to see at a glance, and for a log-in to see the rest.
 */
final class Status_Page {

	public const ACTION     = 'booking_recovery_open';
	private const ROLE      = 'support';
	private const PATIENCE  = 3.0;
	private const MAX_DEPTH = 16;

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
	 * Sends an administrator on to the status page, logged in there for this site alone.
	 */
	public function open(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You may not do that.', 'booking-recovery-bridge' ), '', array( 'response' => 403 ) );
		}
		$address = $this->log_in( wp_get_current_user()->user_login );
		if ( null === $address ) {
			wp_die(
				esc_html__( 'The sidecar did not answer as expected. Test the connection at Settings > Booking recovery.', 'booking-recovery-bridge' ),
				'',
				array(
					'response'  => 502,
					'back_link' => true,
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
		$answer = $this->ask(
			'login',
			array(
				'action' => 'login.create',
				'user'   => $user,
				'role'   => self::ROLE,
			)
		);
		$url    = is_string( $answer['url'] ?? null ) ? $answer['url'] : '';
		if ( '/' === substr( $url, 0, 1 ) ) {
			$url = $this->settings->connection()->sidecar . $url;
		}
		return 1 === preg_match( '~\Ahttps?://[^\s<>"]+\z~', $url ) ? $url : null;
	}

	/**
	 * What was won back this month; null where the sidecar does not say.
	 *
	 * @return array<string, mixed>|null
	 */
	public function month(): ?array {
		$month = $this->ask( 'summary', array( 'action' => 'summary.read' ) )['month'] ?? null;
		return is_array( $month ) ? $month : null;
	}

	/**
	 * What the sidecar answers.
	 *
	 * @param string                $path What is asked for.
	 * @param array<string, string> $body Besides the site.
	 * @return array<string, mixed> Empty where it does not.
	 */
	private function ask( string $path, array $body ): array {
		$connection = $this->settings->connection();
		if ( null === $connection ) {
			return array();
		}
		$json   = (string) wp_json_encode( array( 'site' => $connection->site ) + $body );
		$answer = $this->client->post( $connection, '/bridge/' . $connection->site . '/' . $path, 'msg_' . bin2hex( random_bytes( 16 ) ), $json, self::PATIENCE );
		$said   = 200 === (int) wp_remote_retrieve_response_code( $answer ) ? json_decode( wp_remote_retrieve_body( $answer ), true, self::MAX_DEPTH ) : null;
		return is_array( $said ) ? $said : array();
	}
}
