<?php
/**
 * What the settings form makes of its input.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Assumptions;
use Booking_Recovery\Booknetic_Gateway;
use Booking_Recovery\Bookings;
use Booking_Recovery\Check_In;
use Booking_Recovery\Choices_Section;
use Booking_Recovery\Connection;
use Booking_Recovery\Consent;
use Booking_Recovery\Consent_Ledger;
use Booking_Recovery\Contacts;
use Booking_Recovery\Delivery;
use Booking_Recovery\Event_Composer;
use Booking_Recovery\Lock;
use Booking_Recovery\Opt_Out_List;
use Booking_Recovery\Opt_Out_Section;
use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Outbox;
use Booking_Recovery\Policy;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Recovery_Message;
use Booking_Recovery\Round_Trip;
use Booking_Recovery\Sessions;
use Booking_Recovery\Settings;
use Booking_Recovery\Settings_Page;
use Booking_Recovery\Sidecar_Client;
use Booking_Recovery\Signer;
use Booking_Recovery\Suppressions;
use Booking_Recovery\Test_Visit;
use Booking_Recovery\Test_Visit_Section;
use Booking_Recovery\Test_Visits;
use Booking_Recovery\Visit_Robot;
use Booking_Recovery\Visit_Stages;
use Booking_Recovery\Workflows_Section;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Settings_Page
 * @covers \Booking_Recovery\Choices_Section
 */
final class SettingsPageTest extends TestCase {

	private const FIELDS = array(
		'sidecar'         => 'https://recovery.example.com',
		'site'            => 'salon',
		'webhook_secret'  => array( 'whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=' ),
		'callback_secret' => array( 'whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=' ),
	);

	private function page(): Settings_Page {
		$settings  = new Settings();
		$outbox    = new Outbox();
		$booknetic = new Booknetic_Gateway( new Recoveries(), new Recovery_Message() );
		$check_in  = new Check_In( $settings, $outbox, $booknetic );
		$composer  = new Event_Composer( $booknetic, new Bookings(), new Suppressions(), $check_in, $outbox );
		$delivery  = new Delivery( $settings, $outbox, $composer, $check_in, new Sidecar_Client( new Signer() ), new Lock() );
		$visits    = new Test_Visits( new Lock() );
		$stages    = new Visit_Stages( $outbox, $delivery, new Recoveries(), new Suppressions(), $check_in, $settings );
		$visit     = new Test_Visit( $visits, new Visit_Robot( $visits, $booknetic, new Consent( new Policy( $settings ), new Consent_Ledger() ) ), $stages, new Assumptions(), new Lock() );
		return new Settings_Page( $settings, $check_in, $outbox, new Round_Trip( $settings, $check_in, $delivery, $booknetic ), new Test_Visit_Section( $visit, $delivery ), new Choices_Section( $settings, new Policy( $settings ) ), new Workflows_Section( $booknetic, new Policy( $settings ) ), new Opt_Out_Section( new Opt_Out_List( new Contacts( new Suppressions(), $outbox, new Recoveries(), new Sessions(), new Consent_Ledger(), new Opt_Out_Tokens() ), $outbox ), new Suppressions() ) );
	}

	private function store( array $option, array $sidecars = array() ): void {
		wp_cache_set( 'alloptions', array( Settings::OPTION => $option, Policy::OPTION => $sidecars ) + wp_cache_get( 'alloptions', 'options' ), 'options' );
	}

	private function code( array $fields = self::FIELDS ): string {
		return 'brc1.' . rtrim( strtr( base64_encode( (string) json_encode( $fields ) ), '+/', '-_' ), '=' );
	}

	protected function setUp(): void {
		require_once ABSPATH . WPINC . '/class-wp-walker.php';
		require_once ABSPATH . 'wp-admin/includes/template.php';
		$GLOBALS['wp_settings_errors'] = array();
		$this->store( array() );
	}

	public function test_a_code_connects_the_site(): void {
		$stored = $this->page()->receive( array( 'do' => 'connect', 'code' => $this->code() ) );

		$this->assertSame( array( 'connection' => self::FIELDS ), $stored );
		$this->assertSame( $stored, Settings::sanitize( $stored ) );
	}

	public function test_a_wrong_code_is_explained_and_the_old_one_stays(): void {
		$old = array( 'connection' => ( new Connection( self::FIELDS ) )->to_array() );
		$this->store( $old );

		foreach ( array( 'hello', 'brc1.', 'brc1.e30' ) as $code ) {
			$GLOBALS['wp_settings_errors'] = array();
			$this->assertSame( $old, $this->page()->receive( array( 'do' => 'connect', 'code' => $code ) ) );
			$this->assertStringContainsString( 'Nothing was changed.', $GLOBALS['wp_settings_errors'][0]['message'] );
		}
	}

	public function test_an_empty_field_leaves_the_connection_to_be_tested(): void {
		$old = array( 'connection' => ( new Connection( self::FIELDS ) )->to_array() );
		$this->store( $old );

		foreach ( array( '', '  ', null, array( 'x' ) ) as $code ) {
			$this->assertSame( $old, $this->page()->receive( array( 'do' => 'connect', 'code' => $code ) ) );
		}
		$this->assertSame( array(), $GLOBALS['wp_settings_errors'] );
	}

	public function test_without_a_connection_an_empty_field_is_explained(): void {
		$this->assertSame( array(), $this->page()->receive( array( 'do' => 'connect', 'code' => '' ) ) );
		$this->assertCount( 1, $GLOBALS['wp_settings_errors'] );
	}

	public function test_testing_changes_nothing_and_removing_keeps_the_choices(): void {
		$old = array( 'connection' => ( new Connection( self::FIELDS ) )->to_array(), 'recovery' => array( 'dry_run' => true ) );
		$this->store( $old );

		$this->assertSame( $old, $this->page()->receive( array( 'do' => 'test', 'code' => '' ) ) );
		$this->assertSame( array( 'recovery' => array( 'dry_run' => true ) ), $this->page()->receive( array( 'do' => 'remove', 'code' => '' ) ) );
	}

	public function test_choices_are_taken_in_and_what_is_empty_is_the_sidecars(): void {
		$this->store( array( 'recovery' => array( 'abandon_after' => '10m' ) ) );
		$form = array( 'do' => 'choose', 'abandon_after' => '', 'retention' => '30d', 'unpaid_after' => ' 1h ', 'messages' => '45m, 1d', 'consent' => 'opt_in', 'dry_run' => 'no', 'paused' => '1', 'quiet_hours' => '-', 'cap_per_30_days' => ' 5 ', 'holdout_percent' => '0', 'min_gap' => '' );

		$this->assertSame(
			array(
				'recovery' => array( 'unpaid_after' => '1h', 'messages' => array( '45m', '1d' ), 'quiet_hours' => '', 'consent' => 'opt_in', 'dry_run' => false, 'cap_per_30_days' => 5, 'holdout_percent' => 0, 'retention' => '30d' ),
				'paused'   => true,
			),
			$this->page()->receive( $form )
		);
	}

	public function test_a_choice_that_does_not_fit_changes_nothing_and_is_named(): void {
		$old = array( 'recovery' => array( 'abandon_after' => '10m' ) );
		$this->store( $old );
		foreach ( array( array( 'abandon_after' => 'soon' ), array( 'abandon_after' => '0s' ), array( 'messages' => '1d, 45m' ), array( 'messages' => '1m,2m,3m,4m,5m,6m' ), array( 'consent' => 'maybe' ), array( 'quiet_hours' => '21-8' ), array( 'cap_per_30_days' => '0' ), array( 'cap_per_30_days' => '1e1' ), array( 'holdout_percent' => '101' ), array( 'contact_cooldown' => '366d' ) ) as $wrong ) {
			$GLOBALS['wp_settings_errors'] = array();
			$this->assertSame( $old, $this->page()->receive( array( 'do' => 'choose', 'unpaid_after' => '1h' ) + $wrong ) );
			$this->assertStringContainsString( 'Nothing was changed.', $GLOBALS['wp_settings_errors'][0]['message'] );
		}
	}

	public function test_the_sidecars_own_limits_hold(): void {
		$fit   = array( 'messages' => array( '0s', '30d' ), 'quiet_hours' => '21:00-08:00', 'min_gap' => '0s', 'cap_per_30_days' => 1, 'holdout_percent' => 0, 'consent' => 'off', 'dry_run' => false, 'retention' => '3650d' );
		$unfit = array( 'messages' => array( '1d', '24h' ), 'quiet_hours' => '21:00-21:00', 'min_gap' => '31d', 'cap_per_30_days' => 0, 'holdout_percent' => '5', 'consent' => '', 'dry_run' => 'no', 'retention' => '1h', 'abandon_after' => 900, 'password' => 'x' );

		$this->assertSame( array( 'recovery' => $fit ), Settings::sanitize( array( 'recovery' => $fit + $unfit ) ) );
		$this->assertSame( array(), Settings::sanitize( array( 'recovery' => $unfit ) ) );
		$this->assertSame( array( 'recovery' => array( 'quiet_hours' => '' ) ), Settings::sanitize( array( 'recovery' => array( 'quiet_hours' => '' ) ) ) );
	}

	public function test_every_change_of_a_choice_has_a_number(): void {
		$first  = Settings::count_change( array( 'recovery' => array( 'dry_run' => true ) ), false );
		$same   = Settings::count_change( array( 'paused' => true ) + $first, $first );
		$second = Settings::count_change( array( 'recovery' => array() ), $same );

		$this->assertSame( array( 1, 1, 2 ), array( $first['revision'], $same['revision'], $second['revision'] ) );
		$this->assertSame( array( 'revision' => 2 ), $second );
	}

	public function test_nonsense_stores_nothing(): void {
		foreach ( array( null, 'x', array(), array( 'do' => array() ), array( 'do' => 'format' ), array( 'do' => 'remove', 'connection' => array( 'site' => 'salon' ) ) ) as $input ) {
			$this->assertSame( array(), $this->page()->receive( $input ) );
		}
	}
}
