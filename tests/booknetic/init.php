<?php
/**
 * Plugin Name: Booknetic (stand-in for tests)
 * Description: Stands in for the Booknetic booking plugin in this project's tests. Written from its documented interfaces; contains none of its code.
 * Version: 5.1.2
 * Requires PHP: 7.4
 * License: MIT
 * Text Domain: booknetic
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

defined( 'ABSPATH' ) || exit;

define( 'BOOKNETIC_STAND_IN_FILE', __FILE__ );

spl_autoload_register(
	static function ( string $class_name ): void {
		if ( 0 !== strpos( $class_name, 'BookneticApp\\' ) ) {
			return;
		}

		$file = __DIR__ . '/app/' . str_replace( '\\', '/', substr( $class_name, strlen( 'BookneticApp\\' ) ) ) . '.php';

		if ( is_file( $file ) ) {
			require $file;
		}
	}
);

require __DIR__ . '/install.php';
require __DIR__ . '/for-tests.php';
require __DIR__ . '/for-tests-staff.php';

register_activation_hook( __FILE__, 'booknetic_stand_in_install' );

new BookneticApp\Providers\Core\Bootstrap();
