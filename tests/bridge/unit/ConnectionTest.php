<?php
/**
 * Connection codes and the option they end up in.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Connection;
use Booking_Recovery\Settings;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Connection
 * @covers \Booking_Recovery\Settings
 */
final class ConnectionTest extends TestCase {

	private const WEBHOOK  = 'whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=';
	private const CALLBACK = 'whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=';

	private function fields( array $other = array() ): array {
		return $other + array(
			'sidecar'         => 'https://recovery.example.com/',
			'site'            => 'salon',
			'webhook_secret'  => self::WEBHOOK,
			'callback_secret' => self::CALLBACK,
		);
	}

	private function code( array $fields ): string {
		return 'brc1.' . rtrim( strtr( base64_encode( (string) json_encode( $fields ) ), '+/', '-_' ), '=' );
	}

	public function test_a_code_gives_a_connection(): void {
		$connection = Connection::from_code( $this->code( $this->fields() ) );

		$this->assertSame( 'https://recovery.example.com', $connection->sidecar );
		$this->assertSame( 'salon', $connection->site );
		$this->assertSame( array( self::WEBHOOK ), $connection->webhook_secrets );
		$this->assertSame( array( self::CALLBACK ), $connection->callback_secrets );
	}

	public function test_a_code_that_a_terminal_broke_into_lines_is_whole(): void {
		$code = chunk_split( $this->code( $this->fields() ), 60, "\n  " );

		$this->assertSame( 'salon', Connection::from_code( $code )->site );
	}

	public function test_secrets_may_be_lists(): void {
		$new        = 'whsec_' . base64_encode( str_repeat( 'c', 32 ) );
		$connection = Connection::from_code( $this->code( $this->fields( array( 'webhook_secret' => array( $new, self::WEBHOOK ) ) ) ) );

		$this->assertSame( array( $new, self::WEBHOOK ), $connection->webhook_secrets );
	}

	/**
	 * @dataProvider wrong_codes
	 */
	public function test_a_wrong_code_says_what_is_wrong( string $code, string $message ): void {
		$this->expectException( \InvalidArgumentException::class );
		$this->expectExceptionMessage( $message );

		Connection::from_code( $code );
	}

	public function wrong_codes(): array {
		return array(
			'nothing'                => array( " \n", 'Paste the connection code' ),
			'something else'         => array( 'hello', 'must begin with "brc1."' ),
			'cut off'                => array( substr( $this->code( $this->fields() ), 0, -9 ), 'damaged' ),
			'no base64'              => array( 'brc1.%%%', 'damaged' ),
			'no object'              => array( 'brc1.NQ', 'damaged' ),
			'no site'                => array( $this->code( array_diff_key( $this->fields(), array( 'site' => 0 ) ) ), 'which site' ),
			'site too long'          => array( $this->code( $this->fields( array( 'site' => str_repeat( 'a', 33 ) ) ) ), 'which site' ),
			'site of another type'   => array( $this->code( $this->fields( array( 'site' => array( 'salon' ) ) ) ), 'which site' ),
			'no address'             => array( $this->code( $this->fields( array( 'sidecar' => 'recovery' ) ) ), 'no usable address' ),
			'address of a file'      => array( $this->code( $this->fields( array( 'sidecar' => 'file:///etc/passwd' ) ) ), 'no usable address' ),
			'address with user'      => array( $this->code( $this->fields( array( 'sidecar' => 'https://a:b@example.com' ) ) ), 'no usable address' ),
			'address of other type'  => array( $this->code( $this->fields( array( 'sidecar' => 5 ) ) ), 'no usable address' ),
			'plain http to anywhere' => array( $this->code( $this->fields( array( 'sidecar' => 'http://recovery.example.com' ) ) ), 'by https' ),
			'short secret'           => array( $this->code( $this->fields( array( 'webhook_secret' => 'whsec_YWFh' ) ) ), 'no usable webhook_secret' ),
			'secret without prefix'  => array( $this->code( $this->fields( array( 'callback_secret' => substr( self::CALLBACK, 6 ) ) ) ), 'no usable callback_secret' ),
			'no secrets'             => array( $this->code( $this->fields( array( 'callback_secret' => array() ) ) ), 'no usable callback_secret' ),
			'one secret for both'    => array( $this->code( $this->fields( array( 'callback_secret' => array( self::CALLBACK, self::WEBHOOK ) ) ) ), 'same secret' ),
		);
	}

	/**
	 * @dataProvider private_addresses
	 */
	public function test_plain_http_is_allowed_where_it_stays_private( string $address ): void {
		$this->assertSame( $address, Connection::from_code( $this->code( $this->fields( array( 'sidecar' => $address ) ) ) )->sidecar );
	}

	public function private_addresses(): array {
		return array(
			array( 'http://127.0.0.1:8750' ),
			array( 'http://localhost:8750' ),
			array( 'http://[::1]:8750' ),
			array( 'http://10.1.2.3' ),
			array( 'http://sidecar:8750' ),
		);
	}

	public function test_the_option_survives_its_gate_unchanged(): void {
		$stored = array( 'connection' => Connection::from_code( $this->code( $this->fields() ) )->to_array() );

		$this->assertSame( $stored, Settings::sanitize( $stored ) );
	}

	/**
	 * @dataProvider spoiled_options
	 */
	public function test_a_spoiled_option_is_no_connection( $option ): void {
		$this->assertSame( array(), Settings::sanitize( $option ) );
	}

	public function spoiled_options(): array {
		return array(
			'missing'     => array( false ),
			'text'        => array( 'a:1:{' ),
			'other shape' => array( array( 'connection' => 'x' ) ),
			'half'        => array( array( 'connection' => array( 'site' => 'salon' ) ) ),
		);
	}

	public function test_a_fingerprint_tells_connections_apart_and_shows_no_secret(): void {
		$one   = Connection::from_code( $this->code( $this->fields() ) )->fingerprint();
		$other = Connection::from_code( $this->code( $this->fields( array( 'site' => 'other' ) ) ) )->fingerprint();

		$this->assertNotSame( $one, $other );
		$this->assertMatchesRegularExpression( '/\A[0-9a-f]{64}\z/', $one );
	}
}
