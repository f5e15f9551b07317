<?php
/**
 * "Save and test" says of each stage whether it works, and what to do where it does not.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Check_In;
use Booking_Recovery\Round_Trip;
use Booking_Recovery\Settings;
use BookneticApp\Config;
use BookneticApp\Models\WorkflowAction;

/**
 * @covers \Booking_Recovery\Round_Trip
 * @covers \Booking_Recovery\Settings
 */
final class RoundTripTest extends Site_Test_Case {

	private const STAGES = array( 'code', 'reachable', 'clock', 'signature', 'address', 'callback', 'booknetic', 'workflow' );

	/**
	 * Stage => its state; the texts of failed ones are kept in $this->texts.
	 */
	private function go(): array {
		$booknetic = $this->gateway();
		$booknetic->register();
		$stages      = ( new Round_Trip( new Settings(), $this->check_in(), $this->delivery(), $booknetic ) )->go();
		$this->texts = array_combine( self::STAGES, array_column( $stages, 'text' ) );
		foreach ( $stages as $stage ) {
			$this->assertFalse( Round_Trip::FAILED === $stage['state'] && '' === $stage['text'], 'What failed must say what to do.' );
		}
		return array_combine( self::STAGES, array_column( $stages, 'state' ) );
	}

	/**
	 * Of the last way.
	 *
	 * @var array<string, string>
	 */
	private $texts = array();

	/**
	 * The sidecar calls back, as it does within five seconds of a check-in.
	 */
	private function call_back(): void {
		$this->sidecar->on_message = function (): void {
			$this->assertSame( 200, $this->call( 'status', array( 'action' => 'status.read' ) )->get_status() );
		};
	}

	public function test_where_all_is_well_every_stage_passes_at_once(): void {
		$this->add_workflow();
		$this->call_back();
		$start = microtime( true );

		$this->assertSame( array_fill_keys( self::STAGES, 'passed' ), $this->go(), (string) wp_json_encode( $this->texts ) );
		$this->assertLessThan( 3, microtime( true ) - $start );
		$this->assertSame( array( 'site.checked_in' ), array_column( $this->sidecar->events(), 'type' ) );
	}

	public function test_a_sidecar_that_is_gone_is_told_with_its_address(): void {
		remove_all_filters( 'pre_http_request' );

		$states = $this->go();

		$this->assertSame( array( 'passed', 'failed', 'not_tried', 'not_tried', 'not_tried', 'not_tried' ), array_slice( array_values( $states ), 0, 6 ) );
		$this->assertStringContainsString( 'http://127.0.0.1:9', $this->texts['reachable'] );
		$this->assertStringContainsString( 'Bookings go on', $this->texts['reachable'] );
	}

	public function test_something_else_that_answers_is_no_sidecar(): void {
		$this->sidecar->refusal = array( 404, array() );

		$this->assertSame( 'failed', $this->go()['reachable'] );
		$this->assertStringContainsString( '404', $this->texts['reachable'] );
	}

	public function test_a_refused_signature_under_equal_clocks_is_the_codes_fault(): void {
		$this->sidecar->refusal = array( 401, array( 'date' => gmdate( 'D, d M Y H:i:s' ) . ' GMT' ) );

		$states = $this->go();

		$this->assertSame( array( 'passed', 'passed', 'failed', 'not_tried' ), array( $states['reachable'], $states['clock'], $states['signature'], $states['callback'] ) );
		$this->assertStringContainsString( 'booking-recovery pair', $this->texts['signature'] );
	}

	/**
	 * @dataProvider clocks
	 */
	public function test_a_clock_that_is_off_is_told_by_how_much( int $seconds, string $words ): void {
		$this->sidecar->ahead   = $seconds;
		$this->sidecar->refusal = array( 401, array() );

		$states = $this->go();

		$this->assertSame( array( 'failed', 'failed' ), array( $states['clock'], $states['signature'] ) );
		$this->assertStringContainsString( $words, $this->texts['clock'] );
		$this->assertStringContainsString( 'clocks', $this->texts['signature'] );
	}

	public function clocks(): array {
		return array(
			array( 620, '10 mins behind' ),
			array( 3660, '1 hour behind' ),
			array( -7300, '2 hours ahead' ),
		);
	}

	public function test_where_messages_go_by_the_sidecars_clock_the_owner_is_told_so(): void {
		$this->sidecar->ahead = -3660;
		$this->call_back();

		$states = $this->go();

		$this->assertSame( array( 'failed', 'passed', 'passed', 'passed' ), array( $states['clock'], $states['signature'], $states['address'], $states['callback'] ) );
		$this->assertStringContainsString( '1 hour ahead of the sidecar\'s. Messages go out by the sidecar\'s clock', $this->texts['clock'] );
	}

	public function test_a_copy_is_told_to_stay_as_it_is(): void {
		$this->sidecar->refusal = array( 409, array() );

		$states = $this->go();

		$this->assertSame( array( 'passed', 'failed', 'not_tried' ), array( $states['signature'], $states['address'], $states['callback'] ) );
		$this->assertTrue( $this->check_in()->is_paused() );
		$this->sidecar->refusal = null;
		$this->delivery()->run_now();
		$this->assertFalse( $this->check_in()->is_paused() );
	}

	public function test_a_busy_sidecar_proves_nothing(): void {
		$this->sidecar->refusal = array( 503, array( 'retry-after' => '5' ) );

		$states = $this->go();

		$this->assertSame( array( 'passed', 'not_tried', 'not_tried' ), array( $states['reachable'], $states['signature'], $states['callback'] ) );
	}

	public function test_a_sidecar_that_cannot_call_back_is_waited_for_and_told(): void {
		update_option( Check_In::CALL_OPTION, (string) ( time() - 60 ), false );
		$start = microtime( true );

		$this->assertSame( 'failed', $this->go()['callback'] );
		$this->assertEqualsWithDelta( 8, microtime( true ) - $start, 1.5 );
		$this->assertStringContainsString( rest_url( 'booking-recovery/v1/' ), $this->texts['callback'] );
	}

	public function test_a_call_that_is_not_signed_is_no_call_of_the_sidecar(): void {
		foreach ( array( 'none', 'wrong', 'stale' ) as $signature ) {
			$this->call_raw( 'status', '{"site":"salon","action":"status.read"}', $signature );
		}

		$this->assertSame( 0, $this->check_in()->called_at() );
	}

	public function test_what_booknetic_lacks_is_told(): void {
		$this->call_back();
		$this->assertSame( 'failed', $this->go()['workflow'] );
		$this->assertStringContainsString( '{booking_recovery_email}', $this->texts['workflow'] );

		WorkflowAction::where( 'workflow_id', $this->add_workflow() )->update( array( 'is_active' => 0 ) );
		$this->assertSame( 'failed', $this->go()['workflow'] );

		Config::getWorkflowEventsManager()->setEnabled( false );
		try {
			$this->assertSame( 'failed', $this->go()['booknetic'] );
		} finally {
			Config::getWorkflowEventsManager()->setEnabled( true );
		}
	}

	public function test_choices_are_told_when_they_change_and_in_the_status(): void {
		update_option( Settings::OPTION, array( 'recovery' => array( 'messages' => array( '45m' ) ) ) );
		update_option( Settings::OPTION, array( 'recovery' => array( 'messages' => array( '45m' ) ), 'paused' => true ) );
		update_option( Settings::OPTION, array( 'recovery' => array() ) );

		$this->assertSame(
			array(
				array( 'settings' => array( 'messages' => array( '45m' ) ), 'revision' => 1 ),
				array( 'settings' => array(), 'revision' => 2 ),
			),
			array_column( $this->events( 'site.settings_saved' ), 'data' )
		);
		update_option( Settings::OPTION, array( 'recovery' => array( 'dry_run' => true ), 'paused' => true ) );
		$status = $this->call( 'status', array( 'action' => 'status.read' ) )->get_data();
		$this->assertSame( array( '{"dry_run":true}', 3, true ), array( wp_json_encode( $status['settings'] ), $status['revision'], $status['paused'] ) );
	}

	public function test_while_the_owner_pauses_nothing_is_sent(): void {
		$this->add_workflow();
		update_option( Settings::OPTION, array( 'paused' => true ) );
		$paused = $this->call( 'recoveries', $this->trigger_body() )->get_data();
		update_option( Settings::OPTION, array() );
		$later = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_data();

		$this->assertSame( array( 'stopped', 'paused', 'sent' ), array( $paused['outcome'], $paused['reason'], $later['outcome'] ) );
	}
}
