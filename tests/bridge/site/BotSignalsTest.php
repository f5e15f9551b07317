<?php
/**
 * Robots are suspected, and nobody else is; whoever works for the site is no visitor.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Address_Rate;
use Booking_Recovery\Booknetic_Events;
use Booking_Recovery\Honeypot;
use Booking_Recovery\Lock;
use Booking_Recovery\Schema;
use Booking_Recovery\Test_Visits;
use BookneticApp\Models\Appointment;

/**
 * @covers \Booking_Recovery\Bot_Signals
 * @covers \Booking_Recovery\Address_Rate
 * @covers \Booking_Recovery\Honeypot
 * @covers \Booking_Recovery\Booknetic_Events
 */
final class BotSignalsTest extends Site_Test_Case {

	private const HERE = '203.0.113.7';

	/**
	 * From where the next requests come.
	 *
	 * @var string
	 */
	private $address = '127.0.0.1';

	protected function setUp(): void {
		parent::setUp();
		$_SERVER['HTTP_USER_AGENT'] = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
		add_filter(
			'booking_recovery_visitor_address',
			function (): string {
				return $this->address;
			}
		);
	}

	protected function tearDown(): void {
		unset( $_SERVER['HTTP_USER_AGENT'] );
		remove_all_filters( 'booking_recovery_visitor_address' );
		wp_set_current_user( 0 );
		parent::tearDown();
	}

	/**
	 * The signals in each report of a visit.
	 *
	 * @return array<int, string[]>
	 */
	private function told( string $session_id = self::SESSION ): array {
		$told = array();
		foreach ( $this->events( 'session.started' ) as $event ) {
			if ( $session_id === $event['session_id'] ) {
				$told[] = $event['data']['signals'];
			}
		}
		return $told;
	}

	private function open_steps( array $steps, string $session_id = self::SESSION ): void {
		foreach ( $steps as $step ) {
			$this->post( 'get_data', array( 'current_step' => $step ), array(), $session_id );
		}
	}

	private function type( string $email, string $session_id = self::SESSION, array $fields = array() ): void {
		$this->post( 'check_customer_exist', $fields, array( 'customer_data' => array( 'email' => $email ) ), $session_id );
	}

	private function begin_earlier( int $milliseconds ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET occurred_at = occurred_at - %d', $milliseconds ) );
	}

	public function test_a_person_is_not_suspected(): void {
		$this->address = self::HERE;
		$this->open_steps( array( 'service', 'staff', 'date_time', 'information' ) );
		$this->begin_earlier( 4000 );
		$this->type( 'chloe@visitors.example', self::SESSION, array( Honeypot::FIELD => '' ) );

		$this->assertSame( array( array() ), $this->told() );
		$this->assertCount( 1, $this->events( 'session.contact_given' ) );
	}

	public function test_a_field_that_nobody_sees_is_told_once_with_all_that_was_told_before(): void {
		$_SERVER['HTTP_USER_AGENT'] = 'curl/8';
		$this->type( 'chloe@visitors.example' );
		$_SERVER['HTTP_USER_AGENT'] = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
		$this->type( 'chloe@visitors.example', self::SESSION, array( Honeypot::FIELD => '1' ) );
		$this->type( 'chloe@visitors.example', self::SESSION, array( Honeypot::FIELD => '1' ) );
		$this->type( 'zoe@visitors.example', self::OTHER, array( Honeypot::FIELD => 'Buy' ) );

		$this->assertSame( array( array( 'bot_agent' ), array( 'bot_agent', 'honeypot' ) ), $this->told() );
		$this->assertSame( array( array( 'honeypot' ) ), $this->told( self::OTHER ) );
		list( $first, $second ) = $this->events( 'session.started' );
		unset( $first['data']['signals'], $second['data']['signals'] );
		$this->assertSame( $first['data'], $second['data'], 'The visit is told whole each time.' );
	}

	public function test_the_field_is_there_for_nobody_but_robots(): void {
		ob_start();
		( new Honeypot() )->render();
		$html = (string) ob_get_clean();

		$this->assertStringContainsString( $html, htmlspecialchars_decode( $this->post( 'get_data', array( 'current_step' => 'information' ) )['html'] ) );
		foreach ( array( 'aria-hidden="true"', 'tabindex="-1"', 'autocomplete="off"', 'type="text"' ) as $part ) {
			$this->assertStringContainsString( $part, $html );
		}
		foreach ( array( 'display:none', 'required', 'left:', ' id=' ) as $part ) {
			$this->assertStringNotContainsString( $part, $html );
		}
	}

	/**
	 * @dataProvider speeds
	 */
	public function test_an_address_sooner_than_a_person_can( array $steps, int $milliseconds, bool $is_suspect ): void {
		$this->open_steps( $steps );
		$this->begin_earlier( $milliseconds );
		$this->type( 'chloe@visitors.example' );

		$this->assertSame( $is_suspect ? array( array(), array( 'too_fast' ) ) : array( array() ), $this->told() );
		if ( $is_suspect ) {
			$types = $this->types();
			$this->assertSame( array( 'session.started', 'session.contact_given' ), array_slice( $types, -2 ), 'It is known before the address.' );
		}
	}

	public function speeds(): array {
		return array(
			'three steps at once'                     => array( array( 'service', 'staff', 'information' ), 0, true ),
			'four steps in two seconds'               => array( array( 'service', 'staff', 'date_time', 'information' ), 1000, true ),
			'three steps in a second and a half'      => array( array( 'service', 'staff', 'information' ), 1500, false ),
			'the contact fields first, and autofill'  => array( array( 'information' ), 0, false ),
			'the link of a message, and autofill'     => array( array( 'date_time', 'information' ), 0, false ),
			'one step asked for again and again'      => array( array( 'service', 'service', 'service', 'information' ), 0, false ),
			'a clock that was set back'               => array( array( 'service', 'staff', 'information' ), -60000, false ),
		);
	}

	public function test_a_visit_that_begins_in_the_middle_of_a_form_is_not_judged(): void {
		foreach ( array( 'information', 'cart', 'confirm_details' ) as $step ) {
			$this->post( 'get_data', array( 'current_step' => $step ), $this->bookable() );
		}
		$this->type( 'chloe@visitors.co' );

		$this->assertSame( array( array() ), $this->told() );
	}

	public function test_whom_the_bridge_knows_may_be_quick(): void {
		$this->type( 'chloe@visitors.example', self::OTHER );
		$this->open_steps( array( 'service', 'staff', 'information' ) );
		$this->type( 'chloe@visitors.example' );

		$this->assertSame( array( array() ), $this->told() );
	}

	/**
	 * @dataProvider crowds
	 */
	public function test_many_new_addresses_from_one_place_are_suspected_and_a_flood_is_not_told( int $before, array $told, int $contacts ): void {
		$this->have_given( $before );
		$this->address = self::HERE;
		$this->type( 'chloe@visitors.example' );

		$this->assertSame( $told, $this->told() );
		$this->assertCount( $contacts, $this->events( 'session.contact_given' ) );
		$this->book();
		$this->assertCount( 1, $this->events( 'booking.confirmed' ), 'Nothing keeps anybody from booking.' );
	}

	public function crowds(): array {
		return array(
			'a few'      => array( Address_Rate::SUSPECT - 1, array( array() ), 1 ),
			'many'       => array( Address_Rate::SUSPECT, array( array(), array( 'address_rate' ) ), 1 ),
			'very many'  => array( Address_Rate::FLOOD - 1, array( array(), array( 'address_rate' ) ), 1 ),
			'a flood'    => array( Address_Rate::FLOOD, array( array() ), 0 ),
		);
	}

	public function test_the_same_address_again_is_nobody_new_and_another_place_has_a_count_of_its_own(): void {
		$this->type( 'chloe@visitors.example', self::OTHER );
		$this->have_given( Address_Rate::FLOOD );
		$this->address = self::HERE;
		$this->type( 'chloe@visitors.example' );
		$this->address = '203.0.113.8';
		$this->type( 'zoe@visitors.example' );

		$this->assertSame( array( array() ), $this->told() );
		$this->assertCount( 2, array_filter( array_column( $this->events( 'session.contact_given' ), 'session_id' ), array( $this, 'is_this_session' ) ) );
	}

	public function is_this_session( string $session_id ): bool {
		return self::SESSION === $session_id;
	}

	/**
	 * Has so many addresses been given here in this hour, and in the one that may begin meanwhile.
	 */
	private function have_given( int $given ): void {
		global $wpdb;
		foreach ( array( 0, 1 ) as $ahead ) {
			$wpdb->insert(
				Schema::table( 'address_rates' ),
				array(
					'network_hash' => hash_hmac( 'sha256', self::HERE, wp_salt() ),
					'hour'         => intdiv( time(), HOUR_IN_SECONDS ) + $ahead,
					'given'        => $given,
				)
			);
		}
	}

	public function test_behind_a_proxy_nobody_is_counted(): void {
		foreach ( array( '127.0.0.1', '10.1.2.3', '::1', 'fd00::7', '', 'unknown' ) as $address ) {
			$this->address = $address;
			$this->type( 'a' . strlen( $address ) . '@visitors.example', substr( md5( $address ), 0, 32 ) );
		}

		$this->assertSame( array(), $this->rates() );
	}

	public function test_where_visitors_came_from_is_kept_as_a_hash_and_for_two_hours(): void {
		global $wpdb;
		foreach ( array( '2a02:908:1:2::7', '2a02:908:1:2:ffff::8', '2a02:908:1:3::7', self::HERE, '::ffff:' . self::HERE ) as $number => $address ) {
			$this->address = $address;
			$this->type( "a$number@visitors.example", sprintf( '%032d', $number ) );
		}

		$rates = $this->rates();
		$this->assertEqualsCanonicalizing( array( '1', '2', '2' ), array_column( $rates, 'given' ) );
		foreach ( array( self::HERE, '2a0209080001', md5( self::HERE ), hash( 'sha256', self::HERE ) ) as $readable ) {
			$this->assertStringNotContainsString( $readable, (string) wp_json_encode( $rates ) );
		}
		( new Address_Rate() )->prune();
		$this->assertCount( 3, $this->rates() );
		$wpdb->query( 'UPDATE ' . Schema::table( 'address_rates' ) . ' SET hour = hour - 2' );
		( new Address_Rate() )->prune();
		$this->assertSame( array(), $this->rates() );
	}

	private function rates(): array {
		global $wpdb;
		return $wpdb->get_results( 'SELECT network_hash, SUM( given ) AS given FROM ' . Schema::table( 'address_rates' ) . ' GROUP BY network_hash', ARRAY_A );
	}

	public function test_without_the_table_visits_are_told_all_the_same(): void {
		global $wpdb;
		$this->address = self::HERE;
		$table         = Schema::table( 'address_rates' );
		$wpdb->query( "RENAME TABLE $table TO {$table}_away" );
		$wpdb->query( 'ALTER TABLE ' . Schema::table( 'sessions' ) . ' DROP COLUMN signals' );
		try {
			$this->type( 'chloe@visitors.example', self::SESSION, array( Honeypot::FIELD => '1' ) );
		} finally {
			$wpdb->query( "RENAME TABLE {$table}_away TO $table" );
			$wpdb->query( 'ALTER TABLE ' . Schema::table( 'sessions' ) . ' ADD COLUMN signals tinyint(3) unsigned NOT NULL DEFAULT 0 AFTER person_key' );
		}

		$this->assertSame( array( 'session.started', 'session.contact_given' ), $this->types() );
		$this->assertSame( array( array( 'honeypot' ) ), $this->told() );
	}

	public function test_the_robot_of_a_test_visit_is_not_suspected(): void {
		$this->address = self::HERE;
		$visits        = new Test_Visits( new Lock() );
		foreach ( range( 1, 3 ) as $number ) {
			$id = Test_Visits::new_id();
			$visits->add( $id, '', array(), Test_Visits::now() );
			$this->open_steps( array( 'service', 'staff', 'information' ), $id );
			$this->type( "owner$number@visitors.example", $id );
			$this->assertSame( array( array() ), $this->told( $id ) );
		}
		$this->assertSame( array(), $this->rates() );
	}

	/**
	 * @dataProvider roles
	 */
	public function test_who_works_for_the_site_is_no_visitor( string $role, bool $is_visitor ): void {
		if ( 'booknetic_saas_tenant' === $role ) {
			add_role( $role, 'Tenant', array( 'read' => true ) );
		}
		$user = wp_insert_user( array( 'user_login' => 'ruth', 'user_pass' => 'x', 'role' => $role ) );
		$this->assertContains( $role, get_userdata( $user )->roles );
		wp_set_current_user( $user );
		try {
			$this->open_steps( array( 'service' ) );
			$this->post( 'get_day_offs' );
			$this->type( 'chloe@visitors.example' );
			$this->assertSame( $is_visitor ? array( 'session.started', 'session.step_reached', 'session.contact_given' ) : array(), $this->types() );

			$this->book();
			$this->assertSame( array( $is_visitor ? self::SESSION : null ), array_column( $this->events( 'booking.confirmed' ), 'session_id' ) );
		} finally {
			wp_set_current_user( 0 );
			require_once ABSPATH . 'wp-admin/includes/user.php';
			wp_delete_user( $user );
			if ( 'booknetic_saas_tenant' === $role ) {
				remove_role( $role );
			}
		}
	}

	public function roles(): array {
		return array(
			'administrator'        => array( 'administrator', false ),
			'editor'               => array( 'editor', false ),
			'Booknetic\'s staff'    => array( 'booknetic_staff', false ),
			'a tenant'             => array( 'booknetic_saas_tenant', false ),
			'Booknetic\'s customer' => array( 'booknetic_customer', true ),
			'subscriber'           => array( 'subscriber', true ),
		);
	}

	public function test_the_staffs_role_is_among_what_is_counted_on(): void {
		$found = array();
		foreach ( Booknetic_Events::assumptions() as $assumption ) {
			if ( 'role' === $assumption->kind ) {
				$found[ $assumption->name ] = $assumption->state( array(), array() );
			}
		}
		$this->assertSame( array( 'booknetic_staff' => 'holds' ), $found );
	}

	public function test_what_staff_book_in_the_back_end_belongs_to_no_visit_whatever_the_request_says(): void {
		$customer = booknetic_stand_in_admin_add_customer( 'Rúna', 'Dal', 'runa@visitors.example' );
		$ids      = booknetic_stand_in_as_staff(
			static function () use ( $customer ): array {
				$_POST['booking_recovery_session'] = self::SESSION;
				$_POST['cart']                     = wp_slash( (string) wp_json_encode( array( array( 'customer_id' => $customer, 'service' => 1, 'staff' => 1, 'location' => 1, 'date' => '2031-05-06', 'time' => '12:00' ) ) ) );
				return ( new BookneticApp\Backend\Appointments\Controllers\AppointmentAjaxController() )->create_appointment();
			}
		);

		$this->assertSame( 'ok', $ids['status'] );
		$this->assertSame( array( 'booking.created', 'booking.confirmed' ), $this->types() );
		$this->assertSame( array( null, null ), array_column( $this->events(), 'session_id' ) );
		$this->assertSame( 1, Appointment::where( 'customer_id', $customer )->count() );
	}
}
