<?php
/**
 * The form in which owners choose.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Choices_Section;
use Booking_Recovery\Policy;
use Booking_Recovery\Settings;

/**
 * @covers \Booking_Recovery\Choices_Section
 */
final class ChoicesSectionTest extends Site_Test_Case {

	public function test_the_form_shows_what_was_chosen_and_what_is_usual(): void {
		update_option( Settings::OPTION, array( 'recovery' => array( 'messages' => array( '2h', '1d' ), 'quiet_hours' => '', 'cap_per_30_days' => 5 ) ) );

		ob_start();
		( new Choices_Section( new Settings(), new Policy( new Settings() ) ) )->render();
		$html = (string) ob_get_clean();

		foreach ( array( 'messages' => '2h, 1d', 'quiet_hours' => '-', 'cap_per_30_days' => '5', 'min_gap' => '' ) as $key => $shown ) {
			$this->assertStringContainsString( "name=\"booking_recovery[$key]\" value=\"$shown\"", $html );
			$this->assertStringContainsString( "<p class=\"description\" id=\"booking-recovery-$key-help\">", $html );
		}
		$this->assertStringContainsString( '<details open>', $html );
	}
}
