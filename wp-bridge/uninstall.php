<?php
/**
 * Removes what the bridge has made, on every blog.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

if ( ! defined( 'WP_UNINSTALL_PLUGIN' ) ) {
	exit;
}

// These hold the names of what is removed.
foreach ( array( 'schema', 'settings', 'outbox', 'check-in', 'delivery', 'test-visits', 'plugin' ) as $part ) {
	require_once __DIR__ . '/includes/class-' . $part . '.php';
}

foreach ( is_multisite() ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array( get_current_blog_id() ) as $blog_id ) {
	if ( is_multisite() ) {
		switch_to_blog( (int) $blog_id );
	}
	Schema::remove();
	if ( is_multisite() ) {
		restore_current_blog();
	}
}
