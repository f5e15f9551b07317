<?php
/**
 * Switches plugins on, as an owner does once WordPress is there.
 *
 * Given: $ground_plugins (folder names).
 */

require_once ABSPATH . 'wp-admin/includes/plugin.php';

foreach ( $ground_plugins as $ground_plugin ) {
	foreach ( array_keys( get_plugins( '/' . $ground_plugin ) ) as $ground_file ) {
		$ground_refused = activate_plugin( $ground_plugin . '/' . $ground_file );
		if ( is_wp_error( $ground_refused ) ) {
			exit( esc_html( $ground_plugin . ': ' . $ground_refused->get_error_message() ) );
		}
	}
}
echo 'active';
