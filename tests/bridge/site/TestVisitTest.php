<?php
/**
 * A robot's visit, and how far it came.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Delivery;
use Booking_Recovery\Lock;
use Booking_Recovery\Outbox;
use Booking_Recovery\Person;
use Booking_Recovery\Plugin;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;
use Booking_Recovery\Settings;
use Booking_Recovery\Suppressions;
use Booking_Recovery\Test_Visits;
use Booking_Recovery\Visit_Witness;

/**
 * @covers \Booking_Recovery\Test_Visit
 * @covers \Booking_Recovery\Test_Visits
 * @covers \Booking_Recovery\Visit_Robot
 * @covers \Booking_Recovery\Visit_Stages
 * @covers \Booking_Recovery\Visits_Controller
 * @covers \Booking_Recovery\Booknetic_Panel
 */
final class TestVisitTest extends Site_Test_Case {

	private const ID    = 'test-7f0c5d1e9a3b4c6d8e2f0a1b';
	private const OWNER = 'owner@example.com';
	private const STEPS = '[{"id":"location","hidden":true},{"id":"information","hidden":false},{"id":"service","hidden":false}]';

	/**
	 * The robot's requests: method, address, what was posted.
	 *
	 * @var array<int, array{ 0: string, 1: string, 2: array<string, string> }>
	 */
	private $requests = array();

	/**
	 * What the site answers to them: status, body, location.
	 *
	 * @var array<string, array{ 0: int, 1: string, 2?: string }>
	 */
	private $site = array();

	protected function setUp(): void {
		parent::setUp();
		$this->requests = array();
		$this->site     = array(
			'page'                       => array( 200, '<div class="booknetic_appointment" data-info=\'{"x":1}\' data-steps="' . esc_attr( self::STEPS ) . '"><script>booking_recovery appointment_ajax_data</script>' ),
			'bkntc_get_data'             => array( 200, '{"status":"ok","html":"&lt;p&gt;"}' ),
			'bkntc_check_customer_exist' => array( 200, '{"status":"ok","customer_id":-1}' ),
		);
		add_filter( 'pre_http_request', array( $this, 'answer_the_robot' ), 20, 3 );
	}

	public function answer_the_robot( $answered, array $request, string $url ) {
		if ( 0 !== strpos( $url, home_url() ) && 0 !== strpos( $url, admin_url() ) ) {
			$this->assertNotFalse( $answered, 'Only the sidecar is asked, and this site.' );
			return $answered;
		}
		$this->assertSame( 0, $request['redirection'] );
		$this->assertSame( array(), $request['cookies'] );
		$this->assertLessThanOrEqual( 10, $request['timeout'] );
		$fields           = (array) $request['body'];
		$this->requests[] = array( $request['method'], $url, $fields );
		$says             = $this->site[ $fields['action'] ?? 'page' ];
		if ( 0 === $says[0] ) {
			return new WP_Error( 'http_request_failed', 'Connection refused' );
		}
		return array(
			'headers'  => new Requests_Utility_CaseInsensitiveDictionary( isset( $says[2] ) ? array( 'location' => $says[2] ) : array() ),
			'body'     => $says[1],
			'response' => array(
				'code'    => $says[0],
				'message' => '',
			),
			'cookies'  => array(),
			'filename' => null,
		);
	}

	private function begin( string $id = self::ID ): array {
		return $this->test_visit()->begin( $id, self::OWNER );
	}

	/**
	 * Has the visit leave the traces that the bridge would have left.
	 */
	private function noticed(): void {
		( new Outbox() )->add( 'session.started', self::ID, array() );
		( new Outbox() )->add( 'session.contact_given', self::ID, array() );
	}

	private function begun_ago( int $seconds ): void {
		$visits                         = get_option( Test_Visits::OPTION );
		$visits[ self::ID ]['began_at'] -= 1000 * $seconds;
		foreach ( $visits[ self::ID ]['walk'] as &$noted ) {
			$noted['at'] -= 1000 * $seconds;
		}
		update_option( Test_Visits::OPTION, $visits );
	}

	private function states(): string {
		return implode( ' ', array_column( $this->test_visit()->read( self::ID )['stages'], 'state' ) );
	}

	private function text( string $name ): string {
		return array_column( $this->test_visit()->read( self::ID )['stages'], 'text', 'name' )[ $name ];
	}

	public function test_the_robot_does_what_a_visitors_browser_does_up_to_the_address(): void {
		$this->begin();

		$this->assertSame( array( 'GET', 'POST', 'POST', 'POST' ), array_column( $this->requests, 0 ) );
		list( $page, $first, $form, $typed ) = array_column( $this->requests, 2 );
		$this->assertSame( array(), $page );
		$this->assertSame( array( 'bkntc_get_data', 'information' ), array( $first['action'], $first['current_step'] ) );
		$this->assertSame( array( 'bkntc_get_data', 'information', '' ), array( $form['action'], $form['current_step'], $form['previous_step'] ) );
		$this->assertSame( array( 'bkntc_check_customer_exist', self::ID, '{"x":1}' ), array( $typed['action'], $typed['booking_recovery_session'], $typed['info'] ) );
		$this->assertArrayNotHasKey( 'booking_recovery_consent', $typed );
		$item = json_decode( $typed['cart'], true )[0];
		$this->assertSame( array( self::OWNER, 'Test' ), array( $item['customer_data']['email'], $item['customer_data']['first_name'] ) );
		$this->assertSame( array( 1, 1, 1 ), array( $item['service'], $item['staff'], $item['location'] ) );
		$this->assertArrayNotHasKey( 'customer_data', json_decode( $form['cart'], true )[0] );
	}

	public function test_the_form_of_a_tenant_says_whose_it_is(): void {
		$this->site['page'][1] .= '<div data-tenant_id="7">';

		$this->begin();

		$this->assertSame( '7', $this->requests[3][2]['tenant_id'] );
	}

	public function test_where_there_is_a_box_it_is_ticked(): void {
		$this->site['bkntc_get_data'][1] = (string) json_encode( array( 'status' => 'ok', 'html' => htmlspecialchars( '<input type="checkbox" class="booking_recovery_consent">' ) ) );

		$this->begin();

		$this->assertSame( '1', $this->requests[3][2]['booking_recovery_consent'] );
	}

	public function test_where_a_box_is_needed_and_missing_that_is_told(): void {
		add_option( Settings::OPTION, array( 'recovery' => array( 'consent' => 'opt_in' ) ) );

		$this->begin();

		$this->assertStringContainsString( 'box', $this->text( 'steps' ) );
		$this->assertCount( 3, $this->requests, 'the address is not typed' );
	}

	/**
	 * @dataProvider troubles
	 */
	public function test_what_is_wrong_with_the_form_is_told( string $what, array $answer, string $states, string $stage, string $text ): void {
		$this->site[ $what ] = $answer;

		$report = $this->begin();

		$this->assertSame( $states, $this->states() );
		$this->assertStringContainsString( $text, $this->text( $stage ) );
		$this->assertSame( array( true, false ), array( $report['is_over'], $report['passed'] ) );
	}

	public function troubles(): array {
		$never = 'failed' . str_repeat( ' not_tried', 5 );
		$steps = 'passed failed' . str_repeat( ' not_tried', 4 );
		return array(
			'unreachable'          => array( 'page', array( 0, '' ), $never, 'form', 'loopback' ),
			'page is gone'         => array( 'page', array( 404, '' ), $never, 'form', '404' ),
			'no form on the page'  => array( 'page', array( 200, '[booknetic]' ), $never, 'form', 'no form' ),
			'no script'            => array( 'page', array( 200, '<div class="booknetic_appointment">' ), $never, 'form', 'wp_footer' ),
			'another host'         => array( 'page', array( 301, '', 'https://evil.example/book/' ), $never, 'form', 'evil.example' ),
			'a password'           => array( 'bkntc_get_data', array( 401, '' ), $never, 'form', '401' ),
			'requests are sent on' => array( 'bkntc_get_data', array( 302, '', 'https://evil.example/' ), $never, 'form', 'evil.example' ),
			'nobody answers'       => array( 'bkntc_get_data', array( 400, '0' ), $steps, 'steps', 'Something else' ),
			'a fatal error'        => array( 'bkntc_check_customer_exist', array( 500, '<p>There has been a critical error' ), $steps, 'steps', 'Something else' ),
			'a refusal'            => array( 'bkntc_get_data', array( 200, '{"status":"error","error_msg":"<b>Recaptcha</b> failed"}' ), $steps, 'steps', 'Recaptcha failed' ),
		);
	}

	public function test_a_page_from_an_old_cache_is_told_from_a_script_that_was_moved(): void {
		$with    = $this->site['page'];
		$without = array( 200, str_replace( 'appointment_ajax_data', '', $with[1] ) );
		$this->answer_pages( array( $without, $with ) );
		$this->begin();
		$this->assertStringContainsString( 'Empty the page cache', $this->text( 'form' ) );
		$this->assertStringContainsString( 'booking_recovery_visit=1', $this->requests[1][1] );

		delete_option( Test_Visits::OPTION );
		$this->answer_pages( array( $without, $without ) );
		$this->begin();

		$this->assertStringContainsString( 'moved', $this->text( 'form' ) );
		$this->assertStringStartsWith( 'passed passed', $this->states() );
	}

	/**
	 * Has the site answer with one page after the other.
	 *
	 * @param array<int, array<int, mixed>> $pages Its answers.
	 */
	private function answer_pages( array $pages ): void {
		add_filter(
			'pre_http_request',
			function ( $answered, array $request ) use ( &$pages ) {
				if ( 'GET' === $request['method'] && array() !== $pages ) {
					$this->site['page'] = array_shift( $pages );
					// As the request for it would have noted.
					if ( array() === $pages ) {
						( new Test_Visits( new Lock() ) )->add_notes( self::ID, array( Visit_Witness::FOOTER ) );
					}
				}
				return $answered;
			},
			5,
			2
		);
	}

	public function test_where_booknetic_is_not_ready_that_is_told(): void {
		$this->site['bkntc_get_data'] = array( 400, '0' );

		$this->test_visit( false )->begin( self::ID, self::OWNER );

		$this->assertStringContainsString( 'Booknetic is not active', $this->text( 'steps' ) );
	}

	public function test_a_page_that_moved_on_this_site_is_followed(): void {
		$this->answer_pages( array( array( 301, '', home_url( '/there/' ) ), $this->site['page'] ) );

		$this->begin();

		$this->assertSame( home_url( '/there/' ), $this->requests[1][1] );
		$this->assertStringStartsWith( 'passed passed', $this->states() );
	}

	public function test_without_an_address_to_type_the_robot_stays_at_home(): void {
		$this->test_visit()->begin( self::ID, 'admin@localhost' );

		$this->assertSame( array(), $this->requests );
		$this->assertStringContainsString( 'profile', $this->text( 'form' ) );
	}

	public function test_each_stage_is_read_from_the_traces_of_the_visit(): void {
		global $wpdb;
		$this->begin();
		$this->assertSame( 'passed passed failed not_tried not_tried not_tried', $this->states() );
		$this->noticed();
		$this->assertSame( 'passed passed passed waiting waiting waiting', $this->states() );
		$wpdb->query( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET delivered_at = ' . time() );
		$this->assertSame( 'passed passed passed passed waiting waiting', $this->states() );
		( new Recoveries() )->claim( self::ID . '.1', array() );
		$this->assertSame( 'passed passed passed passed passed waiting', $this->states() );
		( new Recoveries() )->end( self::ID . '.1', array( 'outcome' => 'sent', 'evidence' => 'log', 'ended_at' => gmdate( 'Y-m-d\TH:i:s.250\Z' ) ) );

		$report = $this->test_visit()->read( self::ID );

		$this->assertTrue( $report['passed'] );
		$this->assertTrue( $report['is_over'] );
		$times = array_column( $report['stages'], 'ms' );
		$this->assertCount( 6, $times );
		$sorted = $times;
		sort( $sorted );
		$this->assertSame( $sorted, $times );
		$this->assertMatchesRegularExpression( '/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/', $report['stages'][5]['at'] );
		$this->assertStringContainsString( 'o…@example.com', $report['stages'][5]['text'] );
		$this->assertStringNotContainsString( self::OWNER, (string) json_encode( array( $report, get_option( Test_Visits::OPTION ) ) ) );
	}

	/**
	 * @dataProvider ends
	 */
	public function test_what_kept_the_message_back_is_told( array $answer, string $text ): void {
		$this->begin();
		$this->noticed();
		( new Recoveries() )->claim( self::ID . '.1', array() );
		( new Recoveries() )->end( self::ID . '.1', $answer );

		$this->assertSame( 'passed passed passed passed passed failed', $this->states() );
		$this->assertStringContainsString( $text, $this->text( 'workflow' ) );
	}

	public function ends(): array {
		return array(
			'no workflow' => array( array( 'outcome' => 'no_workflow' ), 'Booking abandoned' ),
			'opted out'   => array( array( 'outcome' => 'stopped', 'reason' => 'opted_out' ), 'opted out' ),
			'paused'      => array( array( 'outcome' => 'stopped', 'reason' => 'paused' ), 'paused' ),
			'too late'    => array( array( 'outcome' => 'stopped', 'reason' => 'too_late' ), 'too_late' ),
			'failed'      => array( array( 'outcome' => 'failed', 'error' => 'SMTP says no' ), 'SMTP says no' ),
			'interrupted' => array( array( 'outcome' => 'interrupted' ), 'PHP ended' ),
		);
	}

	public function test_a_stage_that_is_not_reached_in_a_minute_has_failed_and_may_still_come(): void {
		$this->begin();
		$this->begun_ago( 70 );
		$this->noticed();
		$this->assertSame( 'passed passed passed waiting waiting waiting', $this->states(), 'each stage has its own minute' );
		$GLOBALS['wpdb']->query( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET occurred_at = occurred_at - 70000' );
		$this->assertSame( 'passed passed passed failed not_tried not_tried', $this->states() );
		$this->assertStringContainsString( 'Save and test', $this->text( 'taken' ) );

		( new Recoveries() )->claim( self::ID . '.1', array() );

		$this->assertSame( 'passed passed passed passed passed waiting', $this->states() );
	}

	public function test_who_may_not_be_written_to_is_told_at_once(): void {
		$this->begin();
		$this->noticed();
		$GLOBALS['wpdb']->query( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET delivered_at = ' . time() );

		( new Suppressions() )->record( Person::keys( self::OWNER, null ), Suppressions::OPT_OUT, 'link', time() );
		$this->assertStringContainsString( 'opted out', $this->text( 'called_back' ) );
		add_option( Settings::OPTION, array( 'paused' => true ) );
		$this->assertStringContainsString( 'paused', $this->text( 'called_back' ) );
	}

	public function test_a_sidecar_that_refuses_is_told_at_once(): void {
		$this->begin();
		$this->noticed();
		update_option( Delivery::OPTION, array( 'result' => Delivery::REFUSED, 'failures' => 1, 'next_at' => 0 ) );

		$this->assertSame( 'passed passed passed failed not_tried not_tried', $this->states() );
	}

	public function test_a_robot_that_died_in_the_form_is_not_waited_for(): void {
		( new Test_Visits( new Lock() ) )->add( self::ID, 'o…@example.com', array(), Test_Visits::now() );
		$this->assertSame( implode( ' ', array_fill( 0, 6, 'waiting' ) ), $this->states() );

		$this->begun_ago( 91 );

		$this->assertSame( 'failed' . str_repeat( ' not_tried', 5 ), $this->states() );
		$this->assertTrue( $this->test_visit()->read( self::ID )['is_over'] );
	}

	public function test_one_visit_at_a_time_and_each_only_once(): void {
		$this->begin();
		$this->noticed();
		$this->begin();
		$this->assertCount( 4, $this->requests );

		$other = $this->call( 'visits', array( 'action' => 'visits.begin', 'visit_id' => 'test-aaaaaaaaaaaaaaaa' ) );

		$this->assertSame( 409, $other->get_status() );
		$this->assertGreaterThan( 0, (int) $other->get_headers()['Retry-After'] );
		$this->assertCount( 4, $this->requests );
		$this->assertSame( 404, $this->call( 'visits/read', array( 'action' => 'visits.read', 'visit_id' => 'test-aaaaaaaaaaaaaaaa' ) )->get_status() );
	}

	public function test_visits_are_forgotten_after_a_day_and_only_five_are_kept(): void {
		$visits = new Test_Visits( new Lock() );
		for ( $number = 1; $number <= 6; $number++ ) {
			$visits->add( "test-0000000$number", '', array(), Test_Visits::now() );
		}
		$visits->add( 'test-00000007', '', array(), Test_Visits::now() - 1000 * DAY_IN_SECONDS - 2000 );

		$this->assertNull( $visits->find( 'test-00000001' ) );
		$this->assertNotNull( $visits->find( 'test-00000003' ) );
		$this->assertNull( $visits->find( 'test-00000007' ) );
		$this->assertSame( 'test-00000006', $visits->last_id() );
		$this->assertArrayHasKey( 'test-00000007', get_option( Test_Visits::OPTION ) );
		do_action( Plugin::CRON );
		$this->assertArrayNotHasKey( 'test-00000007', get_option( Test_Visits::OPTION ) );
		$this->assertNotNull( $visits->find( 'test-00000006' ) );
	}

	public function test_visitors_cannot_pass_for_a_test_visit(): void {
		$item = array( 'customer_data' => array( 'email' => 'chloe@visitors.example', 'first_name' => '', 'last_name' => '', 'phone' => '' ) );
		$this->post( 'get_data', array( 'current_step' => 'information' ), $item, self::ID );
		$this->assertSame( array(), $this->types() );
		$this->begin();
		$this->post( 'get_data', array( 'current_step' => 'information' ), $item, self::ID );
		$this->assertSame( array(), $this->types(), 'the robot has left the form' );

		( new Test_Visits( new Lock() ) )->add( 'test-aaaaaaaaaaaaaaaa', '', array(), Test_Visits::now() );
		$this->post( 'get_data', array( 'current_step' => 'information' ), $item, 'test-aaaaaaaaaaaaaaaa' );

		$this->assertSame( array( 'session.started', 'session.contact_given', 'session.step_reached' ), $this->types() );
	}

	public function test_a_test_message_goes_to_somebody_who_has_booked_but_not_to_who_opted_out(): void {
		$this->add_workflow();
		$this->book();
		$test = $this->trigger_body( array( 'recovery_id' => self::ID . '.1', 'session_id' => self::ID, 'test' => true, 'started_at' => gmdate( 'Y-m-d\TH:i:s\Z', time() - 60 ) ) );

		$this->assertSame( 'sent', $this->call( 'recoveries', $test )->get_data()['outcome'] );
		( new Suppressions() )->record( Person::keys( 'chloe@visitors.example', null ), Suppressions::FORGET, 'link', time() );
		$answer = $this->call( 'recoveries', array( 'recovery_id' => 'test-aaaaaaaaaaaaaaaa.1' ) + $test )->get_data();
		$this->assertSame( array( 'stopped', 'forgotten' ), array( $answer['outcome'], $answer['reason'] ) );
	}

	public function test_the_moment_at_which_a_recovery_ended_is_kept(): void {
		$this->add_workflow();
		$this->call( 'recoveries', $this->trigger_body() );

		$ended = strtotime( $this->call( 'recoveries', $this->trigger_body() )->get_data()['ended_at'] );

		$this->assertEqualsWithDelta( time(), $ended, 5 );
	}
}
