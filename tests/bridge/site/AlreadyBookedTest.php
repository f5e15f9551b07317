<?php
/**
 * Who has booked in whatever way is not written to.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Schema;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Providers\Common\PaymentGatewayService;
use BookneticApp\Providers\DB\DB;

/**
 * @covers \Booking_Recovery\Last_Look
 * @covers \Booking_Recovery\Bookings
 * @covers \Booking_Recovery\Booknetic_Gateway
 */
final class AlreadyBookedTest extends Site_Test_Case {

	protected function setUp(): void {
		parent::setUp();
		$this->add_workflow();
	}

	/**
	 * What comes of a message that is due now for a visit of a minute ago.
	 */
	private function outcome( array $contact ): string {
		$body   = $this->trigger_body( array( 'contact' => $contact, 'started_at' => gmdate( 'Y-m-d\TH:i:s\Z', time() - 60 ) ) );
		$answer = $this->call( 'recoveries', $body )->get_data();
		return implode( ' ', array( $answer['outcome'], $answer['reason'] ?? '' ) );
	}

	/**
	 * Writes rows as an import does: no hook tells anybody.
	 */
	private function import( array $customer, array $appointment = array() ): int {
		Customer::insert( $customer + array( 'first_name' => 'Chloë', 'email' => 'chloe@visitors.example' ) );
		$customer_id = DB::lastInsertedId();
		Appointment::insert(
			$appointment + array(
				'location_id'    => 1,
				'service_id'     => 1,
				'staff_id'       => 1,
				'starts_at'      => time() + WEEK_IN_SECONDS,
				'ends_at'        => time() + WEEK_IN_SECONDS + HOUR_IN_SECONDS,
				'customer_id'    => $customer_id,
				'status'         => 'approved',
				'payment_id'     => md5( 'imported' ),
				'payment_method' => 'local',
				'payment_status' => 'not_paid',
				'created_at'     => time(),
			)
		);
		return DB::lastInsertedId();
	}

	/**
	 * @dataProvider rows
	 */
	public function test_a_booking_that_nobody_told_of_counts_by_its_row( array $appointment, string $outcome ): void {
		$this->import( array(), $appointment );

		$this->assertSame( array(), $this->types() );
		$this->assertSame( $outcome, $this->outcome( array( 'email' => 'chloe@visitors.example' ) ) );
	}

	public function rows(): array {
		return array(
			'to be paid at the salon'     => array( array(), 'stopped booked' ),
			'not approved yet'            => array( array( 'status' => 'pending' ), 'stopped booked' ),
			'paid'                        => array( array( 'payment_status' => 'paid', 'payment_method' => 'stand_in' ), 'stopped booked' ),
			'the payment is open'         => array( array( 'payment_status' => 'pending', 'payment_method' => 'stand_in' ), 'sent ' ),
			'the payment failed'          => array( array( 'payment_status' => 'canceled', 'payment_method' => 'stand_in' ), 'sent ' ),
			'canceled'                    => array( array( 'status' => 'canceled' ), 'sent ' ),
			'canceled, in other spelling' => array( array( 'status' => 'cancelled' ), 'sent ' ),
			'rejected'                    => array( array( 'status' => 'rejected' ), 'sent ' ),
			'made before the visit'       => array( array( 'created_at' => time() - HOUR_IN_SECONDS ), 'sent ' ),
		);
	}

	/**
	 * @dataProvider spellings
	 */
	public function test_it_is_the_same_person_in_whatever_spelling( array $customer, array $contact, string $outcome ): void {
		$this->import( $customer );

		$this->assertSame( $outcome, $this->outcome( $contact ) );
	}

	public function spellings(): array {
		return array(
			'other letters\' case'       => array( array( 'email' => 'CHLOE@Visitors.Example' ), array( 'email' => 'chloe@visitors.example' ), 'stopped booked' ),
			'spaces around it'           => array( array( 'email' => ' chloe@visitors.example ' ), array( 'email' => 'Chloe@visitors.example' ), 'stopped booked' ),
			'by telephone alone'         => array( array( 'email' => '', 'phone_number' => '+491701234567' ), array( 'phone' => '+491701234567' ), 'stopped booked' ),
			'as staff note a number'     => array( array( 'email' => '', 'phone_number' => '+49 (170) 123-45 67' ), array( 'phone' => '+491701234567' ), 'stopped booked' ),
			'the number, another e-mail' => array( array( 'phone_number' => '+49 170 1234567' ), array( 'email' => 'zoe@visitors.example', 'phone' => '+491701234567' ), 'stopped booked' ),
			'a longer number'            => array( array( 'phone_number' => '+4917012345670' ), array( 'email' => 'zoe@visitors.example', 'phone' => '+491701234567' ), 'sent ' ),
			'a number that ends so'      => array( array( 'phone_number' => '+99491701234567' ), array( 'email' => 'zoe@visitors.example', 'phone' => '+491701234567' ), 'sent ' ),
			'somebody else'              => array( array(), array( 'email' => 'zoe@visitors.example' ), 'sent ' ),
			'neither has a number'       => array( array( 'phone_number' => '' ), array( 'email' => 'zoe@visitors.example', 'phone' => '' ), 'sent ' ),
		);
	}

	public function test_what_was_confirmed_counts_though_its_payment_is_open(): void {
		$customer = booknetic_stand_in_admin_add_customer( 'Chloë', 'Ñandú', 'chloe@visitors.example' );
		$ids      = booknetic_stand_in_admin_create( array( array( 'customer_id' => $customer, 'service' => 1, 'staff' => 1, 'date' => '2031-05-06', 'time' => '12:00' ) ) );
		Appointment::where( 'id', $ids[0] )->update( array( 'payment_status' => 'pending', 'payment_method' => 'stand_in' ) );

		$this->assertSame( 'stopped booked', $this->outcome( array( 'email' => 'chloe@visitors.example' ) ) );
	}

	public function test_what_staff_booked_while_the_bridge_was_away_counts(): void {
		global $wpdb;
		$customer = booknetic_stand_in_admin_add_customer( 'Chloë', 'Ñandú', 'her-work@visitors.example', '+49 170 1234567' );
		booknetic_stand_in_admin_create( array( array( 'customer_id' => $customer, 'service' => 1, 'staff' => 1, 'date' => '2031-05-06', 'time' => '12:00' ) ), false );
		foreach ( array( 'bookings', 'outbox' ) as $table ) {
			$wpdb->query( 'TRUNCATE TABLE ' . Schema::table( $table ) );
		}

		$this->assertSame( 'stopped booked', $this->outcome( array( 'email' => 'other@visitors.example', 'phone' => '+491701234567' ) ) );
	}

	public function test_a_payment_that_arrives_makes_it_a_booking(): void {
		$id = $this->import( array(), array( 'payment_status' => 'pending', 'payment_method' => 'stand_in' ) );
		PaymentGatewayService::confirmPayment( Appointment::get( $id )->payment_id );

		$this->assertSame( 'stopped booked', $this->outcome( array( 'email' => 'chloe@visitors.example' ) ) );
	}
}
