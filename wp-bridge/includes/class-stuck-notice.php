<?php
/**
 * The notice that events are stuck.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Tells administrators where they look after the site that nothing reaches the sidecar. Each of them may hide it until it
 * happens anew.
 */
final class Stuck_Notice {

	public const ACTION   = 'booking_recovery_hide';
	public const OPTION   = 'booking_recovery_hidden';
	private const SCREENS = array( 'dashboard', 'plugins', 'update-core' );

	/**
	 * Finds out.
	 *
	 * @var Health
	 */
	private $health;

	/**
	 * Knows when something was last delivered.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Takes who knows.
	 */
	public function __construct( Health $health, Outbox $outbox ) {
		$this->health = $health;
		$this->outbox = $outbox;
	}

	/**
	 * Prints the notice if it holds.
	 */
	public function render(): void {
		$screen = get_current_screen();
		if ( null === $screen || ! in_array( $screen->id, self::SCREENS, true ) || ! $this->concerns_user() ) {
			return;
		}
		$finding = $this->health->delivery();
		if ( Health::CRITICAL !== $finding['status'] || $this->is_hidden() ) {
			return;
		}
		printf(
			'<div class="notice notice-error"><p><strong>%1$s</strong> %2$s</p><p>%3$s <a href="%4$s">%5$s</a></p>',
			/* translators: %s: a sentence. */
			esc_html( sprintf( __( 'Booking Recovery: %s', 'booking-recovery-bridge' ), $finding['label'] ) ),
			esc_html( $finding['text'] ),
			esc_html( $finding['advice'] ),
			esc_url( Settings_Form::address() ),
			esc_html__( 'Booking Recovery settings', 'booking-recovery-bridge' )
		);
		printf( '<form method="post" action="%1$s"><p><input type="hidden" name="action" value="%2$s">', esc_url( admin_url( 'admin-post.php' ) ), esc_attr( self::ACTION ) );
		wp_nonce_field( self::ACTION );
		printf( '<button type="submit" class="button button-small">%s</button></p></form></div>', esc_html__( 'Hide this until it happens anew', 'booking-recovery-bridge' ) );
	}

	/**
	 * Hides it for this user.
	 */
	public function hide(): void {
		check_admin_referer( self::ACTION );
		if ( ! $this->concerns_user() ) {
			wp_die( esc_html__( 'You may not do that.', 'booking-recovery-bridge' ), '', array( 'response' => 403 ) );
		}
		update_user_option( get_current_user_id(), self::OPTION, $this->occasion() );
		$from = wp_get_referer();
		wp_safe_redirect( false === $from ? admin_url() : $from );
		exit;
	}

	/**
	 * Whether this user can do something about it.
	 */
	private function concerns_user(): bool {
		return $this->health->is_connected() && current_user_can( Settings_Form::CAPABILITY );
	}

	/**
	 * Whether this user has hidden it, and nothing was delivered since.
	 */
	private function is_hidden(): bool {
		return get_user_option( self::OPTION ) === $this->occasion();
	}

	/**
	 * Tells this time from the next: by the last delivery before it.
	 */
	private function occasion(): string {
		return 'since.' . $this->outbox->delivered_at();
	}
}
