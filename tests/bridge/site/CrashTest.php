<?php
/**
 * A recovery never goes out twice, wherever PHP dies.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;

/**
 * @covers \Booking_Recovery\Recovery_Run
 * @covers \Booking_Recovery\Recoveries
 * @covers \Booking_Recovery\Lock
 */
final class CrashTest extends Site_Test_Case {

	/**
	 * Where the other process notes its letters.
	 *
	 * @var string
	 */
	private $noted;

	protected function setUp(): void {
		parent::setUp();
		$this->noted = (string) tempnam( sys_get_temp_dir(), 'letters' );
		$this->add_workflow();
	}

	protected function tearDown(): void {
		unlink( $this->noted );
		remove_all_filters( 'query' );
		parent::tearDown();
	}

	/**
	 * Has another process send the recovery.
	 *
	 * @return resource The process, that has all it needs.
	 */
	private function start( string $point ) {
		$command = array( PHP_BINARY, '-d', 'display_errors=0', '-d', 'log_errors=0', __DIR__ . '/dies.php', $point, $this->noted );
		$process = proc_open( $command, array( array( 'pipe', 'r' ), array( 'file', '/dev/null', 'w' ), array( 'file', '/dev/null', 'w' ) ), $pipes );
		fwrite( $pipes[0], (string) json_encode( $this->trigger_body() + array( 'site' => Sidecar::SITE ) ) );
		fclose( $pipes[0] );
		return $process;
	}

	private function lookup( bool $close = false ): WP_REST_Response {
		return $this->call( 'recoveries/lookup', array( 'action' => 'recoveries.lookup', 'recovery_id' => self::SESSION . '.1', 'close' => $close ) );
	}

	private function wait_for( callable $condition ): void {
		$until = microtime( true ) + 20;
		while ( ! $condition() ) {
			$this->assertLessThan( $until, microtime( true ), 'Nothing happened.' );
			usleep( 20000 );
		}
	}

	/**
	 * @dataProvider points
	 */
	public function test_a_run_that_was_killed_is_interrupted_for_good( string $point, int $letters ): void {
		$process = $this->start( $point );
		$this->wait_for(
			static function () use ( $process ): bool {
				return ! proc_get_status( $process )['running'];
			}
		);

		$found = $this->lookup( true );
		$again = $this->call( 'recoveries', $this->trigger_body() );
		$retry = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) );

		foreach ( array( $found, $again, $retry ) as $answer ) {
			$this->assertSame( 200, $answer->get_status() );
			$this->assertSame( array( 'interrupted', true ), array( $answer->get_data()['outcome'], $answer->get_data()['repeated'] ) );
		}
		$this->assertSame( $letters, substr_count( (string) file_get_contents( $this->noted ), 'letter' ) );
		$this->assertSame( array(), $this->letters );
	}

	public function points(): array {
		return array(
			'between claim and trigger' => array( 'claimed', 0 ),
			'inside the trigger'        => array( 'sent', 1 ),
			'before the end is written' => array( 'ending', 1 ),
		);
	}

	public function test_a_run_that_takes_its_time_is_waited_for(): void {
		$process = $this->start( 'sleeps' );
		$this->wait_for(
			function (): bool {
				return '' !== (string) file_get_contents( $this->noted );
			}
		);

		foreach ( array( $this->lookup( true ), $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) ) ) as $meanwhile ) {
			$this->assertSame( array( 409, 'recovery_in_progress' ), array( $meanwhile->get_status(), $meanwhile->get_data()['code'] ) );
		}
		proc_close( $process );

		$this->assertSame( array( 'sent', true ), array( $this->lookup()->get_data()['outcome'], $this->lookup()->get_data()['repeated'] ) );
		$this->assertSame( "letter\n", (string) file_get_contents( $this->noted ) );
		$this->assertSame( array(), $this->letters );
	}

	/**
	 * From now on the database knows no locks.
	 */
	private function take_locks_away(): void {
		add_filter(
			'query',
			static function ( string $query ): string {
				return 1 === preg_match( '/GET_LOCK|RELEASE_LOCK/', $query ) ? 'SELECT NULL' : $query;
			}
		);
	}

	public function test_without_locks_a_recovery_is_sent_once(): void {
		$this->take_locks_away();

		$first = $this->call( 'recoveries', $this->trigger_body() )->get_data();
		$again = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		$this->assertSame( array( 'sent', false, 'sent', true ), array( $first['outcome'], $first['repeated'], $again['outcome'], $again['repeated'] ) );
		$this->assertCount( 1, $this->letters );
	}

	public function test_without_locks_a_run_without_an_end_is_given_ten_minutes(): void {
		global $wpdb;
		$this->take_locks_away();
		( new Recoveries() )->claim( self::SESSION . '.1', $this->trigger_body() );
		$table = Schema::table( 'recoveries' );

		$wpdb->query( "UPDATE $table SET claimed_at = claimed_at - 590" );
		$this->assertSame( 409, $this->lookup( true )->get_status() );
		$this->assertSame( 409, $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_status() );

		$wpdb->query( "UPDATE $table SET claimed_at = claimed_at - 20" );
		$this->assertSame( 'interrupted', $this->lookup()->get_data()['outcome'] );
		$this->assertSame( array(), $this->letters );
	}

	public function test_without_locks_two_retries_at_once_send_one_message(): void {
		$this->take_locks_away();
		$recoveries = new Recoveries();
		$recoveries->claim( self::SESSION . '.1', array() );
		$recoveries->end( self::SESSION . '.1', array( 'outcome' => 'failed' ) );

		$this->assertTrue( $recoveries->reopen( self::SESSION . '.1', $this->trigger_body() ) );
		$this->assertFalse( $recoveries->reopen( self::SESSION . '.1', $this->trigger_body() ) );
		$this->assertSame( 409, $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_status() );
	}

	public function test_without_locks_events_are_delivered_all_the_same(): void {
		$this->take_locks_away();
		$this->check_in()->record();

		$this->assertSame( Booking_Recovery\Delivery::DELIVERED, $this->delivery()->run_now() );
	}
}
