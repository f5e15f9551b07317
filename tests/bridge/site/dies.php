<?php
/**
 * A PHP process that is told to send a recovery, and does not live to tell how it ended.
 *
 * Arguments: where it dies (`claimed`, `sent` or `ending`), or `sleeps` inside; the file in which it notes each letter.
 * Standard input: the request.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

$_SERVER['HTTP_HOST'] = 'localhost';
require __DIR__ . '/Sidecar.php';
define( 'BOOKING_RECOVERY_CODE', Sidecar::code() );
require getenv( 'BOOKING_RECOVERY_WP' ) . '/wp-load.php';

list( , $point, $letters ) = $argv;

$die = static function (): void {
	posix_kill( getmypid(), SIGKILL );
};

add_filter(
	'query',
	static function ( string $query ) use ( $point, $die ): string {
		static $is_claimed = false;
		if ( ( 'claimed' === $point && $is_claimed ) || ( 'ending' === $point && 1 === preg_match( '/UPDATE \S+recoveries SET answer/', $query ) ) ) {
			$die();
		}
		$is_claimed = $is_claimed || 1 === preg_match( '/INSERT IGNORE INTO \S+recoveries /', $query );
		return $query;
	}
);
add_filter(
	'pre_wp_mail',
	static function () use ( $point, $letters, $die ): bool {
		file_put_contents( $letters, "letter\n", FILE_APPEND );
		if ( 'sent' === $point ) {
			$die();
		}
		if ( 'sleeps' === $point ) {
			sleep( 3 );
		}
		return true;
	}
);

$body    = (string) stream_get_contents( STDIN );
$request = new WP_REST_Request( 'POST', '/booking-recovery/v1/recoveries' );
$request->set_body( $body );
$request->set_headers( Sidecar::headers( $body ) + array( 'content-type' => 'application/json' ) );
echo wp_json_encode( rest_get_server()->dispatch( $request )->get_data() );
