<?php
/**
 * The outbox keeps what the sidecar does not hold, and gives numbers once.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Outbox;
use Booking_Recovery\Schema;

/**
 * @covers \Booking_Recovery\Outbox
 * @covers \Booking_Recovery\Outbox_Controller
 */
final class OutboxTest extends Site_Test_Case {

	private function fill( int $count ): Outbox {
		$outbox = new Outbox();
		for ( $i = 0; $i < $count; $i++ ) {
			$outbox->add( 'session.returned', self::SESSION, array( 'token' => "tok_$i" ) );
		}
		return $outbox;
	}

	private function read( array $fields ): array {
		return $this->call( 'outbox', $fields + array( 'action' => 'outbox.read' ) )->get_data();
	}

	public function test_it_is_read_page_by_page(): void {
		$this->fill( 5 );

		$first = $this->read( array( 'after_seq' => 0, 'limit' => 3 ) );
		$rest  = $this->read( array( 'after_seq' => 3, 'limit' => 3 ) );

		$this->assertSame( array( 1, 2, 3 ), array_column( $first['events'], 'seq' ) );
		$this->assertSame( array( 5, true ), array( $first['last_seq'], $first['has_more'] ) );
		$this->assertSame( array( 4, 5 ), array_column( $rest['events'], 'seq' ) );
		$this->assertFalse( $rest['has_more'] );
	}

	public function test_who_reads_on_holds_what_lies_before(): void {
		$outbox = $this->fill( 5 );

		$this->read( array( 'outbox_id' => $outbox->id(), 'after_seq' => 3 ) );

		$this->assertSame( array( '4', '5' ), array_column( $outbox->undelivered( 9 ), 'seq' ) );
		$this->assertCount( 5, $this->events() );
	}

	public function test_a_cursor_of_another_outbox_says_nothing_about_this_one(): void {
		$outbox = $this->fill( 2 );

		$answer = $this->read( array( 'outbox_id' => 'another', 'after_seq' => 2 ) );

		$this->assertSame( array( 1, 2 ), array_column( $answer['events'], 'seq' ) );
		$this->assertCount( 2, $outbox->undelivered( 9 ) );
	}

	public function test_numbers_that_went_back_get_a_new_name(): void {
		$outbox = $this->fill( 2 );
		$before = $outbox->id();

		$answer = $this->read( array( 'outbox_id' => $before, 'after_seq' => 100 ) );

		$this->assertNotSame( $before, $answer['origin']['outbox_id'] );
		$this->assertSame( array( 1, 2 ), array_column( $answer['events'], 'seq' ) );
		$this->assertCount( 2, $outbox->undelivered( 9 ) );
	}

	public function test_delivered_events_stay_a_week_and_the_last_one_for_ever(): void {
		global $wpdb;
		$outbox = $this->fill( 4 );
		$table  = Schema::table( 'outbox' );
		$outbox->mark_delivered( array( 1, 2, 4 ) );
		$wpdb->query( "UPDATE $table SET delivered_at = delivered_at - 8 * 86400 WHERE seq IN ( 1, 4 )" );

		$outbox->prune();

		$this->assertSame( array( 2, 3, 4 ), array_column( $this->events(), 'seq' ) );
	}

	public function test_the_table_survives_a_crash_and_keeps_counting(): void {
		global $wpdb;
		$engine = $wpdb->get_var( $wpdb->prepare( 'SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s', DB_NAME, Schema::table( 'outbox' ) ) );

		$this->assertSame( 'InnoDB', $engine );
	}

	public function test_status_tells_what_waits(): void {
		$this->fill( 2 );

		$status = $this->call( 'status', array( 'action' => 'status.read' ) )->get_data();

		$this->assertSame( array( 2, 2 ), array( $status['outbox_pending'], $status['last_seq'] ) );
		$this->assertEqualsWithDelta( time(), strtotime( $status['outbox_oldest_at'] ), 5 );
	}

	public function test_what_a_lost_sidecar_never_took_is_given_up_in_the_end_but_no_wish(): void {
		global $wpdb;
		$outbox = new Outbox();
		$types  = array( 'session.started', 'booking.created', 'contact.opted_out', 'session.returned', 'session.started' );
		foreach ( $types as $type ) {
			$outbox->add( $type, null, array() );
		}
		$table = Schema::table( 'outbox' );
		$wpdb->query( "UPDATE $table SET occurred_at = occurred_at - 31 * 86400000 WHERE seq < 4" );
		$this->sidecar->refusal = array( 500, array() );

		do_action( Booking_Recovery\Plugin::CRON );

		$this->assertSame( array( 2, 3, 4, 5 ), array_slice( array_column( $this->events(), 'seq' ), 0, 4 ) );
		$this->assertSame( 1, $outbox->dropped() );
		delete_option( Outbox::DROPPED_OPTION );
	}

	public function test_where_too_much_waits_visits_go_first_then_bookings_and_never_wishes(): void {
		$outbox = new Outbox();
		$most   = 0;
		$limit  = static function () use ( &$most ): int {
			return $most;
		};
		foreach ( array( 'booking.created', 'session.started', 'contact.forgotten', 'session.returned', 'booking.confirmed', 'site.checked_in' ) as $type ) {
			$outbox->add( $type, null, array() );
		}
		add_filter( 'booking_recovery_most_waiting', $limit );
		$left = array();
		foreach ( array( 6, 5, 4, 3, 1 ) as $most ) {
			$outbox->drop_hopeless();
			$left[] = array_column( $this->events(), 'seq' );
		}
		remove_filter( 'booking_recovery_most_waiting', $limit );
		delete_option( Outbox::DROPPED_OPTION );

		$this->assertSame( array( array( 1, 2, 3, 4, 5, 6 ), array( 1, 3, 4, 5, 6 ), array( 1, 3, 5, 6 ), array( 3, 5, 6 ), array( 3, 6 ) ), $left );
	}

	public function test_what_was_delivered_is_not_counted_as_waiting(): void {
		$outbox = $this->fill( 5 );
		$outbox->mark_delivered( array( 1, 2, 3 ) );
		$limit = static function (): int {
			return 2;
		};
		add_filter( 'booking_recovery_most_waiting', $limit );
		$outbox->drop_hopeless();
		remove_filter( 'booking_recovery_most_waiting', $limit );

		$this->assertCount( 5, $this->events() );
		$this->assertSame( 0, $outbox->dropped() );
	}
}
