<?php
/**
 * The bridge on a site without Booknetic.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Booknetic_Gateway;
use Booking_Recovery\Policy;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Recovery_Message;
use Booking_Recovery\Settings;
use Booking_Recovery\Workflows_Section;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Booknetic_Gateway
 */
final class BookneticGatewayTest extends TestCase {

	public function test_without_booknetic_every_question_has_an_answer(): void {
		$booknetic = new Booknetic_Gateway( new Recoveries(), new Recovery_Message() );
		$booknetic->register();

		$this->assertFalse( $booknetic->is_ready() );
		$this->assertNull( $booknetic->version() );
		$this->assertNull( $booknetic->workflows() );
		$this->assertNull( $booknetic->end_of_log() );
		$this->assertSame( array(), $booknetic->logged( 'a.1', 0 ) );
		$this->assertNull( $booknetic->name( 'service', 1 ) );
		$this->assertNull( $booknetic->appointment( 1 ) );
		$this->assertSame( array(), $booknetic->appointments( 'key' ) );
		$this->assertNull( $booknetic->total( array( 1 ) ) );
		$this->assertNull( $booknetic->contact( 1 ) );
		$this->assertSame( 'unknown', $booknetic->slot( 1, 1, 1, 1, '' ) );
		$this->assertSame( 'Europe/Berlin', $booknetic->zone()->getName() );
		$this->assertSame( 'done', $booknetic->as_tenant( 7, static function (): string {
			return 'done';
		} ) );
	}

	public function test_without_booknetic_the_workflows_form_says_when_it_comes_back(): void {
		$settings = new Settings();
		ob_start();
		( new Workflows_Section( new Booknetic_Gateway( new Recoveries(), new Recovery_Message() ), new Policy( $settings ) ) )->render();
		$html = (string) ob_get_clean();

		$this->assertStringContainsString( 'can be chosen here while Booknetic runs', $html );
		$this->assertStringNotContainsString( '<form', $html );
	}
}
