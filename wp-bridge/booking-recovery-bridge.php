<?php
/**
 * Plugin Name:       Booking Recovery Bridge
 * Description:       Reports what visitors do in a Booknetic booking form to a Booking Recovery sidecar, and lets Booknetic's own workflows write to those who left without booking.
 * Version:           0.1.0
 * Requires at least: 5.6
 * Requires PHP:      7.4
 * Author:            The Booking Recovery authors
 * License:           MIT
 * License URI:       https://opensource.org/licenses/MIT
 * Text Domain:       booking-recovery-bridge
 * Domain Path:       /languages
 * Update URI:        false
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const VERSION = '0.1.0';

// An update may take the files away while a visitor waits: a file that is missing then is a fault like any other.
require_once __DIR__ . '/includes/class-fault.php';

// A request loads the few files that it needs.
spl_autoload_register(
	static function ( string $name ): void {
		$file = __DIR__ . '/includes/class-' . strtolower( str_replace( array( __NAMESPACE__ . '\\', '_' ), array( '', '-' ), $name ) ) . '.php';
		if ( 0 === strpos( $name, __NAMESPACE__ . '\\' ) && is_file( $file ) ) {
			require $file;
		}
	}
);

( new Plugin( __FILE__ ) )->run();
