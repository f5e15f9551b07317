<?php
/**
 * What the forms of the settings page share.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Forms that come back to the settings page, each button with what it does.
 */
final class Settings_Form {

	public const SLUG       = 'booking-recovery-settings';
	public const NONCE      = 'booking_recovery_settings';
	public const FIELD      = 'booking_recovery';
	public const CAPABILITY = 'manage_options';

	/**
	 * The page's address.
	 */
	public static function address(): string {
		return admin_url( 'admin.php?page=' . self::SLUG );
	}

	/**
	 * Begins a form.
	 */
	public static function open( bool $takes_file = false ): void {
		printf( '<form method="post" action="%1$s"%2$s>', esc_url( self::address() ), $takes_file ? ' enctype="multipart/form-data"' : '' );
		wp_nonce_field( self::NONCE );
	}

	/**
	 * One submit button.
	 */
	public static function button( string $action, string $label, string $css_class ): void {
		printf(
			'<button type="submit" name="%1$s[do]" value="%2$s" class="button %3$s" style="white-space:normal">%4$s</button> ',
			esc_attr( self::FIELD ),
			esc_attr( $action ),
			esc_attr( $css_class ),
			esc_html( $label )
		);
	}

	/**
	 * Says what is wrong.
	 */
	public static function complain( string $text ): void {
		add_settings_error( Settings::OPTION, 'wrong', $text . ' ' . __( 'Nothing was changed.', 'booking-recovery-bridge' ) );
	}
}
