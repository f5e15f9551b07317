<?php
/**
 * Makes the site the first blog of a network, with blogs in subdirectories.
 *
 * Given: $ground_domain, $ground_path.
 */

require_once ABSPATH . 'wp-admin/includes/upgrade.php';

foreach ( $wpdb->tables( 'ms_global' ) as $ground_name => $ground_table ) {
	$wpdb->$ground_name = $ground_table;
}
install_network();
$ground_refused = populate_network( 1, $ground_domain, 'owner@example.com', 'Salons', $ground_path, false );
if ( is_wp_error( $ground_refused ) ) {
	exit( esc_html( $ground_refused->get_error_message() ) );
}
// WordPress moves the first blog's posts below /blog/.
update_option( 'permalink_structure', '/%postname%/' );
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules( false );

echo 'founded';
