<?php
/**
 * Conversions stand beside the appointments they are about.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use BookneticApp\Models\Appointment;

/**
 * @covers \Booking_Recovery\Conversions
 * @covers \Booking_Recovery\Conversions_Controller
 */
final class ConversionsTest extends Site_Test_Case {

	private function register( int $revision, array $appointment_ids, string $status = 'active' ): string {
		$answer = $this->call(
			'conversions',
			array(
				'action'                => 'conversions.register',
				'conversion_id'         => self::SESSION,
				'revision'              => $revision,
				'session_id'            => self::OTHER,
				'recovery_id'           => self::SESSION . '.1',
				'booking_key'           => 'key',
				'appointment_ids'       => $appointment_ids,
				'appointment_starts_at' => '2026-12-01T09:30:00.000Z',
				'attributed_by'         => 'click',
				'value'                 => array(
					'amount'   => '89.00',
					'currency' => 'EUR',
				),
				'status'                => $status,
				'converted_at'          => '2026-11-22T16:04:05.120Z',
			)
		);
		$this->assertSame( 200, $answer->get_status() );
		return $answer->get_data()['outcome'];
	}

	private function beside( int $appointment_id ): ?array {
		$written = Appointment::getData( $appointment_id, 'booking_recovery_conversion' );
		return null === $written ? null : json_decode( $written, true );
	}

	public function test_it_is_written_beside_its_appointment(): void {
		$id = $this->book();

		$this->assertSame( 'registered', $this->register( 1, array( $id ) ) );

		$written = $this->beside( $id );
		$this->assertSame( array( 'active', '2026-12-01T09:30:00.000Z', 'click', self::SESSION . '.1' ), array( $written['status'], $written['appointment_starts_at'], $written['attributed_by'], $written['recovery_id'] ) );
	}

	public function test_a_reversal_is_seen_there_and_an_older_revision_is_not(): void {
		$id = $this->book();
		$this->register( 1, array( $id ) );

		$this->assertSame( 'updated', $this->register( 3, array( $id ), 'reversed' ) );
		$this->assertSame( 'unchanged', $this->register( 2, array( $id ) ) );

		$this->assertSame( 'reversed', $this->beside( $id )['status'] );
	}

	public function test_it_follows_to_another_appointment(): void {
		$first  = $this->book( self::SESSION, 3 );
		$second = $this->book( self::OTHER, 10 );
		$this->register( 1, array( $first ) );

		$this->register( 2, array( $second ) );

		$this->assertNull( $this->beside( $first ) );
		$this->assertSame( 2, $this->beside( $second )['revision'] );
	}

	public function test_a_deleted_appointment_is_no_obstacle(): void {
		$this->assertSame( 'registered', $this->register( 1, array( 999999 ) ) );
		$this->assertNull( $this->beside( 999999 ) );
	}

	public function test_the_owners_workflow_runs_once_in_its_life(): void {
		booknetic_stand_in_add_workflow( 'booking_recovery_recovered', 'Won back: {service_name}', '{appointment_id}', 'owner@example.com' );
		$later = $this->book( self::SESSION, 10 );
		$first = $this->book( self::OTHER, 3 );

		$this->register( 1, array( $later, $first ) );
		$this->register( 1, array( $later, $first ) );
		$this->register( 2, array( $later ), 'reversed' );
		$this->register( 3, array( $later ) );

		$this->assertCount( 1, $this->letters );
		$this->assertSame( array( 'owner@example.com', 'Won back: Färben & Schneiden', (string) $first ), array( $this->letters[0]['to'], $this->letters[0]['subject'], $this->letters[0]['message'] ) );
	}

	public function test_nobody_is_told_of_a_conversion_that_is_reversed_from_the_start(): void {
		booknetic_stand_in_add_workflow( 'booking_recovery_recovered', 'x', 'x', 'owner@example.com' );

		$this->register( 1, array( $this->book() ), 'reversed' );

		$this->assertSame( array(), $this->letters );
	}

	public function test_a_workflow_that_fails_is_no_fault_of_the_conversion(): void {
		booknetic_stand_in_add_workflow( 'booking_recovery_recovered', 'x', 'x', 'owner@example.com' );
		$fail = static function (): void {
			echo 'Warning: SMTP';
			throw new Error( 'SMTP' );
		};
		$id = $this->book();
		add_filter( 'wp_mail', $fail );
		$outcome = $this->register( 1, array( $id ) );
		remove_filter( 'wp_mail', $fail );

		$this->expectOutputString( '' );
		$this->assertSame( 'registered', $outcome );
		$this->assertSame( 'unchanged', $this->register( 1, array( $id ) ) );
		$this->assertSame( array(), $this->letters );
	}

	public function test_staff_read_in_the_appointments_window_what_brought_it(): void {
		$id     = $this->book();
		$before = $this->window( $id );
		$this->register( 1, array( $id ) );
		$active = $this->window( $id );
		$this->register( 2, array( $id ), 'reversed' );

		$this->assertSame( '<p>No message has brought this booking back.</p>', trim( $before ) );
		$this->assertStringContainsString( '>Recovered</strong>', $active );
		$this->assertStringContainsString( 'followed its link', $active );
		$this->assertStringContainsString( '>No longer recovered</strong>', $this->window( $id ) );
		$this->assertStringContainsString( 'does not count any more', $this->window( $id ) );
		$this->assertSame( $before, $this->window( 0 ) );
	}

	/**
	 * What Booknetic's window shows in our tab.
	 */
	private function window( int $id ): string {
		return booknetic_stand_in_admin_open_appointment( $id )['Booking recovery'];
	}
}
