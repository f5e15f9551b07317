<?php
/**
 * Signatures, against the messages that both sides must agree on.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Signer;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Signer
 */
final class SignerTest extends TestCase {

	/**
	 * @dataProvider messages
	 */
	public function test_genuine_messages_pass_and_others_do_not( array $message ): void {
		$verdict = ( new Signer() )->verify(
			$message['secrets'],
			$message['headers']['webhook-id'] ?? '',
			$message['headers']['webhook-timestamp'] ?? '',
			$message['headers']['webhook-signature'] ?? '',
			(string) base64_decode( $message['body_base64'], true ),
			$message['now']
		);

		$this->assertSame( 'genuine' === $message['verdict'], $verdict );
	}

	public function messages(): array {
		$read = json_decode( (string) file_get_contents( dirname( __DIR__, 2 ) . '/contract/signatures.json' ), true );
		return array_map(
			static function ( array $message ): array {
				return array( $message );
			},
			array_column( $read['cases'], null, 'name' )
		);
	}

	public function test_it_signs_as_the_contract_says(): void {
		$headers = ( new Signer() )->headers( array( 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' ), 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}' );

		$this->assertSame(
			array(
				'webhook-id'        => 'msg_p5jXN8AQM9LWM0D4loKWxJek',
				'webhook-timestamp' => '1614265330',
				'webhook-signature' => 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
			),
			$headers
		);
	}

	public function test_each_of_several_secrets_signs(): void {
		$secrets = array( 'whsec_' . base64_encode( str_repeat( 'a', 24 ) ), 'whsec_' . base64_encode( str_repeat( 'b', 64 ) ) );
		$headers = ( new Signer() )->headers( $secrets, 'msg_12345678', 1614265330, 'x' );

		foreach ( $secrets as $secret ) {
			$this->assertTrue( ( new Signer() )->verify( array( $secret ), 'msg_12345678', '1614265330', $headers['webhook-signature'], 'x', 1614265330 ) );
		}
	}
}
