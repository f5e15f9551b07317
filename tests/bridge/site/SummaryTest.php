<?php
/**
 * What the sidecar tells at a glance, and what is shown of it.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Glance;
use Booking_Recovery\Settings;
use Booking_Recovery\Sidecar_Client;
use Booking_Recovery\Signer;
use Booking_Recovery\Summary;

/**
 * @covers \Booking_Recovery\Summary
 * @covers \Booking_Recovery\Glance
 */
final class SummaryTest extends Site_Test_Case {

	private const PATH = '/bridge/salon/summary';
	private const SAID = array(
		'states'   => array( 'active' => 2, 'abandoned' => 1, 'contacted' => 3, 'recovered' => 7, 'booked' => 30, 'lost' => 9 ),
		'month'    => array(
			'bookings' => 4,
			'value'    => array( array( 'amount' => '1234.50', 'currency' => 'EUR' ), array( 'amount' => '900', 'currency' => 'JPY' ) ),
		),
		'sessions' => array(
			array(
				'state'     => 'contacted',
				'contact'   => array( 'email' => 'c…@v…', 'phone' => null, 'first_name' => 'C.', 'last_name' => 'Ñ.' ),
				'selection' => array( 'service' => array( 'id' => 1, 'name' => 'Färben & <b>Schneiden</b>' ) ),
				'last_seen' => '2026-11-22T15:04:05.120Z',
			),
			array( 'state' => 'active', 'contact' => null, 'selection' => array( 'service' => null ), 'last_seen' => null ),
		),
	);

	protected function setUp(): void {
		parent::setUp();
		Summary::forget();
	}

	protected function tearDown(): void {
		Summary::forget();
		wp_set_current_user( 0 );
		parent::tearDown();
	}

	private function summary(): Summary {
		return new Summary( new Settings(), new Sidecar_Client( new Signer() ) );
	}

	private function shown( string $view = Glance::PAGE ): string {
		ob_start();
		( new Glance( $this->summary() ) )->render( $view );
		return (string) ob_get_clean();
	}

	private function asked(): int {
		return count( $this->sidecar->asked );
	}

	/**
	 * As if all that is kept were older.
	 */
	private function wait( int $seconds ): void {
		$kept              = get_transient( Summary::TRANSIENT );
		$kept['asked_at'] -= $seconds;
		if ( null !== $kept['known'] ) {
			$kept['known']['at'] -= $seconds;
		}
		set_transient( Summary::TRANSIENT, $kept );
	}

	public function test_it_is_asked_once_in_some_minutes(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );

		$this->summary()->refresh();
		$this->summary()->refresh();
		$this->assertSame( 1, $this->asked() );
		$this->assertSame( array( 'site' => 'salon', 'action' => 'summary.read' ), $this->sidecar->asked[0] );
		$this->assertFalse( $this->summary()->is_due() );

		$this->wait( 300 );
		$this->assertTrue( $this->summary()->is_due() );
		$this->summary()->refresh();
		$this->assertSame( 2, $this->asked() );
	}

	public function test_looking_asks_nobody(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );

		$html = $this->shown();

		$this->assertSame( 0, $this->asked() );
		$this->assertStringContainsString( 'data-address=', $html );
		$this->assertStringContainsString( 'has not been asked', $html );
	}

	public function test_a_sidecar_that_is_away_is_not_asked_for_a_minute_and_old_figures_stay_with_their_age(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );
		$this->summary()->refresh();
		$this->wait( 1500 );
		$this->sidecar->says = array();

		$this->summary()->refresh();

		$this->assertTrue( $this->summary()->was_missed() );
		$this->assertFalse( $this->summary()->is_due() );
		$html = $this->shown();
		$this->assertStringContainsString( 'did not answer just now. These figures are 25 mins old.', $html );
		$this->assertStringContainsString( '1,234.50 EUR', $html );
		$this->assertStringNotContainsString( 'data-address=', $html );

		$this->wait( 60 );
		$this->assertTrue( $this->summary()->is_due() );
		$this->wait( DAY_IN_SECONDS );
		$this->assertNull( $this->summary()->known(), 'Nothing is kept for longer than a day.' );
	}

	public function test_while_it_is_being_asked_nobody_else_asks(): void {
		$due = null;
		add_filter(
			'pre_http_request',
			function ( $answer ) use ( &$due ) {
				$due = $this->summary()->is_due();
				return $answer;
			}
		);

		$this->summary()->refresh();

		$this->assertFalse( $due );
	}

	public function test_what_another_sidecar_has_told_is_not_shown(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );
		$this->summary()->refresh();
		set_transient( Summary::TRANSIENT, array( 'connection' => 'another' ) + get_transient( Summary::TRANSIENT ) );

		$this->assertNull( $this->summary()->known() );
		$this->assertTrue( $this->summary()->is_due() );
	}

	public function test_the_figures_of_this_month_and_the_open_visits_are_shown(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );
		$this->summary()->refresh();

		$html = $this->shown( Glance::WIDGET );

		foreach ( array( '4', '1,234.50 EUR', '900 JPY', '6' ) as $figure ) {
			$this->assertStringContainsString( "<dd><bdi>$figure</bdi></dd>", $html );
		}
		$this->assertStringNotContainsString( '<table', $html );
	}

	public function test_visits_are_shown_as_rows_and_nothing_in_them_is_markup(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );
		$this->summary()->refresh();

		$html = $this->shown();

		$this->assertSame( 2, substr_count( $html, '<th scope="row">' ) );
		$this->assertStringContainsString( '<bdi>C. Ñ.</bdi>', $html );
		$this->assertStringContainsString( '<bdi>Färben &amp; &lt;b&gt;Schneiden&lt;/b&gt;</bdi>', $html );
		$this->assertStringContainsString( '<time datetime="2026-11-22T15:04:05+00:00" title="', $html );
		$this->assertStringContainsString( '<bdi>unknown</bdi>', $html );
	}

	public function test_where_there_is_nothing_yet_it_says_what_will_be_there(): void {
		$this->sidecar->says = array( self::PATH => array( 'states' => array(), 'month' => array( 'bookings' => 0, 'value' => array() ), 'sessions' => array() ) );
		$this->summary()->refresh();

		$html = $this->shown();

		$this->assertStringContainsString( 'No booking was won back this month yet.', $html );
		$this->assertStringContainsString( 'make a test visit', $html );
	}

	/**
	 * @dataProvider nonsense
	 */
	public function test_nonsense_is_left_out_without_a_word( array $said ): void {
		$this->sidecar->says = array( self::PATH => $said );
		$this->summary()->refresh();

		$this->assertSame( 0, $this->summary()->known()['bookings'] );
		$this->assertStringContainsString( 'booking-recovery-glance-figures', $this->shown() );
	}

	public function nonsense(): array {
		return array(
			array( array( 'states' => 'x', 'month' => 'x', 'sessions' => 'x' ) ),
			array( array( 'states' => array( 'active' => 'x', 'more' => 5 ), 'month' => array( 'bookings' => '4', 'value' => 'x' ), 'sessions' => array( 'x', 5, null ) ) ),
			array( array( 'month' => array( 'value' => array( 'x', array( 'amount' => array() ) ) ), 'sessions' => array( array( 'contact' => 'x', 'selection' => 'x', 'last_seen' => array(), 'state' => 5 ) ) ) ),
		);
	}

	public function test_a_person_who_is_forgotten_is_not_kept_here_either(): void {
		$this->sidecar->says = array( self::PATH => self::SAID );
		$this->summary()->refresh();

		$this->call( 'contacts', array( 'action' => 'contacts.update', 'request_id' => 'req_12345678', 'op' => 'forget', 'email' => 'chloe@visitors.example' ) );

		$this->assertFalse( get_transient( Summary::TRANSIENT ) );
	}
}
