<?php
/**
 * Installs WordPress with a booking page and switches the plugins on.
 *
 * Given: $ground_user, $ground_password, $ground_plugins (folder names).
 */

define( 'WP_INSTALLING', true );
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

wp_install( 'Salon Süd', $ground_user, 'owner@example.com', false, '', $ground_password );
update_option( 'timezone_string', 'Europe/Berlin' );
update_option( 'permalink_structure', '/%postname%/' );
wp_insert_post(
	array(
		'post_type'    => 'page',
		'post_status'  => 'publish',
		'post_name'    => 'book',
		'post_title'   => 'Book an appointment',
		'post_content' => '[booknetic]',
	)
);
switch_theme( 'ground' );
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules( false );

foreach ( $ground_plugins as $ground_plugin ) {
	foreach ( array_keys( get_plugins( '/' . $ground_plugin ) ) as $ground_file ) {
		$ground_refused = activate_plugin( $ground_plugin . '/' . $ground_file );
		if ( is_wp_error( $ground_refused ) ) {
			exit( esc_html( $ground_plugin . ': ' . $ground_refused->get_error_message() ) );
		}
	}
}
echo 'installed';
