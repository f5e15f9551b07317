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
		$folders = array( 'BookneticApp\\' => '/app/' );

		if ( 'on' === get_option( 'bkntc_stand_in_tenants' ) ) {
			$folders['BookneticSaaS\\'] = '/saas/';
		}

		foreach ( $folders as $prefix => $folder ) {
			$file = __DIR__ . $folder . str_replace( '\\', '/', substr( $class_name, strlen( $prefix ) ) ) . '.php';

			if ( 0 === strpos( $class_name, $prefix ) && is_file( $file ) ) {
				require $file;
			}
		}
	}
);

require __DIR__ . '/install.php';
require __DIR__ . '/for-tests.php';
require __DIR__ . '/for-tests-staff.php';
require __DIR__ . '/for-tests-tenants.php';

register_activation_hook( __FILE__, 'booknetic_stand_in_install' );

new BookneticApp\Providers\Core\Bootstrap();

if ( BookneticApp\Providers\Helpers\Helper::isSaaSVersion() ) {
	new BookneticSaaS\Providers\Core\Bootstrap();
}
