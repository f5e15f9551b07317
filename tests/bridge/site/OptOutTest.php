<?php
/**
 * The link out of a message works for ever, tells nothing, and only a person can use it.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Consent_Ledger;
use Booking_Recovery\Contacts;
use Booking_Recovery\Opt_Out_Page;
use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Outbox;
use Booking_Recovery\Privacy;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;
use Booking_Recovery\Sessions;
use Booking_Recovery\Suppressions;

/**
 * @covers \Booking_Recovery\Opt_Out_Page
 * @covers \Booking_Recovery\Opt_Out_Tokens
 * @covers \Booking_Recovery\Privacy
 */
final class OptOutTest extends Site_Test_Case {

	private const TOKEN = 'opt_0123456789abcdef';

	private function contacts(): Contacts {
		return new Contacts( new Suppressions(), new Outbox(), new Recoveries(), new Sessions(), new Consent_Ledger(), new Opt_Out_Tokens() );
	}

	private function page(): Opt_Out_Page {
		return new Opt_Out_Page( new Opt_Out_Tokens(), $this->contacts(), new Outbox() );
	}

	private function send( array $other = array() ): array {
		return $this->call( 'recoveries', $this->trigger_body( $other + array( 'opt_out_token' => self::TOKEN ) ) )->get_data();
	}

	private function wishes(): array {
		return $this->call( 'suppressions', array( 'action' => 'suppressions.read' ) )->get_data()['entries'];
	}

	public function test_the_link_stands_in_the_message_and_in_its_headers(): void {
		booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', 'x', '{booking_recovery_opt_out_link}', '{booking_recovery_email}' );
		booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', 'x', 'for the owner', 'owner@example.com' );

		$this->send();

		$link = home_url( '/?booking_recovery_opt_out=' . self::TOKEN );
		list( $to_visitor, $to_owner ) = $this->letters;
		$this->assertSame( $link, $to_visitor['message'] );
		$this->assertContains( "List-Unsubscribe: <$link>", (array) $to_visitor['headers'] );
		$this->assertContains( 'List-Unsubscribe-Post: List-Unsubscribe=One-Click', (array) $to_visitor['headers'] );
		$this->assertStringNotContainsString( 'List-Unsubscribe', (string) wp_json_encode( $to_owner['headers'] ) );
	}

	public function test_its_use_is_heeded_told_once_and_kept_without_the_token(): void {
		global $wpdb;
		$this->add_workflow();
		$this->send( array( 'contact' => array( 'email' => 'chloe@visitors.example', 'phone' => '+491701234567' ) ) );

		$this->assertTrue( $this->page()->opt_out( self::TOKEN, time() ) );
		$this->assertTrue( $this->page()->opt_out( self::TOKEN, time() ) );

		$told = $this->events( 'contact.opted_out' );
		$this->assertCount( 1, $told );
		$this->assertSame( array( 'token' => self::TOKEN, 'via' => 'link' ), $told[0]['data'] );
		$this->assertNull( $told[0]['session_id'] );
		$this->assertSame( array( 'link', 'link' ), array_column( $this->wishes(), 'via' ) );
		$this->assertSame( 'opted_out', $this->send( array( 'recovery_id' => self::SESSION . '.2', 'number' => 2 ) )['reason'] );
		$this->assertCount( 1, $this->letters );
		$this->assertStringNotContainsString( self::TOKEN, (string) wp_json_encode( $wpdb->get_results( 'SELECT * FROM ' . Schema::table( 'opt_out_tokens' ) ) ) );
	}

	public function test_a_token_from_before_a_backup_is_left_to_the_sidecar(): void {
		$this->page()->opt_out( 'opt_from_another_time', time() );
		$this->page()->opt_out( 'opt_from_another_time', time() );

		$this->assertSame( array( array( 'token' => 'opt_from_another_time', 'via' => 'link' ) ), array_column( $this->events( 'contact.opted_out' ), 'data' ) );
		$this->assertSame( array(), $this->wishes() );
	}

	public function test_who_tries_tokens_out_does_not_fill_the_outbox(): void {
		for ( $i = 0; $i < 100; $i++ ) {
			$this->assertTrue( $this->page()->opt_out( sprintf( 'opt_tried_out_%06d', $i ), time() ) );
		}
		foreach ( array( '', str_repeat( 'x', 301 ), "opt_0123456789abcde'", '<script>alert(1)</script>' ) as $nonsense ) {
			$this->assertTrue( $this->page()->opt_out( $nonsense, time() ) );
		}

		$this->assertCount( 60, $this->events( 'contact.opted_out' ) );
	}

	public function test_a_wish_that_cannot_be_written_down_is_not_called_done(): void {
		global $wpdb;
		$this->add_workflow();
		$this->send();
		$table = Schema::table( 'suppressions' );
		$wpdb->query( "RENAME TABLE $table TO {$table}_away" );
		$wpdb->suppress_errors( true );
		try {
			$this->assertFalse( $this->page()->opt_out( self::TOKEN, time() ) );
		} finally {
			$wpdb->suppress_errors( false );
			$wpdb->query( "RENAME TABLE {$table}_away TO $table" );
		}
		$this->assertTrue( $this->page()->opt_out( self::TOKEN, time() ) );
		$this->assertCount( 1, $this->events( 'contact.opted_out' ) );
	}

	public function test_wordpresss_own_tools_export_and_erase(): void {
		global $wpdb;
		$this->post( 'check_customer_exist', array(), array( 'customer_data' => array( 'email' => 'chloe@visitors.example', 'first_name' => 'Chloë' ) ) );
		$privacy  = new Privacy( $this->contacts(), new Outbox(), new Suppressions(), new Consent_Ledger() );
		$exporter = apply_filters( 'wp_privacy_personal_data_exporters', array() )['booking-recovery-bridge']['callback'];
		$eraser   = apply_filters( 'wp_privacy_personal_data_erasers', array() )['booking-recovery-bridge']['callback'];

		$exported = $exporter( 'Chloe@Visitors.example', 1 );
		$erased   = $eraser( 'Chloe@Visitors.example', 1 );

		$this->assertTrue( $exported['done'] );
		$this->assertSame( array( 'Chloë', 'chloe@visitors.example' ), array_column( $exported['data'][0]['data'], 'value' ) );
		$this->assertSame( array( true, true, true ), array( $erased['items_removed'], $erased['items_retained'], $erased['done'] ) );
		$this->assertSame( array( array( 'email' => 'chloe@visitors.example' ) ), array_column( $this->events( 'contact.forgotten' ), 'data' ) );
		$this->assertSame( array( 'forget' ), array_column( $this->wishes(), 'op' ) );
		$this->assertSame( array( 'wish' ), array_column( $privacy->export( 'chloe@visitors.example' )['data'], 'item_id' ) );

		// Once the sidecar knows, the address goes from here too.
		( new Outbox() )->add( 'site.checked_in', null, array() );
		( new Outbox() )->mark_delivered_up_to( 1000 );
		$wpdb->query( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET delivered_at = delivered_at - 3700' );
		( new Outbox() )->prune();
		$this->assertSame( array(), $this->events( 'contact.forgotten' ) );
		$this->assertNotSame( array(), $this->events( 'session.contact_given' ) );
	}

	public function test_whoever_is_no_address_is_nobody(): void {
		$erased = ( new Privacy( $this->contacts(), new Outbox(), new Suppressions(), new Consent_Ledger() ) )->erase( 'chloe' );

		$this->assertSame( array( false, false, true ), array( $erased['items_removed'], $erased['items_retained'], $erased['done'] ) );
		$this->assertSame( array(), $this->events() );
	}
}
