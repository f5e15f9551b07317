<?php
/**
 * People's wishes are carried out, kept without naming anybody, and heeded.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Outbox;
use Booking_Recovery\Person;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;
use BookneticApp\Models\Appointment;

/**
 * @covers \Booking_Recovery\Contacts
 * @covers \Booking_Recovery\Contacts_Controller
 * @covers \Booking_Recovery\Suppressions
 * @covers \Booking_Recovery\Suppressions_Controller
 * @covers \Booking_Recovery\Last_Look
 */
final class ContactsTest extends Site_Test_Case {

	private const EMAIL = 'chloe@visitors.example';

	private function update( string $op, array $other = array() ): array {
		$answer = $this->call( 'contacts', $other + array( 'action' => 'contacts.update', 'request_id' => 'req_' . bin2hex( random_bytes( 8 ) ), 'op' => $op, 'email' => self::EMAIL ) );
		$this->assertSame( 200, $answer->get_status(), (string) wp_json_encode( $answer->get_data() ) );
		return $answer->get_data();
	}

	private function read( array $fields = array() ): array {
		return $this->call( 'suppressions', $fields + array( 'action' => 'suppressions.read' ) )->get_data();
	}

	private function everything_stored(): string {
		global $wpdb;
		$rows = '';
		foreach ( $wpdb->get_col( "SHOW TABLES LIKE '%booking\\_recovery\\_%'" ) as $table ) {
			$rows .= wp_json_encode( $wpdb->get_results( "SELECT * FROM $table" ) );
		}
		return stripslashes( $rows );
	}

	public function test_a_wish_is_kept_as_a_hash_and_nothing_else(): void {
		$this->update( 'opt_out' );

		$entries = $this->read()['entries'];
		$this->assertCount( 1, $entries );
		$this->assertSame( array( hash( 'sha256', self::EMAIL ), 'opt_out', 'admin' ), array( $entries[0]['person_key'], $entries[0]['op'], $entries[0]['via'] ) );
		$this->assertEqualsWithDelta( time(), strtotime( $entries[0]['at'] ), 5 );
		$this->assertStringNotContainsString( 'visitors.example', $this->everything_stored() );
	}

	public function test_wishes_are_read_page_by_page(): void {
		for ( $i = 0; $i < 5; $i++ ) {
			$this->update( 'opt_out', array( 'email' => "person$i@visitors.example" ) );
		}

		$first = $this->read( array( 'after' => 0, 'limit' => 3 ) );
		$rest  = $this->read( array( 'after' => end( $first['entries'] )['cursor'], 'limit' => 3 ) );

		$this->assertSame( array( 3, true, 2, false ), array( count( $first['entries'] ), $first['has_more'], count( $rest['entries'] ), $rest['has_more'] ) );
		$this->assertCount( 5, array_unique( array_column( array_merge( $first['entries'], $rest['entries'] ), 'person_key' ) ) );
	}

	public function test_a_stronger_wish_comes_behind_every_cursor_read_so_far(): void {
		$this->update( 'opt_out' );
		$cursor = $this->read()['entries'][0]['cursor'];
		$this->update( 'forget' );

		$entries = $this->read( array( 'after' => $cursor ) )['entries'];
		$this->assertSame( array( 'forget' ), array_column( $entries, 'op' ) );
		$this->assertCount( 1, $this->read()['entries'] );
	}

	public function test_who_is_forgotten_is_erased_from_every_table_and_the_events_stay(): void {
		$typed = array( 'email' => 'Chloe@visitors.example', 'first_name' => 'Chloë', 'last_name' => 'Ñandú' );
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => $typed ) );
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'other@visitors.example' ) ), self::OTHER );
		( new Recoveries() )->claim( self::SESSION . '.1', $this->trigger_body() );
		$types = $this->types();

		$this->assertGreaterThan( 2, $this->update( 'forget' )['rows'] );

		$this->assertSame( $types, $this->types() );
		$given = $this->events( 'session.contact_given' );
		$this->assertSame( array(), $given[0]['data']['contact'] );
		$this->assertSame( 'other@visitors.example', $given[1]['data']['contact']['email'] );
		$read = $this->call( 'outbox', array( 'action' => 'outbox.read', 'after_seq' => 0, 'limit' => 500 ) )->get_data();
		$this->assertStringContainsString( '"contact":{}', (string) wp_json_encode( $read['events'] ) );
		$stored = $this->everything_stored();
		$this->assertStringNotContainsString( 'chloe@', $stored );
		$this->assertStringNotContainsString( 'Chlo', $stored );
		$this->assertStringContainsString( 'other@visitors.example', $stored );
	}

	public function test_what_was_typed_first_in_a_visit_goes_too_and_so_does_what_its_links_mean(): void {
		$number = array( 'phone' => '+491701234567', 'first_name' => 'Chloë' );
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => $number ) );
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => $number + array( 'email' => self::EMAIL ) ) );
		( new Opt_Out_Tokens() )->remember( 'opt_of_chloe', Person::keys( self::EMAIL, '+491701234567' ), time() );
		( new Opt_Out_Tokens() )->remember( 'opt_of_other', Person::keys( 'other@visitors.example', null ), time() );
		$this->assertCount( 2, ( new Outbox() )->contacts_of( Person::keys( self::EMAIL, null ) ), 'Both are exported.' );

		$this->update( 'forget' );

		foreach ( array( 'Chlo', '1701234567', hash( 'sha256', '+491701234567' ), hash( 'sha256', 'opt_of_chloe' ) ) as $trace ) {
			$this->assertStringNotContainsString( $trace, $this->everything_stored() );
		}
		$this->assertStringContainsString( hash( 'sha256', 'opt_of_other' ), $this->everything_stored() );
	}

	public function test_a_booking_of_who_was_forgotten_is_told_without_them(): void {
		$id = $this->book();
		$this->assertSame( self::EMAIL, $this->events( 'booking.confirmed' )[0]['data']['contact']['email'] );

		$this->update( 'forget' );

		$told = $this->events( 'booking.confirmed' )[0]['data'];
		$this->assertNull( $told['contact'] );
		$this->assertSame( array( $id ), array_column( $told['booking']['appointments'], 'id' ) );
		$this->assertNotNull( Appointment::get( $id ), 'What was booked is the salon\'s.' );
	}

	public function test_an_opt_out_by_phone_holds_for_the_same_person_by_mail(): void {
		$this->add_workflow();
		$this->update( 'opt_out', array( 'email' => null, 'phone' => '+49 (170) 1234567' ) );

		$answer = $this->call( 'recoveries', $this->trigger_body( array( 'contact' => array( 'email' => 'new@visitors.example', 'phone' => '+491701234567' ) ) ) )->get_data();

		$this->assertSame( array( 'stopped', 'opted_out' ), array( $answer['outcome'], $answer['reason'] ) );
		$this->assertSame( array(), $this->letters );
	}

	public function test_a_copy_of_the_site_sends_nothing(): void {
		$this->add_workflow();
		$this->check_in()->record();
		$move = static function (): string {
			return 'http://staging.example';
		};
		add_filter( 'option_home', $move, 99 );
		$answer = $this->call( 'recoveries', $this->trigger_body( array( 'page_url' => 'http://staging.example/book/' ) ) )->get_data();
		remove_filter( 'option_home', $move, 99 );

		$this->assertSame( array( 'stopped', 'paused' ), array( $answer['outcome'], $answer['reason'] ) );
		$this->assertSame( array(), $this->letters );
	}

	public function test_where_a_wish_cannot_be_written_down_it_is_not_called_done(): void {
		global $wpdb;
		$wpdb->query( 'RENAME TABLE ' . Schema::table( 'suppressions' ) . ' TO ' . Schema::table( 'suppressions' ) . '_away' );
		$wpdb->suppress_errors( true );
		try {
			$answer = $this->call( 'contacts', array( 'action' => 'contacts.update', 'request_id' => 'req_1', 'op' => 'opt_out', 'email' => self::EMAIL ) );
		} finally {
			$wpdb->suppress_errors( false );
			$wpdb->query( 'RENAME TABLE ' . Schema::table( 'suppressions' ) . '_away TO ' . Schema::table( 'suppressions' ) );
		}

		$this->assertSame( 503, $answer->get_status() );
		$this->assertSame( 1, $this->update( 'opt_out', array( 'request_id' => 'req_1' ) )['rows'] );
	}
}
