<?php
/**
 * From what Booknetic does to what the sidecar reads.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Schema;
use BookneticApp\Backend\Appointments\Controllers\AppointmentAjaxController;
use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\DB\DB;

/**
 * @covers \Booking_Recovery\Booknetic_Events
 * @covers \Booking_Recovery\Event_Composer
 * @covers \Booking_Recovery\Bookings
 * @covers \Booking_Recovery\Sessions
 */
final class BookneticEventsTest extends Site_Test_Case {

	public function test_a_way_through_the_form_is_told_from_its_start(): void {
		$this->post( 'get_data', array( 'current_step' => 'staff', 'previous_step' => 'service' ), array( 'staff' => -1 ) );
		$this->post( 'get_data', array( 'current_step' => 'information', 'previous_step' => 'date_time' ), array( 'date' => '2026-07-03', 'time' => '10:30' ) );

		list( $started, $first, $second ) = $this->events();
		$this->assertSame( array( 'session.started', 'session.step_reached', 'session.step_reached' ), $this->types() );
		$this->assertSame( self::SESSION, $started['session_id'] );
		$this->assertSame( home_url( '/book/' ), $started['data']['page_url'] );
		$this->assertSame( 'desktop', $started['data']['device'] );
		$this->assertSame( 'staff', $first['data']['step'] );
		$this->assertSame( 'service', $first['data']['previous_step'] );
		$this->assertNull( $first['data']['selection']['staff'] );
		$this->assertSame( array( 'id' => 1, 'name' => 'Färben & Schneiden' ), $first['data']['selection']['service'] );
		$this->assertSame( array( 'id' => 1, 'name' => 'Zoë O’Brien' ), $second['data']['selection']['staff'] );
		$this->assertSame( array( '2026-07-03', '10:30' ), array( $second['data']['selection']['date'], $second['data']['selection']['time'] ) );
		// Summer in the site's zone, Berlin.
		$this->assertSame( '2026-07-03T08:30:00.000Z', $second['data']['selection']['starts_at'] );
	}

	public function test_who_only_looks_at_the_calendar_is_there(): void {
		$this->post( 'get_day_offs' );

		$this->assertSame( array( 'session.started' ), $this->types() );
	}

	public function test_what_is_not_new_is_not_told(): void {
		for ( $i = 0; $i < 3; $i++ ) {
			$this->post( 'get_data', array( 'current_step' => 'staff' ) );
			$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'chloe@visitors.example' ) ) );
		}

		$this->assertSame( array( 'session.started', 'session.step_reached', 'session.contact_given' ), $this->types() );
	}

	public function test_another_choice_at_the_same_step_is_new(): void {
		$this->post( 'get_data', array( 'current_step' => 'staff' ) );
		$this->post( 'get_data', array( 'current_step' => 'staff' ), array( 'service' => 2 ) );

		$this->assertSame( 2, $this->events( 'session.step_reached' )[1]['data']['selection']['service']['id'] );
	}

	public function test_a_refused_step_is_not_reached(): void {
		$answer = $this->post( 'get_data', array( 'current_step' => 'no_such_step' ) );

		$this->assertSame( 'error', $answer['status'] );
		$this->assertSame( array( 'session.started' ), $this->types() );
	}

	public function test_a_request_without_the_scripts_id_tells_nothing(): void {
		foreach ( array( null, 'short', "7f0c5d1e9a3b4c6d8e2f0a1b3c5d7e9f'" ) as $id ) {
			$this->post( 'get_data', array( 'current_step' => 'staff' ), array(), $id );
			$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'chloe@visitors.example' ) ), $id );
		}

		$this->assertSame( array(), $this->events() );
	}

	public function test_only_a_whole_address_is_a_contact_and_the_last_one_counts(): void {
		foreach ( array( 'chl', 'chloe@', 'chloe@visitors', 'Chloe@Visitors.example', 'zoe@visitors.example' ) as $typed ) {
			$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => $typed, 'first_name' => 'Chloë', 'phone' => '0170' ) ) );
		}

		$given = array_column( array_column( $this->events( 'session.contact_given' ), 'data' ), 'contact' );
		$this->assertSame( array( 'chloe@visitors.example', 'zoe@visitors.example' ), array_column( $given, 'email' ) );
		$this->assertSame( 'Chloë', $given[0]['first_name'] );
		$this->assertNull( $given[0]['phone'] );
	}

	public function test_a_phone_number_alone_is_a_contact(): void {
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => '', 'phone' => '+49 170 1234567' ) ) );

		$this->assertSame( '+491701234567', $this->events( 'session.contact_given' )[0]['data']['contact']['phone'] );
	}

	public function test_a_customers_number_alone_reveals_nobody(): void {
		Customer::insert( array( 'first_name' => 'Ann', 'email' => 'ann@visitors.example', 'phone_number' => '+491701234567' ) );
		$id = DB::lastInsertedId();

		$this->post( 'get_data', array( 'current_step' => 'information' ), array( 'customer_id' => $id ) );
		$this->post( 'get_data', array( 'current_step' => 'information' ), array( 'customer_id' => $id, 'customer_data' => array( 'email' => 'other@visitors.example' ) ) );

		$given = $this->events( 'session.contact_given' );
		$this->assertCount( 1, $given );
		$this->assertSame( 'other@visitors.example', $given[0]['data']['contact']['email'] );
		$this->assertNull( $given[0]['data']['contact']['first_name'] );
		$this->assertNull( $given[0]['data']['contact']['phone'] );
	}

	public function test_a_customer_who_types_their_address_is_known_by_name(): void {
		Customer::insert( array( 'first_name' => 'Ann', 'email' => 'ann@visitors.example', 'phone_number' => '+491701234567' ) );
		$id = DB::lastInsertedId();

		$this->post( 'get_data', array( 'current_step' => 'information' ), array( 'customer_id' => $id, 'customer_data' => array( 'email' => 'Ann@visitors.example', 'first_name' => '' ) ) );

		$contact = $this->events( 'session.contact_given' )[0]['data']['contact'];
		$this->assertSame( array( 'ann@visitors.example', '+491701234567', 'Ann', $id ), array( $contact['email'], $contact['phone'], $contact['first_name'], $contact['customer_id'] ) );
	}

	public function test_the_link_of_a_message_is_told_once(): void {
		$query = array( 'query_params' => '{"service":"1","booking_recovery":"tok_12345678"}' );
		$this->post( 'get_data', array( 'current_step' => 'staff' ) + $query );
		$this->post( 'get_data', array( 'current_step' => 'date_time' ) + $query );

		$returned = $this->events( 'session.returned' );
		$this->assertCount( 1, $returned );
		$this->assertSame( array( 'token' => 'tok_12345678' ), $returned[0]['data'] );
	}

	/**
	 * @dataProvider hostile_requests
	 */
	public function test_hostile_requests_leave_only_what_fits( array $fields, array $item, array $types ): void {
		$this->post( 'get_data', $fields, $item );

		$this->assertSame( $types, $this->types() );
		foreach ( $this->events() as $event ) {
			$this->assertLessThan( 2000, strlen( (string) json_encode( $event ) ) );
		}
	}

	public function hostile_requests(): array {
		return array(
			'step of markup'      => array( array( 'current_step' => '<script>' ), array(), array( 'session.started' ) ),
			'token of markup'     => array( array( 'current_step' => 'x', 'query_params' => '{"booking_recovery":"<script>"}' ), array(), array( 'session.started' ) ),
			'token is a list'     => array( array( 'current_step' => 'x', 'query_params' => '{"booking_recovery":["tok_12345678"]}' ), array(), array( 'session.started' ) ),
			'query is a text'     => array( array( 'current_step' => 'x', 'query_params' => '"x"' ), array(), array( 'session.started' ) ),
			'cart is a text'      => array( array( 'current_step' => 'x', 'cart' => 'x' ), array(), array( 'session.started' ) ),
			'cart of lists'       => array( array( 'current_step' => 'x', 'cart' => '[[1],[2]]' ), array(), array( 'session.started' ) ),
			'customer is a text'  => array( array( 'current_step' => 'staff' ), array( 'customer_data' => 'x' ), array( 'session.started', 'session.step_reached' ) ),
			'names of lists'      => array( array( 'current_step' => 'staff' ), array( 'customer_data' => array( 'email' => array( 'a@b.example' ), 'first_name' => array() ) ), array( 'session.started', 'session.step_reached' ) ),
			'endless name'        => array( array( 'current_step' => 'staff' ), array( 'customer_data' => array( 'email' => 'a@b.example', 'first_name' => str_repeat( 'ł', 50000 ) ) ), array( 'session.started', 'session.contact_given', 'session.step_reached' ) ),
			'staff of no service' => array( array( 'current_step' => 'staff' ), array( 'service' => 999999, 'staff' => -5, 'location' => 'x' ), array( 'session.started', 'session.step_reached' ) ),
		);
	}

	public function test_a_booking_is_told_with_its_session_its_customer_and_its_price(): void {
		$id = $this->book();

		$created   = $this->events( 'booking.created' );
		$confirmed = $this->events( 'booking.confirmed' );
		$this->assertCount( 1, $created );
		$this->assertCount( 1, $confirmed );
		$this->assertSame( array(), $this->events( 'booking.changed' ) );
		$this->assertSame( self::SESSION, $confirmed[0]['session_id'] );
		$booking = $confirmed[0]['data']['booking'];
		$this->assertSame( Appointment::get( $id )->payment_id, $booking['key'] );
		$this->assertSame( array( $id ), array_column( $booking['appointments'], 'id' ) );
		$this->assertSame( (int) Appointment::get( $id )->starts_at, strtotime( $booking['appointments'][0]['starts_at'] ) );
		$this->assertSame( '89.00', $booking['total']['amount'] );
		$this->assertSame( 'chloe@visitors.example', $confirmed[0]['data']['contact']['email'] );
		$this->assertSame( array(), $this->events( 'session.contact_given' ) );
	}

	public function test_a_cart_is_one_booking(): void {
		$this->visit( array( 'current_step' => 'confirm' ), array( $this->bookable( 3 ), $this->bookable( 10 ) ) );
		( new BookneticApp\Frontend\Controller\Ajax() )->get_data();

		$this->assertSame( array( 'booking.created', 'booking.confirmed' ), $this->types() );
		$booking = $this->events()[1]['data']['booking'];
		$this->assertCount( 2, $booking['appointments'] );
		$this->assertSame( '178.00', $booking['total']['amount'] );
	}

	public function test_what_happens_in_anothers_request_belongs_to_who_booked(): void {
		$id = $this->book();

		$this->visit( array(), array( array() ), self::OTHER );
		AppointmentService::setStatus( $id, 'approved' );

		$changed = $this->events( 'booking.changed' );
		$this->assertCount( 1, $changed );
		$this->assertSame( self::SESSION, $changed[0]['session_id'] );
		$this->assertSame( 'approved', $changed[0]['data']['booking']['appointments'][0]['status'] );
	}

	public function test_a_payment_made_elsewhere_confirms_once(): void {
		$this->visit( array(), array( $this->bookable() ) );
		$requests = AppointmentRequests::load();
		AppointmentService::createAppointment( $requests );
		$this->assertSame( array( 'booking.created' ), $this->types() );

		$_POST = array();
		PaymentGatewayService::confirmPayment( $requests->paymentId );
		do_action( 'bkntc_payment_confirmed', $requests->appointments[0]->appointmentId );

		$confirmed = $this->events( 'booking.confirmed' );
		$this->assertCount( 1, $confirmed );
		$this->assertSame( self::SESSION, $confirmed[0]['session_id'] );
		$this->assertSame( 'paid', $confirmed[0]['data']['booking']['payment_status'] );
	}

	public function test_a_failed_payment_cancels(): void {
		$this->visit( array(), array( $this->bookable() ) );
		$requests = AppointmentRequests::load();
		AppointmentService::createAppointment( $requests );
		// Booknetic changes the rows without any other hook.
		Appointment::where( 'payment_id', $requests->paymentId )->update( array( 'payment_status' => 'canceled' ) );
		do_action( 'bkntc_payment_canceled', $requests->appointments[0]->appointmentId );

		$canceled = $this->events( 'booking.canceled' );
		$this->assertCount( 1, $canceled );
		$this->assertSame( 'payment_failed', $canceled[0]['data']['reason'] );
		$this->assertSame( 'canceled', $canceled[0]['data']['booking']['appointments'][0]['status'] );
	}

	public function test_a_rejected_booking_is_canceled_and_has_no_price(): void {
		AppointmentService::setStatus( $this->book(), 'rejected' );

		$canceled = $this->events( 'booking.canceled' );
		$this->assertSame( 'rejected', $canceled[0]['data']['reason'] );
		$this->assertNull( $canceled[0]['data']['booking']['total'] );
	}

	public function test_a_moved_appointment_is_a_change(): void {
		$id = $this->book();
		AppointmentService::reschedule( $id, $this->bookable( 10 )['date'], '11:00' );

		$booking = $this->events( 'booking.changed' )[0]['data']['booking'];
		$this->assertSame( (int) Appointment::get( $id )->starts_at, strtotime( $booking['appointments'][0]['starts_at'] ) );
	}

	public function test_a_deleted_booking_can_still_be_told(): void {
		$id        = $this->book();
		$starts_at = (int) Appointment::get( $id )->starts_at;
		AppointmentService::deleteAppointment( array( $id ) );

		$canceled = $this->events( 'booking.canceled' );
		$this->assertCount( 1, $canceled );
		$this->assertSame( 'deleted', $canceled[0]['data']['reason'] );
		$appointment = $canceled[0]['data']['booking']['appointments'][0];
		$this->assertSame( array( $id, 'canceled', $starts_at ), array( $appointment['id'], $appointment['status'], strtotime( $appointment['starts_at'] ) ) );
	}

	public function test_what_staff_book_has_no_session(): void {
		// Though the same browser has a visit of its own.
		$this->visit( array(), array( $this->bookable() ) );
		$answer = ( new AppointmentAjaxController() )->create_appointment();

		$this->assertSame( 'ok', $answer['status'], (string) json_encode( $answer ) );
		$events = $this->events();
		$this->assertSame( array( 'booking.created', 'booking.confirmed' ), array_column( $events, 'type' ) );
		$this->assertSame( array( null, null ), array_column( $events, 'session_id' ) );
	}

	public function test_what_staff_edit_keeps_its_session_and_is_told_once(): void {
		$id = $this->book();
		$this->visit( array( 'id' => (string) $id ), array( array( 'date' => $this->bookable( 10 )['date'] ) + $this->bookable() ), self::OTHER );
		$answer = ( new AppointmentAjaxController() )->save_edited_appointment();

		$this->assertSame( 'ok', $answer['status'], (string) json_encode( $answer ) );
		$changed = $this->events( 'booking.changed' );
		$this->assertCount( 1, $changed );
		$this->assertSame( self::SESSION, $changed[0]['session_id'] );
		$this->assertSame( (int) Appointment::get( $id )->starts_at, strtotime( $changed[0]['data']['booking']['appointments'][0]['starts_at'] ) );
	}

	public function test_what_staff_mark_as_paid_is_a_change_of_what_was_booked(): void {
		$id = $this->book();
		BookneticApp\Backend\Payments\Services\PaymentService::completePayment( $id );
		BookneticApp\Backend\Payments\Services\PaymentService::completePayment( $id );

		$changed = $this->events( 'booking.changed' );
		$this->assertCount( 1, $changed );
		$this->assertSame( 'paid', $changed[0]['data']['booking']['payment_status'] );
		$this->assertCount( 1, $this->events( 'booking.confirmed' ) );
	}

	public function test_a_late_payment_marked_by_staff_is_the_visitors_booking(): void {
		$key = $this->go_to_pay();
		$id  = (int) Appointment::where( 'payment_id', $key )->fetch()->id;
		BookneticApp\Backend\Payments\Services\PaymentService::completePayment( $id );

		$confirmed = $this->events( 'booking.confirmed' );
		$this->assertSame( array( self::SESSION ), array_column( $confirmed, 'session_id' ) );
	}

	public function test_a_booking_from_before_the_bridge_can_be_confirmed(): void {
		global $wpdb;
		$id = $this->book();
		foreach ( array( 'bookings', 'outbox' ) as $table ) {
			$wpdb->query( 'TRUNCATE TABLE ' . Schema::table( $table ) );
		}

		do_action( 'bkntc_appointment_after_mutation', $id );
		do_action( 'bkntc_payment_confirmed_backend', $id );

		$this->assertSame( array( 'booking.confirmed' ), $this->types() );
		$this->assertNull( $this->events()[0]['session_id'] );
	}

	public function test_without_its_tables_the_bridge_is_in_nobodys_way(): void {
		global $wpdb;
		foreach ( array( 'outbox', 'sessions', 'bookings', 'consents' ) as $table ) {
			$wpdb->query( 'RENAME TABLE ' . Schema::table( $table ) . ' TO ' . Schema::table( $table ) . '_away' );
		}
		try {
			$this->expectOutputString( '' );
			$shown = $wpdb->show_errors();
			$this->post( 'get_data', array( 'current_step' => 'staff' ) );
			$this->post( 'check_customer_exist', array(), $this->bookable() );
			$id = $this->book();
			AppointmentService::setStatus( $id, 'approved' );
			AppointmentService::deleteAppointment( array( $id ) );
			$this->assertNull( Appointment::get( $id ) );
		} finally {
			$wpdb->show_errors( $shown );
			foreach ( array( 'outbox', 'sessions', 'bookings', 'consents' ) as $table ) {
				$wpdb->query( 'RENAME TABLE ' . Schema::table( $table ) . '_away TO ' . Schema::table( $table ) );
			}
		}
	}

	public function test_a_visit_tells_what_brought_it(): void {
		$query = array(
			'utm_source'   => 'news letter',
			'utm_medium'   => '',
			'utm_campaign' => 'ann@visitors.example',
			'utm_term'     => array( 'x' ),
			'gclid'        => '9',
		);
		$this->post( 'get_data', array( 'current_step' => 'staff', 'query_params' => (string) json_encode( $query ), 'booking_recovery_referrer' => 'https://search.example/q?name=ann#x' ) );

		$visit = $this->events( 'session.started' )[0]['data'];
		$this->assertSame( array( 'source' => 'news letter' ), $visit['utm'] );
		$this->assertSame( 'https://search.example/q', $visit['referrer'] );
		$this->assertNull( $visit['tenant_id'] );
	}

	public function test_a_page_with_an_address_in_its_path_is_not_told(): void {
		$this->post( 'get_data', array( 'current_step' => 'staff', 'booking_recovery_referrer' => 'https://news.example/for/ann%40visitors.example' ) );

		$this->assertNull( $this->events( 'session.started' )[0]['data']['referrer'] );
	}

	/**
	 * @dataProvider agents
	 */
	public function test_programs_are_told_from_people( string $agent, array $signals ): void {
		$_SERVER['HTTP_USER_AGENT'] = $agent;
		$this->post( 'get_data', array( 'current_step' => 'staff' ) );
		unset( $_SERVER['HTTP_USER_AGENT'] );

		$this->assertSame( $signals, $this->events( 'session.started' )[0]['data']['signals'] );
	}

	public function agents(): array {
		return array(
			array( 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', array() ),
			array( 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1', array() ),
			array( 'Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36', array() ),
			array( 'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/126.0.0.0 Safari/537.36', array( 'bot_agent' ) ),
			array( 'curl/7.88.1', array( 'bot_agent' ) ),
			array( '', array( 'bot_agent' ) ),
		);
	}

	public function test_what_a_visitor_was_told_goes_with_the_contact(): void {
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'chloe@visitors.example' ) ) );

		$consent = $this->events( 'session.contact_given' )[0]['data']['consent'];
		$this->assertSame( 'notice', $consent['basis'] );
		$this->assertStringContainsString( $consent['text'], wp_specialchars_decode( $this->information_step(), ENT_QUOTES ) );
		$this->assertEqualsWithDelta( time(), strtotime( $consent['at'] ), 5 );
	}

	public function test_a_box_that_is_ticked_later_is_told_again(): void {
		update_option( 'booking_recovery_settings', array( 'recovery' => array( 'consent' => 'opt_in' ) ) );
		$item = array( 'customer_data' => array( 'email' => 'chloe@visitors.example' ) );
		foreach ( array( null, '0', '1', '1' ) as $box ) {
			$this->post( 'check_customer_exist', array( 'booking_recovery_consent' => $box ), $item );
		}
		$page = $this->information_step();
		update_option( 'booking_recovery_settings', array() );

		$this->assertSame( array( 'denied', 'opt_in' ), array_column( array_column( array_column( $this->events( 'session.contact_given' ), 'data' ), 'consent' ), 'basis' ) );
		$this->assertStringContainsString( 'class="booking_recovery_consent"', $page );
	}

	public function test_an_owner_without_need_of_consent_shows_nothing(): void {
		update_option( 'booking_recovery_settings', array( 'recovery' => array( 'consent' => 'off' ) ) );
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'chloe@visitors.example' ) ) );
		$page = $this->information_step();
		update_option( 'booking_recovery_settings', array() );

		$this->assertNull( $this->events( 'session.contact_given' )[0]['data']['consent'] );
		$this->assertStringNotContainsString( 'booking_recovery_consent', $page );
	}

	private function information_step(): string {
		return htmlspecialchars_decode( $this->post( 'get_data', array( 'current_step' => 'information' ), array(), null )['html'] );
	}

	public function test_a_choice_has_a_price_as_soon_as_there_is_a_service(): void {
		$this->post( 'get_data', array( 'current_step' => 'staff' ), array( 'brought_people_count' => 1 ) );
		$this->post( 'get_data', array( 'current_step' => 'staff' ), array( 'service' => 999999 ) );

		$totals = array_column( array_column( array_column( $this->events( 'session.step_reached' ), 'data' ), 'selection' ), 'total' );
		$this->assertSame( '178.00', $totals[0]['amount'] );
		$this->assertNull( $totals[1] );
	}

	public function test_a_whole_cart_has_booknetics_own_price(): void {
		$this->visit( array( 'current_step' => 'confirm_details' ), array( $this->bookable( 3 ), $this->bookable( 10 ) ) );
		( new BookneticApp\Frontend\Controller\Ajax() )->get_data();
		apply_filters( 'bkntc_after_frontend_request_get_data', array( 'status' => 'ok' ) );
		$this->end_request();

		$selection = $this->events( 'session.step_reached' )[0]['data']['selection'];
		$this->assertSame( array( 2, '178.00' ), array( $selection['items'], $selection['total']['amount'] ) );
	}

	/**
	 * A visitor goes to pay elsewhere; the payment's key.
	 */
	private function go_to_pay( int $days = 3 ): string {
		$this->visit( array( 'payment_method' => 'online' ), array( $this->bookable( $days ) ) );
		$requests = AppointmentRequests::load();
		AppointmentService::createAppointment( $requests );
		$_POST = array();
		return $requests->paymentId;
	}

	public function test_who_tries_again_has_canceled_nothing_that_was_booked(): void {
		$key = $this->go_to_pay();
		PaymentGatewayService::cancelPayment( $key );
		$this->visit( array( 'payment_id' => $key ), array(), null );
		( new BookneticApp\Frontend\Controller\Ajax() )->delete_unpaid_appointment();
		$booked = $this->book();

		$this->assertSame( array( 'booking.created', 'booking.canceled', 'booking.canceled', 'booking.created', 'booking.confirmed', 'session.started' ), $this->types() );
		$this->assertSame( array( 'payment_failed', 'deleted' ), array_column( array_column( $this->events( 'booking.canceled' ), 'data' ), 'reason' ) );
		$confirmed = $this->events( 'booking.confirmed' )[0];
		$this->assertSame( self::SESSION, $confirmed['session_id'] );
		$this->assertSame( array( $booked ), array_column( $confirmed['data']['booking']['appointments'], 'id' ) );
	}

	public function test_a_payment_given_up_in_anothers_request_is_not_the_others(): void {
		$key = $this->go_to_pay();
		Appointment::where( 'payment_id', $key )->update( array( 'created_at' => time() - 7200 ) );
		BookneticApp\Providers\Helpers\Helper::setOption( 'failed_payment_status', 'canceled' );
		$this->post( 'get_data', array( 'current_step' => 'date_time', 'previous_step' => 'staff' ), array(), self::OTHER );
		BookneticApp\Providers\Helpers\Helper::setOption( 'failed_payment_status', '' );

		$canceled = $this->events( 'booking.canceled' );
		$this->assertCount( 1, $canceled );
		$this->assertSame( array( self::SESSION, 'payment_failed' ), array( $canceled[0]['session_id'], $canceled[0]['data']['reason'] ) );
		$this->assertSame( $key, $canceled[0]['data']['booking']['key'] );
		$this->assertSame( array( self::OTHER ), array_unique( array_column( $this->events( 'session.step_reached' ), 'session_id' ) ) );
	}

	public function test_a_payment_that_comes_after_it_was_given_up_books_all_the_same(): void {
		$key = $this->go_to_pay();
		PaymentGatewayService::cancelPayment( $key );
		PaymentGatewayService::confirmPayment( $key );

		$this->assertSame( array( 'booking.created', 'booking.canceled' ), array_slice( $this->types(), 0, 2 ) );
		$confirmed = $this->events( 'booking.confirmed' );
		$this->assertCount( 1, $confirmed );
		$this->assertSame( array( self::SESSION, 'paid' ), array( $confirmed[0]['session_id'], $confirmed[0]['data']['booking']['payment_status'] ) );
		$this->assertNotSame( 'canceled', $confirmed[0]['data']['booking']['appointments'][0]['status'] );
	}

	public function test_a_paid_booking_is_told_as_paid_whoever_asks(): void {
		$key = $this->go_to_pay();
		$this->visit( array(), array( array() ), self::OTHER );
		PaymentGatewayService::confirmPayment( $key );

		$confirmed = $this->events( 'booking.confirmed' );
		$this->assertCount( 1, $confirmed );
		$this->assertSame( array( self::SESSION, 'paid' ), array( $confirmed[0]['session_id'], $confirmed[0]['data']['booking']['payment_status'] ) );
	}

	public function test_a_series_is_one_booking(): void {
		$service = booknetic_stand_in_add_service( 'Course', '20.00', 60, true );
		try {
			$item = $this->bookable();
			$from = $item['date'];
			$dates = array();
			for ( $week = 0; $week < 3; $week++ ) {
				$dates[] = array( gmdate( 'Y-m-d', strtotime( "$from +$week weeks" ) ), '10:00' );
			}
			$this->visit(
				array( 'current_step' => 'confirm' ),
				array(
					array(
						'service'              => $service,
						'recurring_start_date' => $dates[0][0],
						'recurring_end_date'   => $dates[2][0],
						'recurring_times'      => '{}',
						'appointments'         => (string) json_encode( $dates ),
						'date'                 => '',
						'time'                 => '',
					) + $item,
				)
			);
			$answer = ( new BookneticApp\Frontend\Controller\Ajax() )->get_data();
			$this->assertSame( 'ok', $answer['status'], (string) json_encode( $answer ) );
		} finally {
			BookneticApp\Models\Service::where( 'id', $service )->delete();
		}

		$this->assertSame( array( 'booking.created', 'booking.confirmed' ), $this->types() );
		$booking = $this->events()[1]['data']['booking'];
		$this->assertSame( array( 3, '60.00' ), array( count( $booking['appointments'] ), $booking['total']['amount'] ) );

		AppointmentService::setStatus( $booking['appointments'][1]['id'], 'canceled' );
		$changed = $this->events( 'booking.changed' )[0]['data']['booking'];
		$this->assertSame( array( 'canceled', '40.00' ), array( $changed['appointments'][1]['status'], $changed['total']['amount'] ) );
	}

	public function test_an_edit_is_told_though_only_the_price_is_another(): void {
		$id   = $this->book();
		$item = (object) array( 'appointmentId' => $id );
		BookneticApp\Models\AppointmentPrice::where( 'appointment_id', $id )->update( array( 'price' => 50 ) );
		do_action( 'bkntc_appointment_after_mutation', $id );
		do_action( 'bkntc_appointment_after_edit', $item );

		$changed = $this->events( 'booking.changed' );
		$this->assertCount( 1, $changed );
		$this->assertSame( '50.00', $changed[0]['data']['booking']['total']['amount'] );
	}

	public function test_a_tenants_event_says_whose_it_is_and_is_looked_up_there(): void {
		BookneticApp\Providers\Core\Permission::setTenantId( 7 );
		$this->post( 'get_data', array( 'current_step' => 'staff' ) );
		BookneticApp\Providers\Core\Permission::setTenantId( null );

		$this->assertSame( array( 7, 7 ), array_column( array_column( $this->events(), 'data' ), 'tenant_id' ) );
		$this->assertNull( BookneticApp\Providers\Core\Permission::tenantId() );
	}
}
