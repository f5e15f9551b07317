<?php
/**
 * Deliveries to a sidecar in all its moods.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Check_In;
use Booking_Recovery\Delivery;
use Booking_Recovery\Outbox;
use Booking_Recovery\Response;
use Booking_Recovery\Sidecar_Client;

/**
 * @covers \Booking_Recovery\Delivery
 * @covers \Booking_Recovery\Check_In
 */
final class DeliveryTest extends Site_Test_Case {

	private function fill( int $count, string $token = 'tok_12345678' ): Outbox {
		$outbox = new Outbox();
		for ( $i = 0; $i < $count; $i++ ) {
			$outbox->add( 'session.returned', self::SESSION, array( 'token' => $token ) );
		}
		return $outbox;
	}

	private function next_at(): int {
		return get_option( Delivery::OPTION )['next_at'];
	}

	public function test_everything_arrives_in_order_in_batches_of_a_hundred(): void {
		$outbox = $this->fill( 230 );

		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );

		$this->assertSame( range( 1, 230 ), array_column( $this->sidecar->events(), 'seq' ) );
		$this->assertSame( array( 100, 100, 30 ), array_map( 'count', array_column( $this->sidecar->messages, 'events' ) ) );
		$this->assertSame( array( 'home_url' => home_url(), 'outbox_id' => $outbox->id() ), $this->sidecar->messages[0]['origin'] );
		$this->assertSame( array(), $outbox->undelivered( 1 ) );
	}

	public function test_a_check_in_goes_before_all_that_has_piled_up(): void {
		$this->fill( 230 );
		$this->check_in()->record();
		$this->delivery()->run_now();

		$sent = array_column( $this->sidecar->messages, 'events' );
		$this->assertSame( array( 'site.checked_in' ), array_column( $sent[0], 'type' ) );
		$this->assertSame( array( 1, 100, 100, 30 ), array_map( 'count', $sent ) );
	}

	public function test_large_events_make_smaller_batches(): void {
		$this->fill( 10, str_repeat( 'x', 60000 ) );

		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );

		$this->assertCount( 10, $this->sidecar->events() );
		$this->assertLessThanOrEqual( 256 * 1024, max( array_column( $this->sidecar->messages, 'bytes' ) ) );
	}

	public function test_an_event_told_twice_has_the_same_words(): void {
		$this->fill( 1 );
		$this->sidecar->refusal = array( 500, array() );
		$this->delivery()->run_now();
		$this->delivery()->run_now();

		$this->assertCount( 2, $this->sidecar->message_ids );
		$this->assertCount( 1, array_unique( $this->sidecar->message_ids ) );
	}

	public function test_after_failures_the_pauses_grow_and_nothing_is_lost(): void {
		$outbox                 = $this->fill( 3 );
		$this->sidecar->refusal = array( 500, array() );
		$pauses                 = array();
		for ( $i = 0; $i < 12; $i++ ) {
			$this->assertSame( Delivery::UNREACHABLE, $this->delivery()->run_now() );
			$pauses[] = $this->next_at() - time();
		}
		$this->delivery()->run_in_background();

		$this->assertCount( 12, $this->sidecar->message_ids, 'Nobody tries before next_at.' );
		$this->assertEqualsWithDelta( 5, $pauses[0], 1 );
		$this->assertEqualsWithDelta( 10, $pauses[1], 1 );
		$this->assertEqualsWithDelta( 900, end( $pauses ), 1 );
		$this->assertCount( 3, $outbox->undelivered( 9 ) );
	}

	public function test_a_success_ends_the_pause(): void {
		$this->fill( 1 );
		$this->sidecar->refusal = array( 503, array() );
		$this->delivery()->run_now();
		$this->sidecar->refusal = null;

		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );
		$this->assertSame( 0, $this->next_at() );
	}

	public function test_the_sidecar_may_ask_for_a_longer_pause(): void {
		$this->fill( 1 );
		$this->sidecar->refusal = array( 429, array( 'retry-after' => '120' ) );

		$this->assertSame( Delivery::BUSY, $this->delivery()->run_now() );
		$this->assertEqualsWithDelta( 120, $this->next_at() - time(), 1 );
	}

	/**
	 * @dataProvider refusals
	 */
	public function test_refusals_have_names( int $status, string $result ): void {
		$outbox                 = $this->fill( 1 );
		$this->sidecar->refusal = array( $status, array() );

		$this->assertSame( $result, $this->delivery()->run_now() );
		$this->assertSame( $result, $this->delivery()->last_result() );
		$this->assertCount( 1, $outbox->undelivered( 9 ) );
	}

	public function refusals(): array {
		return array(
			array( 401, Delivery::REFUSED ),
			array( 409, Delivery::WRONG_ORIGIN ),
			array( 503, Delivery::BUSY ),
			array( 404, Delivery::UNREACHABLE ),
			array( 200, Delivery::UNREACHABLE ),
			array( 202, Delivery::UNREACHABLE ),
			array( 302, Delivery::UNREACHABLE ),
		);
	}

	/**
	 * @dataProvider clocks
	 */
	public function test_a_site_whose_clock_is_off_signs_by_the_sidecars( int $ahead ): void {
		$this->fill( 1 );
		$this->sidecar->ahead = $ahead;

		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );
		$this->assertEqualsWithDelta( $ahead, Sidecar_Client::clock_ahead(), 1 );
		$this->assertSame( 1, $this->sidecar->refused );

		$this->fill( 1 );
		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );
		$this->assertSame( 1, $this->sidecar->refused, 'It is learnt once.' );

		$this->sidecar->ahead = 0;
		$this->fill( 1 );
		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );
		$this->assertSame( 0, Sidecar_Client::clock_ahead(), 'Clocks that are set again are believed.' );
		$this->assertSame( array( 1, 2, 3 ), array_column( $this->sidecar->events(), 'seq' ) );
	}

	public function clocks(): array {
		return array(
			'an hour ahead'       => array( 3660 ),
			'an hour behind'      => array( -3660 ),
			'most of a day ahead' => array( 80000 ),
		);
	}

	public function test_nobodys_clock_is_believed_that_is_days_off(): void {
		$outbox               = $this->fill( 1 );
		$this->sidecar->ahead = 3 * DAY_IN_SECONDS;

		$this->assertSame( Delivery::REFUSED, $this->delivery()->run_now() );
		$this->assertSame( array( 0, 1 ), array( Sidecar_Client::clock_ahead(), $this->sidecar->refused ) );
		$this->assertCount( 1, $outbox->undelivered( 9 ) );
	}

	public function test_nobody_at_the_other_end(): void {
		remove_all_filters( 'pre_http_request' );
		$outbox = $this->fill( 1 );
		$start  = microtime( true );

		$this->assertSame( Delivery::UNREACHABLE, $this->delivery()->run_now() );
		$this->assertLessThan( 4, microtime( true ) - $start );
		$this->assertCount( 1, $outbox->undelivered( 9 ) );
	}

	public function test_only_one_process_delivers(): void {
		global $wpdb;
		$this->fill( 1 );
		$ours  = $wpdb;
		$other = new wpdb( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		$other->set_prefix( $ours->prefix );
		$wpdb = $other;
		( new Booking_Recovery\Lock() )->take( 'delivery' );
		$wpdb = $ours;

		$this->delivery()->run_in_background();
		$this->assertSame( array(), $this->sidecar->messages );

		$other->close();
		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now() );
	}

	public function test_where_the_visitor_would_wait_nothing_is_sent(): void {
		$outbox = $this->fill( 1 );
		$this->delivery( $outbox )->run_behind_response();

		$this->assertSame( array( 1 ), $outbox->grown() );
		$this->assertFalse( Response::can_go_early() );
		$this->assertSame( array(), $this->sidecar->messages );
	}

	public function test_a_site_checks_in_once_until_something_changes_or_a_day_passes(): void {
		$this->check_in()->record_changes();
		$this->check_in()->record_changes();
		$this->assertCount( 1, $this->events( 'site.checked_in' ) );

		$noted       = get_option( Check_In::OPTION );
		$noted['at'] = time() - 90000;
		update_option( Check_In::OPTION, $noted );
		$this->check_in()->record_changes();
		$this->assertCount( 2, $this->events( 'site.checked_in' ) );

		$zone = get_option( 'timezone_string' );
		update_option( 'timezone_string', 'Asia/Tokyo' );
		$this->check_in()->record_changes();
		$facts = $this->events( 'site.checked_in' )[2]['data'];
		update_option( 'timezone_string', $zone );

		$this->assertSame( 'Asia/Tokyo', $facts['timezone'] );
		$this->assertSame( array( 1, home_url(), rest_url( 'booking-recovery/v1/' ), 'pull', '0.1.0' ), array( $facts['contract'], $facts['home_url'], $facts['rest_url'], $facts['delivery'], $facts['bridge_version'] ) );
		$this->assertSame( PHP_VERSION, $facts['php_version'] );
	}

	public function test_a_copy_of_the_site_sends_nothing_until_a_person_says_so(): void {
		$this->check_in()->record();
		$move = static function (): string {
			return 'http://staging.example';
		};
		add_filter( 'option_home', $move, 99 );

		$this->check_in()->record_changes();
		$this->delivery()->run_now();
		$this->assertTrue( $this->check_in()->has_moved() );
		$this->assertSame( array(), $this->sidecar->messages );

		$this->check_in()->record();
		$this->delivery()->run_now();
		remove_filter( 'option_home', $move, 99 );
		$this->assertSame( 'http://staging.example', $this->sidecar->messages[0]['origin']['home_url'] );
	}
}
