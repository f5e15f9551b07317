<?php
/**
 * What became of a recovery is told alike from every version's ways of failing.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use BookneticApp\Models\WorkflowLog;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Since 5.2 Booknetic catches what an action throws, runs the next one, and logs both; before, a thrown exception ends the
 * run, and what an action before it has done is known only where it logs.
 *
 * @covers \Booking_Recovery\Recovery_Run
 * @covers \Booking_Recovery\Booknetic_Gateway
 */
final class FailedActionsTest extends Site_Test_Case {

	private const MAIL    = array(
		'email',
		array(
			'to'      => '{booking_recovery_email}',
			'subject' => 'x',
			'body'    => 'x',
		),
	);
	private const SILENT  = array( 'webhook', array( 'url' => 'https://nobody.example/', 'body' => '{}' ) );
	private const FAILING = array( 'stand_in_throwing', array( 'message' => 'No answer for {booking_recovery_full_name} ({booking_recovery_email})' ) );
	private const FAULTY  = array( 'stand_in_throwing', array( 'message' => 'No class', 'is_error' => true ) );

	/**
	 * @dataProvider workflows
	 */
	public function test_the_outcome_tells_what_was_handed_over( array $actions, array $before_5_2, array $since_5_2 ): void {
		$this->add_actions( $actions );

		$answer = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		$this->assertSame( $this->logs_every_action() ? $since_5_2 : $before_5_2, array( $answer['outcome'], count( $this->letters ) ) );
		$this->assertSame( count( $actions ), $answer['actions'] );
		$this->assertSame( 'sent' === $answer['outcome'], ! isset( $answer['error'] ) );
	}

	public function workflows(): array {
		return array(
			'all well'                         => array( array( self::MAIL, self::MAIL ), array( 'sent', 2 ), array( 'sent', 2 ) ),
			'the only one fails'               => array( array( self::FAILING ), array( 'failed', 0 ), array( 'failed', 0 ) ),
			'the only one is faulty'           => array( array( self::FAULTY ), array( 'failed', 0 ), array( 'failed', 0 ) ),
			'one before it was well'           => array( array( self::MAIL, self::FAILING ), array( 'partial', 1 ), array( 'partial', 1 ) ),
			'one behind it is well'            => array( array( self::FAILING, self::MAIL ), array( 'partial', 0 ), array( 'partial', 1 ) ),
			'both fail'                        => array( array( self::FAILING, self::FAILING ), array( 'partial', 0 ), array( 'failed', 0 ) ),
			'one fails, then one is faulty'    => array( array( self::FAILING, self::FAULTY ), array( 'partial', 0 ), array( 'failed', 0 ) ),
			'one was well, then one is faulty' => array( array( self::MAIL, self::FAULTY, self::MAIL ), array( 'partial', 1 ), array( 'partial', 1 ) ),
		);
	}

	public function test_an_error_names_nobody(): void {
		$this->add_actions( array( self::FAILING ) );
		$body = $this->trigger_body( array( 'contact' => array( 'email' => 'chloe@visitors.example', 'first_name' => 'Chloë', 'last_name' => 'Ñandú' ) ) );

		$answer = $this->call( 'recoveries', $body )->get_data();

		$this->assertSame( ( $this->logs_every_action() ? '' : 'Exception: ' ) . 'No answer for … … (…)', $answer['error'] );
	}

	public function test_what_failed_may_be_tried_again_and_is_told_by_its_own_entries(): void {
		$workflow = $this->add_actions( array( self::FAILING ) );
		$this->call( 'recoveries', $this->trigger_body() );
		BookneticApp\Models\WorkflowAction::where( 'workflow_id', $workflow )->delete();
		booknetic_stand_in_add_action( $workflow, ...self::MAIL );

		$answer = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_data();

		$this->assertSame( array( 'sent', 'log', false ), array( $answer['outcome'], $answer['evidence'], $answer['repeated'] ) );
		$this->assertCount( 1, $this->letters );
	}

	public function test_what_others_send_meanwhile_is_no_evidence(): void {
		$this->add_actions( array( self::FAILING, self::FAILING ) );
		add_filter(
			'bkntc_workflow_should_execute_action',
			static function ( $run ) {
				WorkflowLog::insert(
					array(
						'when'       => 'booking_recovery_abandoned',
						'event_data' => (string) wp_json_encode( array( 'booking_recovery_id' => 'somebody.1' ) ),
						'status'     => 'success',
					)
				);
				return $run;
			}
		);

		$answer = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		remove_all_filters( 'bkntc_workflow_should_execute_action' );
		// Before 5.2 nothing in the log tells whose an entry is.
		$this->assertSame( $this->logs_every_action() ? 'failed' : 'partial', $answer['outcome'] );
	}

	public function test_booknetics_own_retry_writes_to_nobody_again(): void {
		$this->add_actions( array( self::MAIL ) );
		$this->call( 'recoveries', $this->trigger_body() );

		// There is no such button before.
		if ( $this->logs_every_action() ) {
			booknetic_stand_in_admin_retry( (int) booknetic_stand_in_workflow_logs()[0]['id'] );
		}

		$this->assertCount( 1, $this->letters );
	}

	public function test_a_silent_action_leaves_evidence_only_where_booknetic_logs(): void {
		$this->add_actions( array( self::SILENT ) );
		add_filter(
			'pre_http_request',
			static function () {
				return new WP_Error( 'down' );
			},
			20
		);

		$answer = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		$this->assertSame( array( 'sent', $this->logs_every_action() ? 'log' : 'none' ), array( $answer['outcome'], $answer['evidence'] ) );
	}

	private function logs_every_action(): bool {
		return version_compare( Helper::getVersion(), '5.2', '>=' );
	}

	private function add_actions( array $actions ): int {
		$workflow = booknetic_stand_in_add_workflow_with( 'booking_recovery_abandoned', ...array_shift( $actions ) );
		foreach ( $actions as $action ) {
			booknetic_stand_in_add_action( $workflow, ...$action );
		}
		return $workflow;
	}
}
