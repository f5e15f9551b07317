<?php
/**
 * A must-use plugin that ends PHP as a host or a crash does, at points that a test has named by a file; each time once.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

$ground_dies = static function ( string $point ): void {
	$named = WP_CONTENT_DIR . "/dies-$point";
	if ( is_file( $named ) && unlink( $named ) ) {
		posix_kill( getmypid(), 9 );
	}
};

add_filter(
	'query',
	static function ( string $query ) use ( $ground_dies ): string {
		static $rows       = 0;
		static $is_claimed = false;
		if ( 1 === preg_match( '/INSERT INTO \S+_outbox /', $query ) && 2 === ++$rows ) {
			$ground_dies( 'between-rows' );
		}
		if ( 1 === preg_match( '/(INSERT IGNORE INTO|UPDATE) \S+_sessions /', $query ) ) {
			$ground_dies( 'before-remembering' );
		}
		if ( 1 === preg_match( '/UPDATE \S+_outbox SET delivered_at/', $query ) ) {
			$ground_dies( 'before-marking' );
		}
		if ( $is_claimed ) {
			$ground_dies( 'before-trigger' );
		}
		if ( 1 === preg_match( '/UPDATE \S+_recoveries SET answer/', $query ) ) {
			$ground_dies( 'before-recording' );
		}
		$is_claimed = $is_claimed || 1 === preg_match( '/INSERT IGNORE INTO \S+_recoveries /', $query );
		return $query;
	}
);
add_filter(
	'pre_http_request',
	static function ( $answered, array $_request, string $url ) use ( $ground_dies ) {
		if ( false !== strpos( $url, '/webhooks/' ) ) {
			$ground_dies( 'before-delivery' );
		}
		return $answered;
	},
	10,
	3
);
add_action(
	'wp_mail_succeeded',
	static function () use ( $ground_dies ): void {
		$ground_dies( 'in-trigger' );
	}
);
