<?php
/**
 * Which workflow sends which message, and what the message knows of the chosen time.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Booknetic_Gateway;
use Booking_Recovery\Message_Filter;
use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Backend\Customers\Helpers\CustomerService;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Service;
use BookneticApp\Models\Workflow;

/**
 * @covers \Booking_Recovery\Recovery_Run
 * @covers \Booking_Recovery\Booknetic_Gateway
 * @covers \Booking_Recovery\Recovery_Message
 */
final class MessagesTest extends Site_Test_Case {

	public function test_each_message_is_sent_by_the_workflows_that_are_meant_for_it(): void {
		$this->add_limited( 'First', array( 1 ), '' );
		$this->add_limited( 'Later', array( 2, 3 ), 'unfinished' );
		$this->add_limited( 'All', array(), '' );

		$first  = $this->send( 1 );
		$second = $this->send( 2 );

		$this->assertSame( array( 'First 1 unfinished', 'All 1 unfinished', 'Later 2 unfinished', 'All 2 unfinished' ), array_column( $this->letters, 'subject' ) );
		$this->assertSame( array( 'sent', 2, 2 ), array( $first['outcome'], $first['workflows'], $first['actions'] ) );
		$this->assertSame( array( 'sent', 2, 2 ), array( $second['outcome'], $second['workflows'], $second['actions'] ) );
	}

	public function test_a_message_that_no_workflow_is_meant_for_says_so_and_can_be_sent_once_one_is(): void {
		$id = $this->add_limited( 'First', array( 1 ), '' );

		$answer = $this->send( 2 );
		$this->gateway()->write_filter( $id, new Message_Filter( array(), '' ) );
		$again = $this->send( 2, array( 'retry' => true ) );

		$this->assertSame( array( 'no_workflow', 0, 0 ), array( $answer['outcome'], $answer['workflows'], $answer['actions'] ) );
		$this->assertSame( 'sent', $again['outcome'] );
		$this->assertCount( 1, $this->letters );
	}

	public function test_the_status_counts_every_active_workflow(): void {
		$this->add_limited( 'First', array( 1 ), 'unpaid' );
		Workflow::where( 'id', $this->add_workflow() )->update( array( 'is_active' => 0 ) );

		$this->assertSame( 1, $this->call( 'status', array( 'action' => 'status.read' ) )->get_data()['workflows'] );
	}

	public function test_a_filter_is_kept_beside_what_booknetic_keeps_there(): void {
		$id = $this->add_workflow();
		Workflow::where( 'id', $id )->update( array( 'data' => '{"statuses":["approved"]}' ) );

		$this->gateway()->write_filter( $id, new Message_Filter( array( 2 ), 'unpaid' ) );

		$this->assertSame( '{"statuses":["approved"],"booking_recovery":{"numbers":[2],"kind":"unpaid"}}', Workflow::get( $id )->data );
	}

	public function test_all_filters_are_taken_out_and_nothing_else(): void {
		$ids = array_map( array( $this, 'add_workflow' ), range( 1, 3 ) );
		$was = array( '{"statuses":["approved"],"booking_recovery":{"numbers":[2]}}', 'a:1:{s:16:"booking_recovery";i:1;}', '{"statuses":[]}' );
		foreach ( array_combine( $ids, $was ) as $id => $data ) {
			Workflow::where( 'id', $id )->update( array( 'data' => $data ) );
		}

		Booknetic_Gateway::erase_all_filters();

		$left = array_map(
			static function ( int $id ): string {
				return Workflow::get( $id )->data;
			},
			$ids
		);
		$this->assertSame( array( '{"statuses":["approved"]}', $was[1], $was[2] ), $left );
	}

	public function test_a_workflow_of_another_event_is_not_touched(): void {
		$id = booknetic_stand_in_add_workflow( 'booking_new', 'x', 'x', 'owner@salon.example' );

		try {
			$this->gateway()->write_filter( $id, new Message_Filter( array( 2 ), '' ) );
			$this->fail( 'It was taken.' );
		} catch ( InvalidArgumentException $e ) {
			$this->assertNull( Workflow::get( $id )->data );
		}
	}

	public function test_a_booking_that_can_still_be_paid_has_a_text_of_its_own(): void {
		$this->add_limited( 'Finish', array(), 'unfinished' );
		$this->add_limited( 'Pay', array(), 'unpaid' );
		$unpaid = array( 'kind' => 'unpaid', 'booking_key' => $this->book_online() );

		$this->send( 1, $unpaid );
		booknetic_stand_in_fail_payments_as( 'canceled', 10 );
		booknetic_stand_in_make_older( (int) booknetic_stand_in_appointments()[0]['id'], 11 );
		AppointmentService::cancelUnpaidAppointments();
		booknetic_stand_in_fail_payments_as( '' );
		$this->send( 2, $unpaid );
		$this->send( 3, array( 'kind' => 'unpaid' ) );

		$this->assertSame( array( 'Pay 1 unpaid', 'Finish 2 unfinished', 'Finish 3 unfinished' ), array_column( $this->letters, 'subject' ) );
	}

	public function test_who_called_off_what_they_had_not_paid_is_left_alone(): void {
		$this->add_limited( 'Finish', array(), '' );
		$this->book_online();
		$id = (int) booknetic_stand_in_appointments()[0]['id'];

		AppointmentService::setStatus( $id, 'canceled' );
		$called_off = $this->send( 1, array( 'kind' => 'unpaid' ) );
		AppointmentService::setStatus( $id, 'pending' );
		$wanted = $this->send( 2, array( 'kind' => 'unpaid' ) );
		AppointmentService::setStatus( $id, 'canceled' );
		AppointmentService::deleteAppointment( array( $id ) );
		$tried_again = $this->send( 3, array( 'kind' => 'unpaid' ) );

		$this->assertSame( array( 'stopped', 'booked' ), array( $called_off['outcome'], $called_off['reason'] ) );
		$this->assertSame( array( 'sent', 'sent' ), array( $wanted['outcome'], $tried_again['outcome'] ) );
	}

	/**
	 * @dataProvider slots
	 */
	public function test_what_became_of_the_chosen_time_is_told( array $choice, string $slot, string $told ): void {
		$this->add_limited( '', array(), '' );
		// At 10:00, for 90 minutes, with the first of the staff.
		$start     = (int) Appointment::get( $this->book( self::OTHER ) )->starts_at;
		$selection = array( 'starts_at' => gmdate( 'Y-m-d\TH:i:s\Z', $start + 60 * ( $choice['later'] ?? 0 ) ), 'service' => array( 'id' => $choice['service'] ?? 1 ), 'staff' => array( 'id' => $choice['staff'] ?? 1 ) );

		$answer = $this->send( 1, array( 'selection' => $selection ) );

		$this->assertSame( array( 'sent', $slot ), array( $answer['outcome'], $answer['slot'] ) );
		$this->assertSame( "$slot: $told", $this->letters[0]['message'] );
	}

	public function slots(): array {
		$free  = 'The time you chose is still free.';
		$taken = 'The time you chose is no longer free.';
		return array(
			'another day'                 => array( array( 'later' => 1440 ), 'free', $free ),
			'somebody with another'       => array( array( 'staff' => 2 ), 'free', $free ),
			'somebody for another'        => array( array( 'service' => 2 ), 'taken', $taken ),
			'in the middle of another'    => array( array( 'later' => 1 ), 'taken', $taken ),
			'until another begins'        => array( array( 'later' => -90 ), 'free', $free ),
			'into the next'               => array( array( 'later' => -89 ), 'taken', $taken ),
			'a short one before the next' => array( array( 'later' => -30, 'service' => 3 ), 'free', $free ),
			'when another has ended'      => array( array( 'later' => 90 ), 'free', $free ),
			'somebody for the same'       => array( array(), 'taken', $taken ),
			'any staff'                   => array( array( 'staff' => -1 ), 'unknown', '' ),
			'staff who are gone'          => array( array( 'staff' => 999 ), 'unknown', '' ),
			'a service that is gone'      => array( array( 'later' => 1440, 'service' => 999 ), 'free', $free ),
		);
	}

	/**
	 * @dataProvider groups
	 */
	public function test_a_group_takes_people_while_it_has_places( int $places, int $there, int $people, string $slot ): void {
		$this->add_limited( '', array(), '' );
		$id    = $this->book( self::OTHER );
		$start = (int) Appointment::get( $id )->starts_at;
		Appointment::where( 'id', $id )->update( array( 'weight' => $there ) );
		Service::where( 'id', 1 )->update( array( 'max_capacity' => $places ) );

		$answer = $this->send( 1, array( 'selection' => array( 'starts_at' => gmdate( 'Y-m-d\TH:i:s\Z', $start ), 'service' => array( 'id' => 1 ), 'staff' => array( 'id' => 1 ), 'people' => $people ) ) );
		Service::where( 'id', 1 )->update( array( 'max_capacity' => 1 ) );

		$this->assertSame( $slot, $answer['slot'] );
	}

	public function groups(): array {
		return array(
			'one place left'          => array( 3, 2, 1, 'free' ),
			'one place left for two'  => array( 3, 2, 2, 'taken' ),
			'full'                    => array( 3, 3, 1, 'taken' ),
			'nobody knows how large'  => array( 0, 1, 1, 'unknown' ),
		);
	}

	public function test_a_time_beside_the_same_group_may_be_taken_by_somebody_else(): void {
		$start = (int) Appointment::get( $this->book( self::OTHER ) )->starts_at;
		$this->book( null, 10 );
		Appointment::where( 'starts_at', '>', $start )->update( array( 'service_id' => 2, 'busy_from' => $start + 1800, 'busy_to' => $start + 3600 ) );

		Service::where( 'id', 1 )->update( array( 'max_capacity' => 5 ) );

		$slots = array();
		foreach ( array( 900001, 900003 ) as $id ) {
			// Whichever row comes first.
			Appointment::where( 'service_id', 1 )->update( array( 'id' => $id ) );
			Appointment::where( 'service_id', 2 )->update( array( 'id' => 900002 ) );
			$slots[] = $this->gateway()->slot( 1, 1, $start, 1, '' );
		}
		Service::where( 'id', 1 )->update( array( 'max_capacity' => 1 ) );

		$this->assertSame( array( 'taken', 'taken' ), $slots );
	}

	public function test_who_has_canceled_takes_no_time_and_who_only_has_not_paid_does(): void {
		$start = (int) Appointment::get( $this->book( self::OTHER ) )->starts_at;

		foreach ( array( 'canceled' => 'free', 'rejected' => 'free', 'no-show' => 'free', 'approved' => 'taken', 'of an add-on' => 'taken' ) as $status => $slot ) {
			Appointment::where( 'starts_at', $start )->update( array( 'status' => $status, 'payment_status' => 'canceled' ) );
			$this->assertSame( $slot, $this->gateway()->slot( 1, 2, $start, 1, '' ), $status );
		}
	}

	public function test_an_appointment_over_midnight_takes_both_days(): void {
		$id    = $this->book( self::OTHER );
		$night = ( new DateTimeImmutable( '2031-05-06 23:30', wp_timezone() ) )->getTimestamp();
		Appointment::where( 'id', $id )->update( array( 'starts_at' => $night, 'busy_from' => $night, 'ends_at' => $night + 5400, 'busy_to' => $night + 5400 ) );

		$this->assertSame( 'taken', $this->gateway()->slot( 1, 1, $night + 3600, 1, '' ) );
		$this->assertSame( 'free', $this->gateway()->slot( 1, 1, $night + 5400, 1, '' ) );
	}

	public function test_the_visitors_own_unpaid_booking_takes_nothing_from_them(): void {
		$key   = $this->book_online();
		$start = (int) booknetic_stand_in_appointments()[0]['starts_at'];

		$this->assertSame( 'free', $this->gateway()->slot( 1, 1, $start, 1, $key ) );
		$this->assertSame( 'taken', $this->gateway()->slot( 1, 2, $start, 1, 'another' ) );
	}

	/**
	 * Adds a workflow whose subject tells number and kind, and whose letter tells of the time.
	 */
	private function add_limited( string $subject, array $numbers, string $kind ): int {
		$id = booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', trim( "$subject {booking_recovery_number} {booking_recovery_kind}" ), '{booking_recovery_slot_state}: {booking_recovery_slot}', '{booking_recovery_email}' );
		$this->gateway()->write_filter( $id, new Message_Filter( $numbers, $kind ) );
		return $id;
	}

	private function send( int $number, array $other = array() ): array {
		return $this->call( 'recoveries', $this->trigger_body( $other + array( 'recovery_id' => self::SESSION . ".$number", 'number' => $number ) ) )->get_data();
	}

	/**
	 * A visitor goes to pay, and has not paid yet; returns the booking's key.
	 */
	private function book_online(): string {
		$this->visit( array( 'payment_method' => 'online' ), array( $this->bookable() ) );
		$requests = AppointmentRequests::load();
		CustomerService::createOrUpdateCustomerData( $requests->appointments[0] );
		AppointmentService::createAppointment( $requests );
		$_POST = array();
		return $requests->paymentId;
	}
}
