<?php
/**
 * What is not needed any more is forgotten, and nothing else.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Bookings;
use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Plugin;
use Booking_Recovery\Schema;
use Booking_Recovery\Sessions;

/**
 * @covers \Booking_Recovery\Sessions
 * @covers \Booking_Recovery\Bookings
 * @covers \Booking_Recovery\Plugin
 */
final class ForgettingTest extends Site_Test_Case {

	public function test_sessions_and_bookings_of_long_ago_are_forgotten_by_cron(): void {
		global $wpdb;
		$sessions = new Sessions();
		$sessions->begin( self::SESSION, array() );
		$sessions->begin( self::OTHER, array() );
		$sessions->write();
		$old = $this->book( null );
		$new = $this->book( null, 10 );
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'sessions' ) . ' SET seen_at = seen_at - 31 * 86400 WHERE session_id = %s', self::OTHER ) );
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'bookings' ) . ' SET created_at = created_at - 401 * 86400 WHERE appointment_id = %d', $old ) );

		do_action( Plugin::CRON );

		$this->assertTrue( $sessions->has( self::SESSION ) );
		$this->assertFalse( $sessions->has( self::OTHER ) );
		$this->assertNull( ( new Bookings() )->find( $old ) );
		$this->assertNotNull( ( new Bookings() )->find( $new ) );
	}

	public function test_links_out_of_messages_are_never_forgotten_and_unknown_ones_are(): void {
		global $wpdb;
		$tokens = new Opt_Out_Tokens();
		$tokens->remember( 'opt_known', array( str_repeat( 'a', 64 ) ), time() - 1000 * DAY_IN_SECONDS );
		$tokens->is_news( 'opt_unknown_old', time() - 91 * DAY_IN_SECONDS );
		$tokens->is_news( 'opt_unknown_new', time() );

		do_action( Plugin::CRON );

		$this->assertSame( array( str_repeat( 'a', 64 ) ), $tokens->find( 'opt_known' ) );
		$this->assertSame( '2', $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::table( 'opt_out_tokens' ) ) );
	}

	public function test_cron_delivers_what_waits(): void {
		$this->book();

		do_action( Plugin::CRON );

		$types = array_values( array_diff( array_column( $this->sidecar->events(), 'type' ), array( 'site.checked_in' ) ) );
		$this->assertSame( array( 'booking.created', 'booking.confirmed' ), array_slice( $types, 0, 2 ) );
	}
}
