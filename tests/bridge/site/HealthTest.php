<?php
/**
 * What the bridge finds out about itself.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Check_In;
use Booking_Recovery\Delivery;
use Booking_Recovery\Health;
use Booking_Recovery\Outbox;
use Booking_Recovery\Policy;
use Booking_Recovery\Round_Trip;
use Booking_Recovery\Schema;
use Booking_Recovery\Settings;
use Booking_Recovery\Site_Health;
use Booking_Recovery\Stuck_Notice;

/**
 * @covers \Booking_Recovery\Health
 * @covers \Booking_Recovery\Site_Health
 * @covers \Booking_Recovery\Stuck_Notice
 */
final class HealthTest extends Site_Test_Case {

	protected function tearDown(): void {
		delete_metadata( 'user', 0, $GLOBALS['wpdb']->get_blog_prefix() . Stuck_Notice::OPTION, '', true );
		wp_set_current_user( 0 );
		unset( $GLOBALS['current_screen'] );
		parent::tearDown();
	}

	private function health(): Health {
		$gateway = $this->gateway();
		$gateway->register();
		$check_in = new Check_In( new Settings(), new Outbox(), $gateway );
		return new Health( new Settings(), new Policy( new Settings() ), new Outbox(), $this->delivery(), $check_in, new Round_Trip( new Settings(), $check_in, $this->delivery(), $gateway ) );
	}

	/**
	 * An event that waits since some minutes.
	 */
	private function add_waiting( int $minutes ): void {
		global $wpdb;
		( new Outbox() )->add( 'session.started', self::SESSION, array() );
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET occurred_at = %d WHERE delivered_at IS NULL', 1000 * ( time() - 60 * $minutes ) ) );
	}

	private function fails( string $result, int $failures = 3 ): void {
		update_option( Delivery::OPTION, array( 'result' => $result, 'failures' => $failures, 'next_at' => time() + 60 ) );
	}

	private function checks_in( int $minutes_ago ): void {
		( new Check_In( new Settings(), new Outbox(), $this->gateway() ) )->record();
		update_option( Check_In::OPTION, array( 'at' => time() - 60 * $minutes_ago ) + get_option( Check_In::OPTION ) );
		( new Outbox() )->mark_delivered_up_to( 1000 );
	}

	public function test_all_is_well_where_both_sides_hear_of_each_other(): void {
		$this->add_workflow();
		$this->checks_in( 60 );
		$this->check_in()->note_call();

		$finding = $this->health()->in_one();

		$this->assertSame( array( Health::GOOD, 'Everything works.' ), array( $finding['status'], $finding['label'] ) );
		$this->assertMatchesRegularExpression( '/took the last event .* ago\. It last called back .* ago\./', $finding['text'] );
	}

	/**
	 * @dataProvider waiting
	 */
	public function test_waiting_is_judged_by_how_long_and_how_the_attempts_ended( int $minutes, string $result, int $failures, string $status, string $words ): void {
		$this->add_waiting( $minutes );
		if ( '' !== $result ) {
			$this->fails( $result, $failures );
		}

		$finding = $this->health()->delivery();

		$this->assertSame( $status, $finding['status'] );
		$this->assertStringContainsString( $words, implode( ' ', $finding ) );
	}

	public function waiting(): array {
		return array(
			'just now'                => array( 1, '', 0, Health::GOOD, '1 event waits, for 1 min' ),
			'a first failure'         => array( 1, Delivery::UNREACHABLE, 1, Health::RECOMMENDED, 'tries again by itself' ),
			'nothing answers'         => array( 16, Delivery::UNREACHABLE, 5, Health::CRITICAL, 'does not answer. Check that it is running' ),
			'another code'            => array( 16, Delivery::REFUSED, 5, Health::CRITICAL, 'paste the new code' ),
			'too much to do'          => array( 16, Delivery::BUSY, 5, Health::CRITICAL, 'cannot take anything' ),
			'to be fetched'           => array( 100, '', 0, Health::GOOD, '1 event waits' ),
			'never fetched'           => array( 121, '', 0, Health::CRITICAL, 'has not fetched them' ),
			'known at another address' => array( 16, Delivery::WRONG_ORIGIN, 5, Health::RECOMMENDED, 'On a copy of the site, leave it so' ),
		);
	}

	public function test_a_sidecar_that_never_calls_back_is_told_of(): void {
		$this->add_workflow();
		$this->checks_in( 9 );
		$this->assertSame( Health::GOOD, $this->health()->callbacks()['status'] );

		$this->checks_in( 11 );
		$finding = $this->health()->in_one();

		$this->assertSame( Health::CRITICAL, $finding['status'] );
		$this->assertStringContainsString( 'has never called back', $finding['text'] );
		$this->assertStringContainsString( 'firewall', $finding['advice'] );
	}

	public function test_a_sidecar_that_has_fallen_silent_is_told_of(): void {
		$this->checks_in( 600 );
		update_option( Check_In::CALL_OPTION, (string) ( time() - 4 * HOUR_IN_SECONDS ) );

		$this->assertStringContainsString( 'last called 4 hours ago', $this->health()->callbacks()['text'] );
	}

	public function test_that_nothing_would_be_sent_is_told_of(): void {
		$this->assertSame( Health::CRITICAL, $this->health()->workflow()['status'] );
		$this->assertStringContainsString( 'Booking abandoned', $this->health()->workflow()['advice'] );
		$this->add_workflow();
		$this->assertSame( Health::GOOD, $this->health()->workflow()['status'] );

		update_option( Settings::OPTION, array( 'recovery' => array( 'dry_run' => true ) ) );
		$this->assertStringContainsString( 'only tried out', $this->health()->in_one()['label'] );
		update_option( Settings::OPTION, array( 'paused' => true ) );
		$this->assertStringContainsString( 'paused', $this->health()->in_one()['label'] );
	}

	public function test_a_site_that_must_be_read_is_told_how_to_do_better(): void {
		$finding = $this->health()->early_answer();

		$this->assertSame( Health::RECOMMENDED, $finding['status'], 'The command line cannot answer first.' );
		$this->assertStringContainsString( 'PHP-FPM', $finding['advice'] );
	}

	public function test_site_health_has_its_tests_with_something_to_do(): void {
		$this->add_waiting( 16 );
		$this->fails( Delivery::UNREACHABLE );

		$tests = ( new Site_Health( $this->health() ) )->add_tests( array( 'direct' => array( 'other' => array() ), 'async' => array() ) );

		$this->assertSame( array( 'other', 'booking_recovery_delivery', 'booking_recovery_callbacks', 'booking_recovery_workflow', 'booking_recovery_early_answer' ), array_keys( $tests['direct'] ) );
		foreach ( array_diff_key( $tests['direct'], array( 'other' => true ) ) as $name => $test ) {
			$result = call_user_func( $test['test'] );
			$this->assertSame( array( 'test', 'label', 'status', 'badge', 'description', 'actions' ), array_keys( $result ) );
			$this->assertSame( $name, $result['test'] );
			$this->assertSame( Health::GOOD === $result['status'], '' === $result['actions'] );
		}
		$this->assertSame( Health::CRITICAL, call_user_func( $tests['direct']['booking_recovery_delivery']['test'] )['status'] );
	}

	public function test_a_notice_says_that_events_are_stuck_until_it_is_hidden_and_again_when_it_happens_anew(): void {
		$this->add_waiting( 16 );
		$this->fails( Delivery::UNREACHABLE );
		$this->assertSame( '', $this->notice( 'dashboard', 0 ), 'Nobody is logged in.' );
		$this->assertSame( '', $this->notice( 'edit-post' ), 'It would not help there.' );
		$this->assertStringContainsString( 'Events do not reach the sidecar. </strong>', str_replace( '.</strong>', '. </strong>', $this->notice( 'dashboard' ) ) );

		$this->hides_it();
		$this->assertSame( '', $this->notice( 'dashboard' ) );
		$this->add_waiting( 60 );
		$this->assertSame( '', $this->notice( 'dashboard' ), 'It is the same occasion.' );

		( new Outbox() )->mark_delivered_up_to( 1000 );
		$this->assertSame( '', $this->notice( 'dashboard' ), 'Nothing is stuck.' );
		$this->add_waiting( 16 );
		$this->assertStringContainsString( 'Events do not reach the sidecar.', $this->notice( 'dashboard' ) );
	}

	private function notice( string $screen, int $user = 1 ): string {
		require_once ABSPATH . 'wp-admin/includes/class-wp-screen.php';
		require_once ABSPATH . 'wp-admin/includes/screen.php';
		set_current_screen( $screen );
		wp_set_current_user( $user );
		ob_start();
		( new Stuck_Notice( $this->health(), new Outbox() ) )->render();
		return (string) ob_get_clean();
	}

	/**
	 * Presses the button; the page that follows is not gone to.
	 */
	private function hides_it(): void {
		$stay = static function (): void {
			throw new RuntimeException( 'It would go on to another page.' );
		};
		add_filter( 'wp_redirect', $stay );
		$_REQUEST['_wpnonce'] = wp_create_nonce( Stuck_Notice::ACTION );
		try {
			( new Stuck_Notice( $this->health(), new Outbox() ) )->hide();
		} catch ( RuntimeException $e ) {
			$this->assertStringContainsString( 'another page', $e->getMessage() );
		} finally {
			remove_filter( 'wp_redirect', $stay );
			unset( $_REQUEST['_wpnonce'] );
		}
	}
}
