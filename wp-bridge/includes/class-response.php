<?php
/**
 * The answer to a visitor.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Goes out before PHP is through with the request, where PHP can do that.
 */
final class Response {

	/**
	 * Whether PHP can hand it to the visitor and go on working.
	 */
	public static function can_go_early(): bool {
		return function_exists( 'fastcgi_finish_request' ) || function_exists( 'litespeed_finish_request' );
	}

	/**
	 * Hands it to the visitor, where that can be done. PHP flushes its buffers by that; a session of PHP's would stay locked, and the visitor's next
	 * request would wait for it.
	 */
	public static function send(): void {
		if ( ! self::can_go_early() ) {
			return;
		}
		if ( PHP_SESSION_ACTIVE === session_status() ) {
			session_write_close();
		}
		ignore_user_abort( true );
		if ( function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
		} else {
			litespeed_finish_request();
		}
	}
}
