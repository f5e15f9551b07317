<?php
/**
 * A recovery reaches its visitor once, or says why not.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Lock;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;
use BookneticApp\Config;
use BookneticApp\Models\WorkflowAction;
use BookneticApp\Providers\Common\WorkflowDriver;
use BookneticApp\Providers\Core\Permission;

/**
 * @covers \Booking_Recovery\Recovery_Run
 * @covers \Booking_Recovery\Recoveries
 * @covers \Booking_Recovery\Booknetic_Gateway
 */
final class RecoveriesTest extends Site_Test_Case {

	public function test_the_owners_message_goes_to_the_visitor_with_their_choices(): void {
		$this->add_workflow();

		$answer = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		$this->assertSame( 'sent', $answer['outcome'] );
		$this->assertCount( 1, $this->letters );
		$this->assertSame( 'chloe@visitors.example', $this->letters[0]['to'] );
		$this->assertSame( 'Chloë: Färben & Schneiden', $this->letters[0]['subject'] );
		$this->assertSame( '<a href="' . home_url( '/book/?service=1&staff=999&booking_recovery=tok_12345678' ) . '">January 2, 2199, 10:30 am</a> Färben & Schneiden', $this->letters[0]['message'] );
	}

	public function test_nothing_personal_is_kept_once_it_has_ended(): void {
		global $wpdb;
		$this->add_workflow();

		$this->call( 'recoveries', $this->trigger_body() );

		$rows = (string) wp_json_encode( $wpdb->get_results( 'SELECT * FROM ' . Schema::table( 'recoveries' ) ) );
		$this->assertStringContainsString( '"sent', stripslashes( $rows ) );
		$this->assertStringNotContainsString( 'visitors.example', $rows );
	}

	public function test_what_booknetic_is_given_names_no_person(): void {
		$seen = $this->add_driver(
			static function (): void {}
		);

		$this->call( 'recoveries', $this->trigger_body() );

		$this->assertSame(
			array(
				array(
					'booking_recovery_id' => self::SESSION . '.1',
					'service_id'          => 1,
				),
			),
			$seen->params
		);
	}

	public function test_a_test_message_is_marked(): void {
		$seen = $this->add_driver(
			static function (): void {}
		);

		$this->call( 'recoveries', $this->trigger_body( array( 'recovery_id' => 'test-1', 'test' => true ) ) );

		$this->assertTrue( $seen->params[0]['booking_recovery_test'] );
	}

	public function test_a_lone_action_that_fails_may_be_tried_again(): void {
		$fails = true;
		$seen  = $this->add_driver(
			static function () use ( &$fails ): void {
				if ( $fails ) {
					echo 'Warning: SMTP';
					throw new RuntimeException( 'No route to chloe@visitors.example or +49 170 1234567' );
				}
			}
		);

		$failed = $this->call( 'recoveries', $this->trigger_body() )->get_data();
		$fails  = false;
		$again  = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_data();

		$this->expectOutputString( '' );
		$this->assertSame( 'failed', $failed['outcome'] );
		$this->assertStringEndsWith( 'No route to … or …', $failed['error'] );
		$this->assertSame( array( 'sent', false ), array( $again['outcome'], $again['repeated'] ) );
		$this->assertCount( 2, $seen->params );
	}

	public function test_an_error_is_no_less_caught_than_an_exception(): void {
		$this->add_driver(
			static function (): void {
				null_function();
			}
		);

		$this->assertSame( 'failed', $this->call( 'recoveries', $this->trigger_body() )->get_data()['outcome'] );
	}

	public function test_after_one_message_a_failing_action_leaves_it_partly_done_for_good(): void {
		$workflow = $this->add_workflow();
		$this->add_driver(
			static function (): void {
				throw new RuntimeException( 'SMS' );
			},
			$workflow
		);

		$first = $this->call( 'recoveries', $this->trigger_body() )->get_data();
		$again = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_data();

		$this->assertSame( array( 'partial', 2, 'log' ), array( $first['outcome'], $first['actions'], $first['evidence'] ) );
		$this->assertSame( array( 'partial', true ), array( $again['outcome'], $again['repeated'] ) );
		$this->assertCount( 1, $this->letters );
	}

	public function test_a_visitor_who_booked_meanwhile_gets_nothing(): void {
		$this->add_workflow();
		$this->book();

		$answer = $this->call( 'recoveries', $this->trigger_body() )->get_data();

		$this->assertSame( array( 'stopped', 'booked' ), array( $answer['outcome'], $answer['reason'] ) );
		$this->assertSame( array(), $this->letters );
	}

	public function test_who_booked_elsewhere_meanwhile_gets_nothing(): void {
		$this->add_workflow();
		$this->book( null );
		$body = $this->trigger_body( array( 'started_at' => gmdate( 'Y-m-d\TH:i:s\Z', time() - 60 ) ) );

		$answer = $this->call( 'recoveries', $body )->get_data();
		$other  = $this->call( 'recoveries', array( 'recovery_id' => self::SESSION . '.2', 'number' => 2, 'contact' => array( 'email' => 'other@visitors.example' ) ) + $body )->get_data();

		$this->assertSame( array( 'stopped', 'booked' ), array( $answer['outcome'], $answer['reason'] ) );
		$this->assertSame( 'sent', $other['outcome'] );
		$this->assertCount( 1, $this->letters );
	}

	public function test_a_booking_from_before_or_one_not_paid_is_no_reason_to_stop(): void {
		$this->add_workflow();
		$this->book( null );
		$after = $this->call( 'recoveries', $this->trigger_body( array( 'started_at' => gmdate( 'Y-m-d\TH:i:s\Z', time() + 60 ) ) ) )->get_data();
		$this->visit( array( 'payment_method' => 'online' ), array( array( 'customer_data' => array( 'email' => 'zoe@visitors.example' ) ) + $this->bookable( 10 ) ), self::OTHER );
		$requests = BookneticApp\Backend\Appointments\Helpers\AppointmentRequests::load();
		BookneticApp\Backend\Customers\Helpers\CustomerService::createOrUpdateCustomerData( $requests->appointments[0] );
		BookneticApp\Backend\Appointments\Helpers\AppointmentService::createAppointment( $requests );
		$unpaid = $this->call( 'recoveries', $this->trigger_body( array( 'recovery_id' => self::OTHER . '.1', 'session_id' => self::OTHER, 'kind' => 'unpaid', 'started_at' => gmdate( 'Y-m-d\TH:i:s\Z', time() - 60 ), 'contact' => array( 'email' => 'zoe@visitors.example' ) ) ) )->get_data();

		$this->assertSame( array( 'sent', 'sent' ), array( $after['outcome'], $unpaid['outcome'] ) );
	}

	public function test_a_tenants_workflow_runs_as_the_tenant(): void {
		$tenants = array();
		$this->add_driver(
			static function () use ( &$tenants ): void {
				$tenants[] = Permission::tenantId();
			}
		);

		$this->call( 'recoveries', $this->trigger_body( array( 'tenant_id' => 7 ) ) );
		$this->call( 'recoveries', $this->trigger_body( array( 'recovery_id' => self::SESSION . '.2', 'number' => 2 ) ) );

		$this->assertSame( array( 7, null ), $tenants );
		$this->assertNull( Permission::tenantId() );
	}

	public function test_a_run_that_died_is_interrupted_and_never_repeated(): void {
		$this->add_workflow();
		( new Recoveries() )->claim( self::SESSION . '.1', $this->trigger_body() );

		$found = $this->call( 'recoveries/lookup', array( 'action' => 'recoveries.lookup', 'recovery_id' => self::SESSION . '.1' ) )->get_data();
		$again = $this->call( 'recoveries', $this->trigger_body( array( 'retry' => true ) ) )->get_data();

		$this->assertSame( array( 'interrupted', true ), array( $found['outcome'], $found['repeated'] ) );
		$this->assertSame( array( 'interrupted', true ), array( $again['outcome'], $again['repeated'] ) );
		$this->assertSame( array(), $this->letters );
	}

	public function test_while_one_process_is_at_it_others_are_told_to_wait(): void {
		$this->add_workflow();
		$ours  = $GLOBALS['wpdb'];
		$other = new wpdb( DB_USER, DB_PASSWORD, DB_NAME, DB_HOST );
		$other->set_prefix( $ours->prefix );

		$GLOBALS['wpdb'] = $other;
		( new Recoveries() )->claim( self::SESSION . '.1', $this->trigger_body() );
		$this->assertTrue( ( new Lock() )->take( self::SESSION . '.1' ) );
		$GLOBALS['wpdb'] = $ours;
		$trigger         = $this->call( 'recoveries', $this->trigger_body() );
		$lookup          = $this->call( 'recoveries/lookup', array( 'action' => 'recoveries.lookup', 'recovery_id' => self::SESSION . '.1', 'close' => true ) );
		$other->close();

		foreach ( array( $trigger, $lookup ) as $response ) {
			$this->assertSame( 409, $response->get_status() );
			$this->assertSame( 'recovery_in_progress', $response->get_data()['code'] );
			$this->assertGreaterThan( 0, (int) $response->get_headers()['Retry-After'] );
		}
		$this->assertSame( array(), $this->letters );
	}

	public function test_where_booknetic_is_not_ready_nothing_is_claimed(): void {
		$this->add_workflow();
		Config::getWorkflowEventsManager()->setEnabled( false );
		try {
			$response = $this->call( 'recoveries', $this->trigger_body() );
		} finally {
			Config::getWorkflowEventsManager()->setEnabled( true );
		}

		$this->assertSame( 503, $response->get_status() );
		$this->assertGreaterThan( 0, (int) $response->get_headers()['Retry-After'] );
		$this->assertSame( 'sent', $this->call( 'recoveries', $this->trigger_body() )->get_data()['outcome'] );
	}

	public function test_contact_of_a_broken_run_is_forgotten_after_a_day(): void {
		global $wpdb;
		$table      = Schema::table( 'recoveries' );
		$recoveries = new Recoveries();
		$recoveries->claim( 'a.1', $this->trigger_body() );
		$recoveries->claim( 'b.1', $this->trigger_body() );
		$wpdb->query( "UPDATE $table SET claimed_at = claimed_at - 90000 WHERE recovery_id = 'a.1'" );

		$recoveries->prune();

		$this->assertNull( $recoveries->request( 'a.1' ) );
		$this->assertNotNull( $recoveries->request( 'b.1' ) );
		$this->assertNotNull( $recoveries->find( 'a.1' ) );
	}

	public function test_other_messages_pass_the_codes_untouched(): void {
		$codes = Config::getShortCodeService();

		$this->assertSame( '{booking_recovery_link}', $codes->replace( '{booking_recovery_link}', array( 'appointment_id' => 0 ) ) );
		$this->assertSame( '', $codes->replace( null, new BookneticApp\Providers\DB\Collection() ) );
		$this->assertSame( 'To: ', $codes->replace( 'To: {booking_recovery_email}', array( 'booking_recovery_id' => 'gone.1' ) ) );
	}

	public function test_the_event_and_its_codes_are_offered_to_the_owner(): void {
		$event = Config::getWorkflowEventsManager()->getAll()['booking_recovery_abandoned'];
		$kinds = array_column( Config::getShortCodeService()->getShortCodesList( $event->getAvailableParams() ), 'kind', 'code' );

		$this->assertSame( 'Booking abandoned', $event->getTitle() );
		$this->assertSame( array( 'email', 'phone', 'url', '' ), array( $kinds['booking_recovery_email'], $kinds['booking_recovery_phone'], $kinds['booking_recovery_link'], $kinds['booking_recovery_first_name'] ) );
		$this->assertArrayHasKey( 'service_name', $kinds );
		$this->assertArrayNotHasKey( 'customer_email', $kinds );
	}

	/**
	 * Adds a workflow action that does what it is told and remembers what it was given.
	 */
	private function add_driver( callable $work, int $workflow_id = 0 ): WorkflowDriver {
		$driver = $this->register_driver( $work );
		if ( 0 === $workflow_id ) {
			$workflow_id = $this->add_workflow();
			WorkflowAction::where( 'workflow_id', $workflow_id )->delete();
		}
		WorkflowAction::insert( array( 'workflow_id' => $workflow_id, 'driver' => 'remembering', 'data' => '{}' ) );
		return $driver;
	}
}
