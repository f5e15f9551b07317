<?php
/**
 * Who and where this site is, and when the sidecar was last told.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Records `site.checked_in` when there is something new to tell, and once a day.
 */
final class Check_In {

	public const OPTION      = 'booking_recovery_check_in';
	public const CALL_OPTION = 'booking_recovery_called_at';
	private const CONTRACT   = 1;

	/**
	 * To whom the site is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Where the event goes.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Knows Booknetic's version.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Whether this request has checked in.
	 *
	 * @var bool
	 */
	private $is_recorded = false;

	/**
	 * Takes what it tells of and where it writes.
	 */
	public function __construct( Settings $settings, Outbox $outbox, Booknetic_Gateway $booknetic ) {
		$this->settings  = $settings;
		$this->outbox    = $outbox;
		$this->booknetic = $booknetic;
	}

	/**
	 * What every message of the bridge says of its sender.
	 *
	 * @return array{ home_url: string, outbox_id: string }
	 */
	public function origin(): array {
		return array(
			'home_url'  => $this->home_url(),
			'outbox_id' => $this->outbox->id(),
		);
	}

	/**
	 * The data of `site.checked_in`.
	 *
	 * @return array<string, mixed>
	 */
	public function facts(): array {
		$home = $this->home_url();
		return array(
			'contract'          => self::CONTRACT,
			'home_url'          => $home,
			// Else its scheme would be that of the request in hand.
			'rest_url'          => set_url_scheme( rest_url( Signed_Routes::NAMESPACE . '/' ), (string) wp_parse_url( $home, PHP_URL_SCHEME ) ),
			'timezone'          => wp_timezone_string(),
			'delivery'          => $this->delivery(),
			'bridge_version'    => VERSION,
			'wordpress_version' => (string) get_bloginfo( 'version' ),
			'php_version'       => PHP_VERSION,
			'booknetic_version' => $this->booknetic->version(),
		);
	}

	/**
	 * Checks in, once a request, and takes the site's address of now as the right one.
	 */
	public function record(): void {
		$connection = $this->settings->connection();
		if ( null === $connection || $this->is_recorded ) {
			return;
		}
		$this->is_recorded = true;

		$facts = $this->facts();
		update_option(
			self::OPTION,
			array(
				'connection' => $connection->fingerprint(),
				'home'       => $this->home_hash(),
				'facts'      => md5( (string) wp_json_encode( $facts ) ),
				'delivery'   => $facts['delivery'],
				'at'         => time(),
			)
		);
		$this->outbox->add( 'site.checked_in', null, array() );
	}

	/**
	 * Tells the sidecar what the owner has chosen, whenever that has changed.
	 *
	 * @param mixed $before The option, or its name where it is new.
	 * @param mixed $now    The option.
	 */
	public function record_settings( $before, $now ): void {
		$now = Settings::sanitize( $now );
		if ( ( $now['revision'] ?? 0 ) !== ( Settings::sanitize( $before )['revision'] ?? 0 ) ) {
			$this->outbox->add(
				'site.settings_saved',
				null,
				array(
					'settings' => (object) ( $now['recovery'] ?? array() ),
					'revision' => $now['revision'] ?? 0,
				)
			);
		}
	}

	/**
	 * Checks in when the site was connected anew, be it by the constant. Runs in every request of the web server: the
	 * command line could not tell how events leave this site.
	 */
	public function record_new_connection(): void {
		$connection = $this->settings->connection();
		if ( 'cli' !== PHP_SAPI && null !== $connection && $connection->fingerprint() !== $this->last( 'connection' ) ) {
			$this->record();
		}
	}

	/**
	 * Checks in when something has changed, and once a day. Not while the site stands at another address than the one
	 * that was connected: that is for a person to confirm.
	 */
	public function record_changes(): void {
		if ( null === $this->settings->connection() || $this->has_moved() ) {
			return;
		}
		if ( md5( (string) wp_json_encode( $this->facts() ) ) !== $this->last( 'facts' ) || (int) $this->last( 'at' ) < time() - DAY_IN_SECONDS ) {
			$this->record();
		}
	}

	/**
	 * Whether the site's address is another than the one that was connected: a copy, or a site that has moved.
	 */
	public function has_moved(): bool {
		$connected = $this->last( 'home' );
		return null !== $connected && $connected !== $this->home_hash();
	}

	/**
	 * Whether no message may leave this site: the owner says so, or it is a copy.
	 */
	public function is_paused(): bool {
		return $this->settings->is_paused() || $this->has_moved() || Delivery::was_sent_away();
	}

	/**
	 * When this site has last checked in, in Unix seconds; 0 for never.
	 */
	public function recorded_at(): int {
		return (int) $this->last( 'at' );
	}

	/**
	 * Notes that the sidecar has called, and could prove that it was it.
	 */
	public function note_call(): void {
		update_option( self::CALL_OPTION, (string) time(), false );
	}

	/**
	 * When the sidecar last called, in Unix seconds; 0 for never. Another process may note it while this one waits, so it
	 * is read from the database each time.
	 */
	public function called_at(): int {
		global $wpdb;
		return (int) $wpdb->get_var( $wpdb->prepare( "SELECT option_value FROM $wpdb->options WHERE option_name = %s", self::CALL_OPTION ) );
	}

	/**
	 * The address without what plugins make of it for one request (a language, a scheme).
	 */
	private function home_url(): string {
		return untrailingslashit( (string) get_option( 'home' ) );
	}

	/**
	 * Kept as a hash: tools that copy a site replace its address wherever it stands in the database.
	 */
	private function home_hash(): string {
		return hash( 'sha256', $this->home_url() );
	}

	/**
	 * How events leave this site. On the command line nobody waits, which says nothing of the web server.
	 */
	private function delivery(): string {
		if ( 'cli' === PHP_SAPI && null !== $this->last( 'delivery' ) ) {
			return $this->last( 'delivery' );
		}
		return Response::can_go_early() ? 'push' : 'pull';
	}

	/**
	 * What was noted at the last check-in.
	 */
	private function last( string $what ): ?string {
		$noted = get_option( self::OPTION );
		return is_array( $noted ) && isset( $noted[ $what ] ) ? (string) $noted[ $what ] : null;
	}
}
