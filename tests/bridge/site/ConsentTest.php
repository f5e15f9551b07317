<?php
/**
 * What visitors were told or asked about messages, and answered, can be shown for each of them, and for nobody else.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Consent;
use Booking_Recovery\Consent_Ledger;
use Booking_Recovery\Person;
use Booking_Recovery\Plugin;
use Booking_Recovery\Policy;
use Booking_Recovery\Schema;
use Booking_Recovery\Settings;
use Booking_Recovery\Test_Visits;
use BookneticApp\Models\Customer;

/**
 * @covers \Booking_Recovery\Consent
 * @covers \Booking_Recovery\Consent_Ledger
 */
final class ConsentTest extends Site_Test_Case {

	private const PHONE = '+491701234567';

	protected function tearDown(): void {
		remove_all_filters( 'booking_recovery_consent_text' );
		parent::tearDown();
	}

	private function choose( string $mode ): void {
		update_option( Settings::OPTION, array( 'recovery' => array( 'consent' => $mode ) ) );
	}

	private function type( string $email, array $fields = array(), array $other = array(), string $session_id = self::SESSION ): void {
		$this->post( 'check_customer_exist', $fields, array( 'customer_data' => array( 'email' => $email ) + $other ) + $other, $session_id );
	}

	/**
	 * What the form's contact step hands to the browser.
	 */
	private function shown(): string {
		ob_start();
		( new Consent( new Policy( new Settings() ), new Consent_Ledger() ) )->render();
		$html = (string) ob_get_clean();
		$this->assertSame( 1, preg_match( '/ data-shown="([^"]+)">/', $html, $found ), $html );
		return $found[1];
	}

	/**
	 * @return string[] Choices of whoever has this identifier, the oldest first.
	 */
	private function choices_of( string $identifier ): array {
		return array_column( ( new Consent_Ledger() )->of( array( hash( 'sha256', $identifier ) ) ), 'basis' );
	}

	private function rows(): int {
		global $wpdb;
		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Schema::table( 'consents' ) );
	}

	public function test_what_a_visitor_was_told_is_written_down_once(): void {
		$this->type( 'chloe@visitors.example' );
		$this->type( 'chloe@visitors.example' );
		$this->post( 'get_data', array( 'current_step' => 'confirm_details', 'previous_step' => 'information' ), $this->bookable() );

		$rows = ( new Consent_Ledger() )->of( Person::keys( 'chloe@visitors.example', null ) );
		$this->assertSame( array( 'notice' ), array_column( $rows, 'basis' ) );
		$this->assertSame( home_url( '/book/' ), $rows[0]['page'] );
		$this->assertStringContainsString( 'may write to you', $rows[0]['wording'] );
		$this->assertEqualsWithDelta( time(), (int) $rows[0]['at'], 5 );
	}

	public function test_a_box_that_is_ticked_and_unticked_is_two_choices_and_the_last_counts(): void {
		$this->choose( 'opt_in' );
		foreach ( array( '1', '1', '0', '0' ) as $box ) {
			$this->type( 'chloe@visitors.example', array( Consent::FIELD => $box ) );
		}

		$this->assertSame( array( 'opt_in', 'denied' ), $this->choices_of( 'chloe@visitors.example' ) );
		$this->assertSame( array( 'opt_in', 'denied' ), array_column( array_column( array_column( $this->events( 'session.contact_given' ), 'data' ), 'consent' ), 'basis' ) );
	}

	public function test_addresses_on_the_way_to_the_whole_one_are_nobodys(): void {
		$this->choose( 'opt_in' );
		$this->type( 'chloe@visitors.ex', array( Consent::FIELD => '0' ) );
		$this->type( 'chloe@visitors.exam', array( Consent::FIELD => '1' ), array( 'phone' => self::PHONE ) );
		$this->type( 'chloe@visitors.example', array( Consent::FIELD => '1' ), array( 'phone' => self::PHONE ) );

		$this->assertSame( 2, $this->rows() );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( 'chloe@visitors.example' ) );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( self::PHONE ) );
	}

	public function test_what_others_chose_stays_when_an_address_is_corrected(): void {
		$this->type( 'bob@visitors.example', array(), array(), self::OTHER );
		$this->type( 'chloe@visitors.ex' );
		$this->type( 'chloe@visitors.example' );

		$this->assertSame( array( 'notice' ), $this->choices_of( 'bob@visitors.example' ) );
		$this->assertSame( 2, $this->rows() );
	}

	public function test_a_known_customers_phone_adds_to_that_person_alone(): void {
		$this->choose( 'opt_in' );
		$id = booknetic_stand_in_admin_add_customer( 'Chloë', 'Ñandú', 'chloe@visitors.example', self::PHONE );
		$this->type( 'chloe@visitors.example', array( Consent::FIELD => '1' ) );
		$this->assertSame( array(), $this->choices_of( self::PHONE ) );

		$this->type( 'chloe@visitors.example', array( Consent::FIELD => '1' ), array( 'customer_id' => $id, 'phone' => '' ) );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( 'chloe@visitors.example' ) );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( self::PHONE ) );

		// Another address beside that customer's id is another person, whose phone nobody knows.
		$this->type( 'bob@visitors.example', array( Consent::FIELD => '1' ), array( 'customer_id' => $id, 'phone' => '' ), self::OTHER );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( self::PHONE ) );
		$this->assertSame( array( 'opt_in' ), $this->choices_of( 'bob@visitors.example' ) );
		Customer::where( 'id', $id )->delete();
	}

	public function test_the_words_that_were_shown_are_the_ones_that_are_kept(): void {
		add_filter(
			'booking_recovery_consent_text',
			static function (): string {
				return 'Dürfen wir <i>schreiben</i>?';
			}
		);
		$shown = $this->shown();
		remove_all_filters( 'booking_recovery_consent_text' );

		$this->type( 'chloe@visitors.example', array( Consent::SHOWN_FIELD => $shown ) );

		$this->assertSame( 'Dürfen wir <i>schreiben</i>?', ( new Consent_Ledger() )->of( Person::keys( 'chloe@visitors.example', null ) )[0]['wording'] );
		$this->assertSame( 'Dürfen wir <i>schreiben</i>?', $this->events( 'session.contact_given' )[0]['data']['consent']['text'] );
	}

	public function test_who_saw_a_box_has_not_agreed_by_an_owners_later_choice(): void {
		$this->choose( 'opt_in' );
		$shown = $this->shown();
		$this->choose( 'notice' );

		$this->type( 'chloe@visitors.example', array( Consent::SHOWN_FIELD => $shown, Consent::FIELD => '0' ) );

		$this->assertSame( array( 'denied' ), $this->choices_of( 'chloe@visitors.example' ) );
	}

	/**
	 * @dataProvider forgeries
	 */
	public function test_words_that_this_site_did_not_write_are_not_kept( callable $forge ): void {
		$this->type( 'chloe@visitors.example', array( Consent::SHOWN_FIELD => $forge( $this->shown() ) ) );

		$this->assertStringContainsString( 'may write to you', ( new Consent_Ledger() )->of( Person::keys( 'chloe@visitors.example', null ) )[0]['wording'] );
	}

	public function forgeries(): array {
		$mine = base64_encode( (string) json_encode( array( 'opt_in', 'Yes to everything' ) ) );
		return array(
			'another text'  => array(
				static function ( string $shown ) use ( $mine ): string {
					return $mine . strstr( $shown, '.' );
				},
			),
			'another seal'  => array(
				static function ( string $shown ): string {
					return $shown . '0';
				},
			),
			'no seal'       => array(
				static function () use ( $mine ): string {
					return $mine;
				},
			),
			'nothing known' => array(
				static function (): string {
					return '.';
				},
			),
		);
	}

	public function test_where_nothing_is_shown_nothing_is_sent_or_kept(): void {
		$this->choose( 'notice' );
		$shown = $this->shown();
		$this->choose( 'off' );
		ob_start();
		( new Consent( new Policy( new Settings() ), new Consent_Ledger() ) )->render();
		$this->assertSame( '', ob_get_clean() );

		$this->type( 'chloe@visitors.example', array( Consent::SHOWN_FIELD => $shown, Consent::FIELD => '1' ) );

		$this->assertNull( $this->events( 'session.contact_given' )[0]['data']['consent'] );
		$this->assertSame( 0, $this->rows() );
	}

	public function test_words_are_as_long_as_the_sidecar_takes_them(): void {
		add_filter(
			'booking_recovery_consent_text',
			static function (): string {
				return str_repeat( 'ö', 2500 );
			}
		);
		$this->type( 'chloe@visitors.example' );

		$this->assertSame( str_repeat( 'ö', 2000 ), $this->events( 'session.contact_given' )[0]['data']['consent']['text'] );
	}

	public function test_who_is_forgotten_leaves_no_choice_behind_by_any_identifier(): void {
		$this->type( 'chloe@visitors.example', array(), array( 'phone' => self::PHONE ) );
		$this->type( 'bob@visitors.example', array(), array(), self::OTHER );
		$this->assertSame( 3, $this->rows() );

		$this->call( 'contacts', array( 'action' => 'contacts.update', 'request_id' => 'req_forget_1', 'op' => 'forget', 'email' => 'chloe@visitors.example' ) );

		$this->assertSame( array(), $this->choices_of( self::PHONE ) );
		$this->assertSame( 1, $this->rows() );
		$this->assertSame( array( 'notice' ), $this->choices_of( 'bob@visitors.example' ) );
	}

	public function test_proofs_outlive_sessions_and_go_after_four_years(): void {
		global $wpdb;
		$this->type( 'chloe@visitors.example' );
		$this->type( 'bob@visitors.example', array(), array(), self::OTHER );
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'consents' ) . ' SET at = at - %d WHERE session_id = %s', 4 * YEAR_IN_SECONDS + 60, self::OTHER ) );
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . Schema::table( 'consents' ) . ' SET at = at - %d WHERE session_id = %s', 4 * YEAR_IN_SECONDS - 3600, self::SESSION ) );

		do_action( Plugin::CRON );

		$this->assertSame( array( 'notice' ), $this->choices_of( 'chloe@visitors.example' ) );
		$this->assertSame( 1, $this->rows() );
	}

	public function test_the_robot_of_a_test_visit_chooses_nothing(): void {
		( new Consent_Ledger() )->note( Test_Visits::new_id(), Person::keys( 'owner@example.com', null ), array( 'basis' => 'notice', 'text' => 'x', 'at' => '' ), home_url( '/book/' ), time() );

		$this->assertSame( 0, $this->rows() );
	}
}
