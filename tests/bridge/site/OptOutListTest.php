<?php
/**
 * Lists of people who want no messages are heeded line by line, and name nobody afterwards.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Consent_Ledger;
use Booking_Recovery\Contacts;
use Booking_Recovery\Opt_Out_List;
use Booking_Recovery\Opt_Out_Section;
use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Outbox;
use Booking_Recovery\Person;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Schema;
use Booking_Recovery\Sessions;
use Booking_Recovery\Suppressions;
use Booking_Recovery\Try_Later;

/**
 * @covers \Booking_Recovery\Opt_Out_List
 * @covers \Booking_Recovery\Opt_Out_Section
 * @covers \Booking_Recovery\Outbox
 */
final class OptOutListTest extends Site_Test_Case {

	protected function setUp(): void {
		parent::setUp();
		require_once ABSPATH . 'wp-admin/includes/template.php';
		$GLOBALS['wp_settings_errors'] = array();
	}

	private function people(): Opt_Out_List {
		return new Opt_Out_List( new Contacts( new Suppressions(), new Outbox(), new Recoveries(), new Sessions(), new Consent_Ledger(), new Opt_Out_Tokens() ), new Outbox() );
	}

	private function section(): Opt_Out_Section {
		return new Opt_Out_Section( $this->people(), new Suppressions() );
	}

	/**
	 * What the section says of a list.
	 *
	 * @return array{ 0: string, 1: string } Type and message.
	 */
	private function said_of( string $typed ): array {
		$GLOBALS['wp_settings_errors'] = array();
		$this->section()->receive( array( 'people' => $typed ) );
		$this->assertCount( 1, $GLOBALS['wp_settings_errors'] );
		return array( $GLOBALS['wp_settings_errors'][0]['type'], $GLOBALS['wp_settings_errors'][0]['message'] );
	}

	private function reasons_not_to_write( ?string $email, ?string $phone = null ): ?string {
		return ( new Suppressions() )->find( Person::keys( $email, $phone ) );
	}

	public function test_each_line_is_somebody_new_somebody_known_or_nobody(): void {
		$this->people()->take( 'ann@visitors.example', 'admin', time() );
		$list = "\xEF\xBB\xBFname;email;phone\r\n"
			. "Ann;ANN@visitors.example ;\r\n"
			. "\"Bob\";\"bob@visitors.example\";\"+49 170 1234567\"\r\n"
			. "\r\n"
			. "Cleo <cleo@visitors.example>\r\n"
			. "dan@visitors\n"
			. "0170 1234567\r"
			. "+49 (170) 7654321\n"
			. "cleo@visitors.example\n";

		$report = $this->people()->take( $list, 'import', time() );

		$this->assertSame( array( 'new' => 3, 'known' => 2, 'misread' => array( 1, 6, 7 ) ), $report );
		$this->assertSame( 'opt_out', $this->reasons_not_to_write( 'cleo@visitors.example' ) );
		$this->assertSame( 'opt_out', $this->reasons_not_to_write( null, '+491701234567' ) );
		$this->assertNull( $this->reasons_not_to_write( 'dan@visitors.example' ) );
		$this->assertSame(
			array(
				array( 'email' => 'ann@visitors.example', 'via' => 'admin' ),
				array( 'email' => 'bob@visitors.example', 'via' => 'import' ),
				array( 'phone' => '+491701234567', 'via' => 'import' ),
				array( 'email' => 'cleo@visitors.example', 'via' => 'import' ),
				array( 'phone' => '+491707654321', 'via' => 'import' ),
			),
			array_column( $this->events( 'contact.opted_out' ), 'data' )
		);
		$this->assertSame( array( 'admin', 'import', 'import', 'import', 'import' ), array_column( $this->call( 'suppressions', array( 'action' => 'suppressions.read' ) )->get_data()['entries'], 'via' ) );
	}

	public function test_one_line_is_the_owners_word_and_several_are_an_import(): void {
		$this->said_of( "  ann@visitors.example\r\n\r\n" );
		$this->said_of( "bob@visitors.example\ncleo@visitors.example" );

		$this->assertSame( array( 'admin', 'import', 'import' ), array_column( array_column( $this->events( 'contact.opted_out' ), 'data' ), 'via' ) );
	}

	public function test_who_was_forgotten_stays_so(): void {
		( new Suppressions() )->record( Person::keys( 'ann@visitors.example', null ), Suppressions::FORGET, 'admin', time() );

		$this->assertSame( array( 'new' => 0, 'known' => 1, 'misread' => array() ), $this->people()->take( 'ann@visitors.example', 'admin', time() ) );
		$this->assertSame( 'forget', $this->reasons_not_to_write( 'ann@visitors.example' ) );
	}

	public function test_the_owner_is_told_numbers_and_no_names(): void {
		list( $type, $text ) = $this->said_of( "ann@visitors.example\nnobody at all\nbob@visitors.example\nann@visitors.example\nstill nobody" );

		$this->assertSame( 'warning', $type );
		$this->assertSame( 'Lines with people who get no messages from now on: 2. Lines with people who were known already: 1. Lines that name nobody: 2 (2, 5).', $text );
		$this->assertSame( 'success', $this->said_of( 'cleo@visitors.example' )[0] );
		list( , $text ) = $this->said_of( str_repeat( "nobody\n", 60 ) );
		$this->assertStringContainsString( 'Lines that name nobody: 60 (1, 2, 3,', $text );
		$this->assertStringContainsString( ', 49, 50 …)', $text );
	}

	/**
	 * @dataProvider unreadable
	 */
	public function test_what_is_no_list_changes_nothing( string $typed, string $words ): void {
		list( $type, $text ) = $this->said_of( $typed );

		$this->assertSame( 'error', $type );
		$this->assertStringContainsString( $words, $text );
		$this->assertSame( array(), $this->events() );
	}

	public function unreadable(): array {
		return array(
			'nothing'              => array( " \n\n", 'empty' ),
			'not a text'           => array( "a\0n\0n\0@\0", 'no text' ),
			'more than is allowed' => array( str_repeat( "ann@visitors.example\n", Opt_Out_List::MOST_LINES + 1 ), '5,000' ),
		);
	}

	public function test_a_long_list_is_taken_in_while_a_browser_waits(): void {
		$lines = array();
		for ( $i = 0; $i < Opt_Out_List::MOST_LINES; $i++ ) {
			$lines[] = "visitor$i@visitors.example,Visitor $i";
		}
		$begun = $this->processor_seconds();

		$report = $this->people()->take( implode( "\r\n", $lines ), 'import', time() );

		$this->assertSame( Opt_Out_List::MOST_LINES, $report['new'] );
		$this->assertSame( Opt_Out_List::MOST_LINES, ( new Suppressions() )->count() );
		// PHP gives up after 30 seconds at work, waiting not counted, where nobody has changed that.
		$this->assertLessThan( 25, $this->processor_seconds() - $begun );
	}

	private function processor_seconds(): float {
		$used = getrusage();
		return $used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']
			+ ( $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'] ) / 1e6;
	}

	public function test_a_wish_that_cannot_be_kept_is_not_told_to_the_sidecar_either(): void {
		global $wpdb;
		$table = Schema::table( 'suppressions' );
		$wpdb->query( "CREATE TRIGGER refuse_third BEFORE INSERT ON $table FOR EACH ROW BEGIN IF ( SELECT COUNT(*) FROM " . Schema::table( 'outbox' ) . " WHERE type = 'contact.opted_out' ) >= 2 THEN SIGNAL SQLSTATE '45000'; END IF; END" );
		$wpdb->suppress_errors( true );
		try {
			$this->people()->take( "ann@visitors.example\nbob@visitors.example\ncleo@visitors.example", 'import', time() );
			$this->fail( 'It was taken in.' );
		} catch ( Try_Later $e ) {
			$this->assertSame( array(), $this->events( 'contact.opted_out' ) );
			$this->assertSame( 0, ( new Suppressions() )->count() );
			list( $type, $text ) = $this->said_of( "ann@visitors.example\nbob@visitors.example\ncleo@visitors.example" );
			$this->assertSame( 'error', $type );
			$this->assertStringContainsString( 'send the list again', $text );
		} finally {
			$wpdb->query( 'DROP TRIGGER refuse_third' );
			$wpdb->suppress_errors( false );
		}
		$this->assertSame( 3, $this->people()->take( "ann@visitors.example\nbob@visitors.example\ncleo@visitors.example", 'import', time() )['new'] );
	}

	public function test_the_page_says_how_many_and_nobodys_name(): void {
		$this->people()->take( "ann@visitors.example\n+491701234567", 'import', time() );

		ob_start();
		$this->section()->render();
		$page = (string) ob_get_clean();

		$this->assertStringContainsString( '2 e-mail addresses and phone numbers get no messages', $page );
		$this->assertStringNotContainsString( 'ann@', $page );
		$this->assertStringContainsString( 'enctype="multipart/form-data"', $page );
	}

	public function test_once_the_sidecar_knows_the_addresses_go_from_the_outbox(): void {
		global $wpdb;
		$outbox = new Outbox();
		$this->people()->take( 'ann@visitors.example', 'admin', time() );
		$outbox->add( 'contact.opted_out', null, array( 'token' => 'opt_12345678', 'via' => 'link' ) );
		$outbox->add( 'site.checked_in', null, array() );
		$outbox->prune();
		$this->assertCount( 2, $this->events( 'contact.opted_out' ), 'nothing goes before the sidecar has it' );
		$outbox->mark_delivered_up_to( 1000 );
		$wpdb->query( 'UPDATE ' . Schema::table( 'outbox' ) . ' SET delivered_at = delivered_at - 3700' );

		$outbox->prune();

		$this->assertSame( array( array( 'token' => 'opt_12345678', 'via' => 'link' ) ), array_column( $this->events( 'contact.opted_out' ), 'data' ) );
		$this->assertSame( 'opt_out', $this->reasons_not_to_write( 'ann@visitors.example' ) );
	}
}
