<?php
/**
 * Installs WordPress with a booking page and the ground's theme.
 *
 * Given: $ground_user, $ground_password.
 */

define( 'WP_INSTALLING', true );
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

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

echo 'installed';
