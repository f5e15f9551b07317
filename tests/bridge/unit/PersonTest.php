<?php
/**
 * Identifiers, against the ones that both sides must agree on.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Person;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Person
 */
final class PersonTest extends TestCase {

	/**
	 * @dataProvider identifiers
	 */
	public function test_it_normalises_as_the_sidecar_does( string $kind, string $given, ?string $normalised ): void {
		$this->assertSame( $normalised, 'email' === $kind ? Person::email( $given ) : Person::phone( $given ) );
	}

	public function identifiers(): array {
		$read = json_decode( (string) file_get_contents( dirname( __DIR__, 2 ) . '/contract/people.json' ), true );
		return array_map(
			static function ( array $case ): array {
				return array( $case['kind'], $case['given'], $case['normalised'] );
			},
			$read['cases']
		);
	}

	/**
	 * @dataProvider no_texts
	 */
	public function test_what_is_no_text_is_nobody( $given ): void {
		$this->assertNull( Person::email( $given ) );
		$this->assertNull( Person::phone( $given ) );
		$this->assertNull( Person::name( $given ) );
	}

	public function no_texts(): array {
		return array(
			'null'             => array( null ),
			'list'             => array( array( 'anna@example.com' ) ),
			'number'           => array( 4915112345678 ),
			'true'             => array( true ),
			'nothing'          => array( '' ),
			'spaces'           => array( " \n\t" ),
			'not UTF-8'        => array( "\xff\xfe" ),
			'control characters' => array( "\x00\x1f" ),
		);
	}

	public function test_an_address_longer_than_mail_allows_is_none(): void {
		$this->assertNull( Person::email( str_repeat( 'a', 65 ) . '@example.com' ) );
		$this->assertNull( Person::email( 'a@' . str_repeat( 'b.', 130 ) . 'example.com' ) );
	}

	public function test_names_keep_their_script_and_lose_their_line_breaks(): void {
		$this->assertSame( 'שרה לוי', Person::name( " שרה\r\nלוי " ) );
		$this->assertSame( 'Chloë Ñandú-Łoś', Person::name( 'Chloë Ñandú-Łoś' ) );
	}

	public function test_endless_names_are_cut_between_characters(): void {
		$this->assertSame( str_repeat( 'ł', 100 ), Person::name( str_repeat( 'ł', 5000 ) ) );
	}
}
