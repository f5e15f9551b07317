<?php
/**
 * Adds a blog with a booking page to the network, and says its number.
 *
 * Given: $ground_name.
 */

$ground_network = get_network();
$ground_blog    = wpmu_create_blog( $ground_network->domain, $ground_network->path . $ground_name . '/', 'Salon ' . $ground_name, 1 );
if ( is_wp_error( $ground_blog ) ) {
	exit( esc_html( $ground_blog->get_error_message() ) );
}
switch_to_blog( $ground_blog );
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
restore_current_blog();

echo (int) $ground_blog;
