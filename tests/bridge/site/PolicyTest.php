<?php
/**
 * What the sidecar has chosen counts where the owner chooses nothing, or may not choose.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Choices_Section;
use Booking_Recovery\Policy;
use Booking_Recovery\Settings;

/**
 * @covers \Booking_Recovery\Policy
 * @covers \Booking_Recovery\Status_Controller
 * @covers \Booking_Recovery\Choices_Section
 */
final class PolicyTest extends Site_Test_Case {

	/**
	 * @param mixed $recovery As the sidecar sends it; null for a sidecar that does not.
	 */
	private function tell( $recovery ): void {
		$answer = $this->call( 'status', array( 'action' => 'status.read' ) + ( null === $recovery ? array() : array( 'recovery' => $recovery ) ) );
		$this->assertSame( 200, $answer->get_status(), (string) wp_json_encode( $answer->get_data() ) );
	}

	private function own( array $recovery ): void {
		update_option( Settings::OPTION, array( 'recovery' => $recovery ) );
	}

	/**
	 * @return mixed
	 */
	private function in_force( string $key ) {
		return ( new Policy( new Settings() ) )->in_force( $key );
	}

	private function section(): string {
		ob_start();
		( new Choices_Section( new Settings(), new Policy( new Settings() ) ) )->render();
		return (string) ob_get_clean();
	}

	/**
	 * @dataProvider choices
	 */
	public function test_the_one_counts_that_may( ?string $own, ?string $sidecars, bool $is_locked, ?string $counts ): void {
		$this->own( array_filter( array( 'consent' => $own ) ) );
		$this->tell( array( 'defaults' => array_filter( array( 'consent' => $sidecars ) ), 'locked' => $is_locked ? array( 'consent' ) : array() ) );

		$this->assertSame( $counts, $this->in_force( 'consent' ) );
	}

	public function choices(): array {
		return array(
			'nobody has chosen'             => array( null, null, false, null ),
			'only the owner has'            => array( 'off', null, false, 'off' ),
			'only the sidecar has'          => array( null, 'opt_in', false, 'opt_in' ),
			'both have'                     => array( 'off', 'opt_in', false, 'off' ),
			'the owner may not'             => array( 'off', 'opt_in', true, 'opt_in' ),
			'the owner may not and has not' => array( null, 'opt_in', true, 'opt_in' ),
			'it is locked to nothing known' => array( 'off', null, true, null ),
		);
	}

	/**
	 * @dataProvider misfits
	 */
	public function test_what_does_not_fit_is_left_out_and_never_refused( $recovery, array $defaults, array $locked ): void {
		$this->tell( $recovery );

		$heard = get_option( Policy::OPTION );
		$this->assertSame( array( $defaults, $locked ), array( $heard['defaults'], $heard['locked'] ) );
	}

	public function misfits(): array {
		$good = array( 'messages' => array( '2h', '1d' ), 'quiet_hours' => '', 'cap_per_30_days' => 3, 'dry_run' => false, 'retention' => '90d' );
		return array(
			'all is well'       => array( array( 'defaults' => $good, 'locked' => array( 'messages' ) ), $good, array( 'messages' ) ),
			'unknown keys'      => array( array( 'defaults' => array( 'colour' => 'red' ) + $good, 'locked' => array( 'colour', 'messages' ) ), $good, array( 'messages' ) ),
			'unfit values'      => array( array( 'defaults' => array( 'messages' => '45m', 'consent' => 'maybe', 'min_gap' => null ), 'locked' => array( 5, null, array( 'consent' ), 'consent' ) ), array(), array( 'consent' ) ),
			'lists for objects' => array( array( 'defaults' => array( 'x' ), 'locked' => 'consent' ), array(), array( 'consent' ) ),
			'words for objects' => array( array( 'defaults' => 'x', 'locked' => 7 ), array(), array() ),
			'a word'            => array( 'everything', array(), array() ),
			'a number'          => array( 7, array(), array() ),
			'nothing in it'     => array( new stdClass(), array(), array() ),
		);
	}

	public function test_what_was_told_stays_until_told_anew_and_goes_with_the_connection(): void {
		$this->tell( array( 'defaults' => array( 'consent' => 'opt_in' ) ) );
		$this->tell( null );
		$this->assertSame( 'opt_in', $this->in_force( 'consent' ) );

		$writes = 0;
		$count  = static function () use ( &$writes ): void {
			++$writes;
		};
		add_action( 'update_option_' . Policy::OPTION, $count );
		$this->tell( array( 'defaults' => array( 'consent' => 'opt_in' ), 'locked' => array() ) );
		$this->assertSame( 0, $writes );
		$this->tell( array( 'defaults' => array( 'consent' => 'off' ) ) );
		$this->assertSame( 1, $writes );
		remove_action( 'update_option_' . Policy::OPTION, $count );

		update_option( Policy::OPTION, array( 'connection' => str_repeat( 'a', 64 ) ) + get_option( Policy::OPTION ) );
		$this->assertNull( $this->in_force( 'consent' ) );
	}

	public function test_the_form_and_the_robot_heed_it(): void {
		$this->tell( array( 'defaults' => array( 'consent' => 'opt_in' ) ) );
		$this->assertStringContainsString( 'class="booking_recovery_consent"', $this->information_step() );
		$this->assertTrue( $this->robot_needs_box() );

		$this->own( array( 'consent' => 'off' ) );
		$this->assertStringNotContainsString( 'booking_recovery_consent', $this->information_step() );
		$this->assertFalse( $this->robot_needs_box() );

		$this->tell( array( 'defaults' => array( 'consent' => 'notice' ), 'locked' => array( 'consent' ) ) );
		$this->assertStringContainsString( 'booking_recovery_consent_notice', $this->information_step() );
	}

	private function information_step(): string {
		return htmlspecialchars_decode( $this->post( 'get_data', array( 'current_step' => 'information' ), array(), null )['html'] );
	}

	/**
	 * The robot fails where the form has no box and one is needed.
	 */
	private function robot_needs_box(): bool {
		$consent = new Booking_Recovery\Consent( new Policy( new Settings() ), new Booking_Recovery\Consent_Ledger() );
		return $consent->needs_box();
	}

	public function test_each_field_says_what_counts_where_it_is_left_empty(): void {
		$page = $this->section();
		foreach ( array( 'Usually: 15m', 'Usually: none', 'As on the sidecar, usually: A line', 'As on the sidecar, usually: No, send them' ) as $words ) {
			$this->assertStringContainsString( $words, $page );
		}
		$this->assertStringNotContainsString( 'The sidecar&#039;s choice', $page );

		$this->tell( array( 'defaults' => array( 'messages' => array( '2h', '1d' ), 'quiet_hours' => '21:00-08:00', 'cap_per_30_days' => 7, 'consent' => 'opt_in', 'dry_run' => true, 'holdout_percent' => 0 ) ) );
		$page = $this->section();
		foreach ( array( 'The sidecar&#039;s choice: 2h, 1d', 'The sidecar&#039;s choice: 21:00-08:00', 'The sidecar&#039;s choice: 7', 'The sidecar&#039;s choice: 0', 'As on the sidecar: Only those who tick a box', 'As on the sidecar: Yes', 'Usually: 15m' ) as $words ) {
			$this->assertStringContainsString( $words, $page );
		}
		$this->assertStringNotContainsString( 'readonly', $page );
	}

	public function test_what_is_locked_is_shown_and_what_is_posted_for_it_not_taken(): void {
		$stored = array( 'recovery' => array( 'consent' => 'notice', 'min_gap' => '1h' ) );
		update_option( Settings::OPTION, $stored );
		$this->tell( array( 'defaults' => array( 'messages' => array( '2h' ), 'consent' => 'opt_in', 'min_gap' => '6h' ), 'locked' => array( 'messages', 'consent' ) ) );
		$page = $this->section();

		foreach ( array( 'messages' => '2h', 'consent' => 'Only those who tick a box' ) as $key => $shown ) {
			$this->assertStringContainsString( "<input type=\"text\" id=\"booking-recovery-$key\" value=\"$shown\" class=\"regular-text\" dir=\"auto\" readonly aria-describedby=\"booking-recovery-$key-help\">", $page );
			$this->assertStringNotContainsString( "name=\"booking_recovery[$key]\"", $page );
		}
		$this->assertSame( 2, substr_count( $page, 'has locked this' ) );
		$received = ( new Choices_Section( new Settings(), new Policy( new Settings() ) ) )->receive( array( 'messages' => '1m', 'consent' => 'off', 'min_gap' => '' ), $stored );
		$this->assertSame( array( 'recovery' => array( 'consent' => 'notice' ) ), $received );
	}
}
