<?php
/**
 * What the settings form makes of its input.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Booknetic_Gateway;
use Booking_Recovery\Bookings;
use Booking_Recovery\Check_In;
use Booking_Recovery\Connection;
use Booking_Recovery\Delivery;
use Booking_Recovery\Event_Composer;
use Booking_Recovery\Lock;
use Booking_Recovery\Outbox;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Recovery_Message;
use Booking_Recovery\Settings;
use Booking_Recovery\Settings_Page;
use Booking_Recovery\Signer;
use Booking_Recovery\Suppressions;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Settings_Page
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
		return new Settings_Page( $settings, $check_in, new Delivery( $settings, $outbox, $composer, $check_in, new Signer(), new Lock() ) );
	}

	private function store( array $option ): void {
		wp_cache_set( 'alloptions', array( Settings::OPTION => $option ) + wp_cache_get( 'alloptions', 'options' ), 'options' );
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
		// WordPress hands an option that is new through the gate a second time.
		$this->assertSame( $stored, $this->page()->receive( $stored ) );
	}

	public function test_a_wrong_code_is_explained_and_the_old_one_stays(): void {
		$old = array( 'connection' => ( new Connection( self::FIELDS ) )->to_array() );
		$this->store( $old );

		foreach ( array( 'hello', '', null, array( 'x' ) ) as $code ) {
			$GLOBALS['wp_settings_errors'] = array();
			$this->assertSame( $old, $this->page()->receive( array( 'do' => 'connect', 'code' => $code ) ) );
			$this->assertStringContainsString( 'Nothing was changed.', $GLOBALS['wp_settings_errors'][0]['message'] );
		}
	}

	public function test_checking_changes_nothing_and_removing_removes(): void {
		$old = array( 'connection' => ( new Connection( self::FIELDS ) )->to_array() );
		$this->store( $old );

		$this->assertSame( $old, $this->page()->receive( array( 'do' => 'check', 'code' => '' ) ) );
		$this->assertSame( array(), $this->page()->receive( array( 'do' => 'remove', 'code' => '' ) ) );
	}

	public function test_nonsense_stores_nothing(): void {
		foreach ( array( null, 'x', array(), array( 'do' => array() ), array( 'connection' => array( 'site' => 'salon' ) ) ) as $input ) {
			$this->assertSame( array(), $this->page()->receive( $input ) );
		}
	}
}
