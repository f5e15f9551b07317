<?php
/**
 * Loads WordPress: the whole site that BOOKING_RECOVERY_WP names, or, without one, its files that need no database.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

$booking_recovery_site = (string) getenv( 'BOOKING_RECOVERY_WP' );

if ( '' !== $booking_recovery_site ) {
	$_SERVER['HTTP_HOST'] = 'localhost';
	// The constant holds for this process alone: whatever the site is connected to stays as it is.
	require_once __DIR__ . '/site/Sidecar.php';
	define( 'BOOKING_RECOVERY_CODE', Sidecar::code() );
	// PHPUnit includes this file in a function and then copies what is local there over what is global.
	global $shortcode_tags;
	require_once $booking_recovery_site . '/wp-load.php';
	require_once __DIR__ . '/site/Site_Test_Case.php';
	// WordPress's HTTP classes are older than this PHP.
	error_reporting( E_ALL & ~E_DEPRECATED );
	return;
}

define( 'ABSPATH', '/usr/share/wordpress/' );
define( 'WPINC', 'wp-includes' );
define( 'WP_DEBUG', false );
define( 'WP_CONTENT_DIR', sys_get_temp_dir() );
define( 'WP_LANG_DIR', WP_CONTENT_DIR . '/languages' );

// WordPress's and PHPUnit's own files are not what is tested here, and may be older than this PHP.
set_error_handler(
	static function ( int $level, string $message, string $file, int $line ): bool {
		if ( 0 === ( $level & error_reporting() ) ) {
			return false;
		}
		if ( 0 === ( $level & E_DEPRECATED ) || 0 === strpos( $file, dirname( __DIR__, 2 ) ) ) {
			throw new ErrorException( $message, 0, $level, $file, $line );
		}
		return true;
	}
);
foreach ( array( 'load', 'default-constants', 'plugin', 'class-wp-list-util', 'class-wp-error', 'functions', 'formatting', 'l10n', 'class-wp-textdomain-registry', 'pomo/translations', 'kses', 'cache', 'class-wp-http-response', 'http', 'link-template', 'rest-api', 'rest-api/class-wp-rest-request', 'rest-api/class-wp-rest-response', 'rest-api/class-wp-rest-server' ) as $booking_recovery_file ) {
	require_once ABSPATH . WPINC . '/' . $booking_recovery_file . '.php';
}
wp_initial_constants();
wp_cache_init();
wp_cache_set(
	'alloptions',
	array(
		'blog_charset'    => 'UTF-8',
		'siteurl'         => 'https://salon.example',
		'home'            => 'https://salon.example',
		'timezone_string' => 'Europe/Berlin',
		'gmt_offset'      => '1',
		'date_format'     => 'j. F Y',
		'time_format'     => 'H:i',
		'WPLANG'          => '',
	),
	'options'
);

$GLOBALS['wp_plugin_paths']        = array();
$GLOBALS['wp_textdomain_registry'] = new WP_Textdomain_Registry();
wp_plugin_directory_constants();

require_once dirname( __DIR__, 2 ) . '/wp-bridge/booking-recovery-bridge.php';
