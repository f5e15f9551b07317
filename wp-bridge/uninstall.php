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

// These know the names of what is removed.
foreach ( array( 'network', 'schema', 'settings', 'policy', 'outbox', 'check-in', 'delivery', 'sidecar-client', 'summary', 'stuck-notice', 'test-visits', 'message-filter', 'booknetic-gateway', 'plugin' ) as $part ) {
	require_once __DIR__ . '/includes/class-' . $part . '.php';
}

Network::in_every_blog( array( Schema::class, 'remove' ) );
Schema::remove_shared();
Booknetic_Gateway::erase_all_conversions();
Booknetic_Gateway::erase_all_filters();
