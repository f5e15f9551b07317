<?php
/**
 * The database refuses what the bridge writes, or holds very much of it: bookings go on, and the owner is told.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Delivery;
use Booking_Recovery\Outbox;
use Booking_Recovery\Schema;

/**
 * @covers \Booking_Recovery\Outbox
 * @covers \Booking_Recovery\Sessions
 * @covers \Booking_Recovery\Schema
 */
final class DatabaseFaultsTest extends Site_Test_Case {

	private const MANY = 10000;

	protected function tearDown(): void {
		remove_all_filters( 'query' );
		parent::tearDown();
	}

	/**
	 * From now on the outbox cannot grow, as on a full disk.
	 */
	private function fill_disk(): void {
		add_filter(
			'query',
			static function ( string $query ): string {
				return 1 === preg_match( '/\A\s*INSERT INTO \S+booking_recovery_outbox/', $query ) ? 'SIGNAL SQLSTATE \'HY000\' SET MYSQL_ERRNO = 1021' : $query;
			}
		);
	}

	private function notice(): string {
		wp_set_current_user( 1 );
		ob_start();
		$this->settings_page()->render_notice();
		wp_set_current_user( 0 );
		return (string) ob_get_clean();
	}

	public function test_what_the_database_refused_is_told_when_it_takes_it_again(): void {
		$this->post( 'get_data', array( 'current_step' => 'staff' ) );
		$before = $this->types();
		$this->assertSame( '', $this->notice() );

		$this->fill_disk();
		$typed = $this->bookable();
		$this->post( 'get_data', array( 'current_step' => 'information' ), $typed );
		$this->assertSame( Delivery::DELIVERED, $this->delivery()->run_now(), 'What is there arrives.' );
		$this->assertSame( $before, array_column( $this->sidecar->events(), 'type' ) );
		$this->assertStringContainsString( 'could not write to the database', $this->notice() );
		$booked = $this->book( self::OTHER );
		$this->assertGreaterThan( 0, $booked );
		$this->assertSame( $before, $this->types() );

		remove_all_filters( 'query' );
		$this->post( 'get_data', array( 'current_step' => 'information' ), $typed );
		$this->assertSame( array_merge( $before, array( 'session.contact_given', 'session.step_reached' ) ), $this->types() );
	}

	public function test_a_table_that_somebody_took_away_is_made_again_with_the_plugin(): void {
		global $wpdb;
		$table = Schema::table( 'outbox' );
		$name  = ( new Outbox() )->id();
		$wpdb->query( "DROP TABLE $table" );

		do_action( 'activate_booking-recovery-bridge/booking-recovery-bridge.php' );

		$this->assertTrue( ( new Outbox() )->add( 'site.checked_in', null, array() ) );
		$this->assertSame( $name, ( new Outbox() )->id(), 'Numbers that went back are noticed by the sidecar\'s cursor.' );
	}

	/**
	 * How long a visitor waits for one event to be written, in milliseconds: the median of some.
	 */
	private function wait_for_one( Outbox $outbox ): float {
		$spans = array();
		for ( $i = 0; $i < 31; $i++ ) {
			$start = hrtime( true );
			$outbox->add( 'session.returned', self::SESSION, array( 'token' => 'tok_12345678' ) );
			$spans[] = ( hrtime( true ) - $start ) / 1e6;
		}
		sort( $spans );
		return $spans[15];
	}

	public function test_ten_thousand_events_that_wait_are_in_nobodys_way_and_arrive(): void {
		global $wpdb;
		$outbox = new Outbox();
		$few    = $this->wait_for_one( $outbox );
		$table  = Schema::table( 'outbox' );
		$row    = $wpdb->prepare( '( %s, %s, %d, %s )', 'session.returned', self::SESSION, 1000 * time(), '{"token":"tok_12345678"}' );
		$wpdb->query( "INSERT INTO $table ( type, session_id, occurred_at, data ) VALUES " . implode( ',', array_fill( 0, self::MANY, $row ) ) );

		$many  = $this->wait_for_one( $outbox );
		$start = microtime( true );
		$page  = $this->owners_page();
		$shown = microtime( true ) - $start;
		$total = $outbox->pending()['count'];
		while ( array() !== $outbox->undelivered( 1 ) ) {
			$this->delivery()->run_in_background();
			$this->assertSame( Delivery::DELIVERED, $this->delivery()->last_result() );
		}

		$this->assertLessThan( 20 * $few + 5, $many, 'not slower in kind' );
		$this->assertStringContainsString( number_format_i18n( $total ) . ' events wait', $page );
		$this->assertLessThan( 5, $shown );
		$this->assertSame( $total, count( array_unique( array_column( $this->sidecar->events(), 'seq' ) ) ) );
		$this->assertLessThanOrEqual( 100, max( array_map( 'count', array_column( $this->sidecar->messages, 'events' ) ) ) );
		$this->assertLessThanOrEqual( 256 * 1024, max( array_column( $this->sidecar->messages, 'bytes' ) ) );
	}
}
