<?php
/**
 * Thousands of inputs that nobody has thought of: what reads the outside refuses them, and is never surprised.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Choices;
use Booking_Recovery\Connection;
use Booking_Recovery\Person;
use Booking_Recovery\Settings;
use Booking_Recovery\Signer;
use PHPUnit\Framework\TestCase;

require_once dirname( __DIR__ ) . '/site/Noise.php';

/**
 * @covers \Booking_Recovery\Connection
 * @covers \Booking_Recovery\Settings
 * @covers \Booking_Recovery\Choices
 * @covers \Booking_Recovery\Signer
 */
final class FuzzTest extends TestCase {

	private const FIELDS = array(
		'sidecar'         => 'https://recovery.example.com',
		'site'            => 'salon',
		'webhook_secret'  => array( 'whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=' ),
		'callback_secret' => array( 'whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=' ),
	);

	public function test_a_code_is_a_connection_or_says_why_it_is_none(): void {
		$noise = new Noise( 1 );
		$taken = 0;
		for ( $i = 0; $i < 3000; $i++ ) {
			$json = 0 === $i % 3 ? $noise->mutated( (string) json_encode( self::FIELDS ) ) : (string) json_encode( $noise->changed( self::FIELDS ), JSON_PARTIAL_OUTPUT_ON_ERROR );
			$code = 'brc1.' . rtrim( strtr( base64_encode( $json ), '+/', '-_' ), '=' );
			$code = 0 === $i % 5 ? $noise->mutated( $code ) : $code;
			try {
				$connection = Connection::from_code( $code );
				++$taken;
				$this->assertSame( $connection->to_array(), ( new Connection( $connection->to_array() ) )->to_array(), $noise->seen() );
				$this->assertMatchesRegularExpression( '~\Ahttps?://[^\s?#@]+\z~i', $connection->sidecar, $noise->seen() );
			} catch ( InvalidArgumentException $e ) {
				$this->assertNotSame( '', $e->getMessage() );
			}
		}
		$this->assertGreaterThan( 30, $taken, 'So some of it came close.' );
		$this->assertLessThan( 2900, $taken );
	}

	public function test_the_option_is_always_of_its_shape(): void {
		$noise = new Noise( 2 );
		$good  = array(
			'connection' => self::FIELDS,
			'recovery'   => array(
				'abandon_after' => '15m',
				'messages'      => array( '45m', '1d' ),
				'quiet_hours'   => '21:00-08:00',
				'dry_run'       => true,
				'cap_per_30_days' => 3,
			),
			'revision'   => 3,
			'paused'     => true,
		);
		for ( $i = 0; $i < 3000; $i++ ) {
			$value = 0 === $i % 4 ? $noise->anything() : $noise->changed( $good );
			$kept  = Settings::sanitize( $value );
			$this->assertSame( array(), array_diff( array_keys( $kept ), array( 'connection', 'recovery', 'revision', 'paused' ) ), $noise->seen() );
			$this->assertSame( $kept, Settings::sanitize( $kept ), $noise->seen() );
			$this->assertNotFalse( json_encode( $kept ), $noise->seen() );
			$counted = Settings::count_change( $value, $good );
			$this->assertEquals( $counted, Settings::sanitize( $counted ), $noise->seen() );
		}
	}

	public function test_no_noise_is_a_signature(): void {
		$noise   = new Noise( 3 );
		$signer  = new Signer();
		$secret  = self::FIELDS['webhook_secret'];
		$headers = $signer->headers( $secret, 'msg_p5jXN8AQM9LWM0D4', 1614265330, '{"site":"salon"}' );
		for ( $i = 0; $i < 4000; $i++ ) {
			$given    = $headers + array( 'body' => '{"site":"salon"}' );
			$name     = array_keys( $given )[ $noise->below( count( $given ) ) ];
			$original = $given[ $name ];
			$given[ $name ] = $noise->mutated( $original );
			$genuine  = $signer->verify( $secret, $given['webhook-id'], $given['webhook-timestamp'], $given['webhook-signature'], $given['body'], 1614265330 );
			// One of the first four signatures may be the right one.
			$is_right = $given[ $name ] === $original || ( 'webhook-signature' === $name && in_array( $original, array_slice( explode( ' ', $given[ $name ] ), 0, 4 ), true ) );
			$this->assertSame( $is_right, $genuine, $name . ' ' . $noise->seen() );
		}
	}

	public function test_whoever_is_named_is_somebody_or_nobody(): void {
		$noise = new Noise( 4 );
		for ( $i = 0; $i < 3000; $i++ ) {
			$value = 0 === $i % 2 ? $noise->anything() : $noise->mutated( 'Chloë.Ñandú@visitors.example' );
			$name  = Person::name( $value );
			foreach ( array( Person::email( $value ), Person::phone( $value ), $name ) as $found ) {
				$this->assertTrue( null === $found || ( '' !== $found && mb_check_encoding( $found, 'UTF-8' ) && 1 !== preg_match( '/[\x00-\x1f]/', $found ) ), $noise->seen() );
			}
		}
	}
}
