<?php
/**
 * The script that tells one visit from another.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Printed inside the page, so that it costs no request, and only where there is a form.
 */
final class Session_Script {

	/**
	 * Whether the page holds a form.
	 *
	 * @var bool
	 */
	private $is_needed = false;

	/**
	 * The page holds a form.
	 */
	public function need(): void {
		$this->is_needed = true;
	}

	/**
	 * Whether a page that was served holds the script, perhaps with its spaces taken out by somebody's optimiser.
	 */
	public static function is_on( string $html ): bool {
		return false !== strpos( $html, 'appointment_ajax_data' ) && false !== strpos( $html, Visitor::TOKEN_PARAM );
	}

	/**
	 * Prints the script.
	 */
	public function print_inline(): void {
		if ( ! $this->is_needed ) {
			return;
		}
		$script = (string) file_get_contents( dirname( __DIR__ ) . '/assets/session.js' );
		if ( function_exists( 'wp_print_inline_script_tag' ) ) {
			wp_print_inline_script_tag( $script );
		} else {
			// WordPress 5.6 has no such function yet. The script is a file of this plugin.
			echo "<script>\n$script</script>\n";
		}
	}
}
