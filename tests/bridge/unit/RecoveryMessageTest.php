<?php
/**
 * The texts of a message.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Recovery_Message;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Recovery_Message
 */
final class RecoveryMessageTest extends TestCase {

	private function texts( array $request ): array {
		return ( new Recovery_Message() )->texts( $request, wp_timezone() );
	}

	public function test_a_whole_request_fills_every_code(): void {
		$texts = $this->texts(
			array(
				'contact'      => array(
					'email'      => 'Chloe@Visitors.example',
					'phone'      => '+49 170 1234567',
					'first_name' => 'Chloë',
					'last_name'  => 'Ñandú-Łoś',
				),
				'selection'    => array(
					'service'  => array(
						'id'   => 9,
						'name' => 'Färben & Schneiden',
					),
					'staff'    => array(
						'id'   => 2,
						'name' => 'Zoë O\'Brien',
					),
					'location' => array(
						'id'   => 3,
						'name' => 'Studio',
					),
					'date'     => '2026-07-05',
					'time'     => '09:30',
				),
				'page_url'     => 'https://salon.example/?page_id=12',
				'number'        => 2,
				'kind'          => 'unpaid',
				'slot'          => 'taken',
				'resume_token'  => 'tok_123',
				'opt_out_token' => 'opt_123',
			)
		);

		$this->assertSame(
			array(
				'first_name'   => 'Chloë',
				'last_name'    => 'Ñandú-Łoś',
				'full_name'    => 'Chloë Ñandú-Łoś',
				'email'        => 'chloe@visitors.example',
				'phone'        => '+491701234567',
				'service'      => 'Färben & Schneiden',
				'staff'        => 'Zoë O’Brien',
				'location'     => 'Studio',
				'date'         => '5. July 2026',
				'time'         => '09:30',
				'link'         => 'https://salon.example/?page_id=12&service=9&staff=2&location=3&booking_recovery=tok_123',
				'slot'         => 'The time you chose is no longer free.',
				'slot_state'   => 'taken',
				'number'       => '2',
				'kind'         => 'unpaid',
				'opt_out_link' => 'https://salon.example/?booking_recovery_opt_out=opt_123',
			),
			$texts
		);
	}

	public function test_what_is_erased_leaves_empty_texts(): void {
		$this->assertSame( array( '' ), array_values( array_unique( $this->texts( array() ) ) ) );
	}

	/**
	 * @dataProvider slots
	 */
	public function test_what_became_of_the_time_is_said_where_it_is_known( string $state, string $sentence ): void {
		$texts = $this->texts( array( 'slot' => $state ) );

		$this->assertSame( array( $sentence, $state ), array( $texts['slot'], $texts['slot_state'] ) );
	}

	public function slots(): array {
		return array(
			'free'    => array( 'free', 'The time you chose is still free.' ),
			'past'    => array( 'past', 'The time you chose has passed.' ),
			'unknown' => array( 'unknown', '' ),
		);
	}

	public function test_a_time_that_the_site_does_not_have_is_the_forms_own(): void {
		$request = array( 'selection' => array( 'date' => '2026-03-29', 'time' => '02:30' ) );

		$texts = ( new Recovery_Message() )->texts( $request, new DateTimeZone( 'America/New_York' ) );

		$this->assertSame( array( '29. March 2026', '02:30' ), array( $texts['date'], $texts['time'] ) );
	}

	public function test_any_staff_is_not_part_of_the_link(): void {
		$texts = $this->texts(
			array(
				'selection' => array( 'staff' => array( 'id' => -1 ) ),
				'page_url'  => 'https://salon.example/book/',
			)
		);

		$this->assertSame( 'https://salon.example/book/', $texts['link'] );
	}

	/**
	 * @dataProvider hostile_names
	 */
	public function test_names_mean_nothing_where_they_are_put( string $name, string $text ): void {
		$this->assertSame( $text, $this->texts( array( 'contact' => array( 'first_name' => $name ) ) )['first_name'] );
	}

	public function hostile_names(): array {
		return array(
			'markup'        => array( '<b onclick="x">Ann', '‹b onclick=”x”›Ann' ),
			'other codes'   => array( '{customer_email}', '(customer_email)' ),
			'JSON'          => array( 'Ann","to":"x\\', 'Ann”,”to”:”x' ),
			'line breaks'   => array( "Ann\r\nBcc: all", 'Ann Bcc: all' ),
			'advertisement' => array( 'Win at https://evil.example', '' ),
			'another'       => array( 'WWW.evil.example', '' ),
			'an address'    => array( 'ann@example.com', '' ),
		);
	}

	public function test_a_recipient_is_one_whole_address_or_nobody(): void {
		foreach ( array( 'a@example.com,b@example.com', "a@example.com\nBcc: b@example.com", 'a@example' ) as $given ) {
			$this->assertSame( '', $this->texts( array( 'contact' => array( 'email' => $given ) ) )['email'] );
		}
	}
}
