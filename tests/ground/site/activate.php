<?php
/**
 * Switches a plugin on, as an owner does once WordPress is there.
 *
 * Given: $ground_plugin (its folder's name), $ground_everywhere (on every blog of a network).
 */

require_once ABSPATH . 'wp-admin/includes/plugin.php';

foreach ( array_keys( get_plugins( '/' . $ground_plugin ) ) as $ground_file ) {
	$ground_refused = activate_plugin( $ground_plugin . '/' . $ground_file, '', $ground_everywhere );
	if ( is_wp_error( $ground_refused ) ) {
		exit( esc_html( $ground_refused->get_error_message() ) );
	}
}
echo 'active';
