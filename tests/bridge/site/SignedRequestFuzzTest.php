<?php
/**
 * Whatever is signed and sent to a route: an answer or a refusal, and never a fault of the site.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

require_once __DIR__ . '/Noise.php';

/**
 * @covers \Booking_Recovery\Signed_Routes
 */
final class SignedRequestFuzzTest extends Site_Test_Case {

	private const ROUNDS = 60;

	public function test_every_route_answers_or_refuses_and_is_never_surprised(): void {
		global $EZSQL_ERROR;
		$noise = new Noise( 5 );
		$cases = json_decode( (string) file_get_contents( dirname( __DIR__, 2 ) . '/contract/callbacks.json' ), true )['cases'];
		$faults = (string) tempnam( sys_get_temp_dir(), 'faults' );
		$log    = ini_set( 'error_log', $faults );
		$EZSQL_ERROR = array();
		$refused     = 0;
		try {
			foreach ( $cases as $case ) {
				if ( ! isset( $case['body'] ) ) {
					continue;
				}
				$good = $case['body'] + array( 'site' => Sidecar::SITE );
				for ( $i = 0; $i < self::ROUNDS; $i++ ) {
					$body   = 0 === $i % 3 ? $noise->mutated( (string) json_encode( $good ) ) : (string) json_encode( $noise->changed( $good ), JSON_PARTIAL_OUTPUT_ON_ERROR );
					$answer = $this->call_raw( $case['route'], $body );
					$this->assertContains( $answer->get_status(), array( 200, 400, 404, 409, 413, 422 ), $noise->seen() );
					$this->assertNotFalse( wp_json_encode( $answer->get_data() ), $noise->seen() );
					$refused += 200 === $answer->get_status() ? 0 : 1;
				}
			}
		} finally {
			ini_set( 'error_log', (string) $log );
			$noted = (string) file_get_contents( $faults );
			unlink( $faults );
		}
		$this->assertSame( '', $noted, 'Neither PHP nor the bridge complained.' );
		$this->assertSame( array(), $EZSQL_ERROR, 'Nor the database.' );
		$this->assertGreaterThan( count( $cases ) * self::ROUNDS / 4, $refused );
		foreach ( $this->letters as $letter ) {
			$this->assertSame( 1, preg_match( '/\A[^\s,]+@[^\s,]+\z/', implode( ',', (array) $letter['to'] ) ), 'One address and nothing else.' );
			$this->assertSame( 0, preg_match( '/[\r\n]/', $letter['subject'] . implode( '', (array) $letter['headers'] ) ) );
		}
	}
}
