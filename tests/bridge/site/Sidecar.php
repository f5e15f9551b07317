<?php
/**
 * The other side of the wire.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Signer;

/**
 * A sidecar that remembers what it was told and answers as it is told to. It stands where WordPress would open a connection.
 */
final class Sidecar {

	public const SITE             = 'salon';
	private const URL             = 'http://127.0.0.1:9';
	private const WEBHOOK_SECRET  = 'whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=';
	private const CALLBACK_SECRET = 'whsec_YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=';

	/**
	 * Genuine messages, decoded.
	 *
	 * @var array<int, array<string, mixed>>
	 */
	public $messages = array();

	/**
	 * Answer to give instead of 202: status and headers.
	 *
	 * @var array{ 0: int, 1: array<string, string> }|null
	 */
	public $refusal;

	/**
	 * Path => what is answered there.
	 *
	 * @var array<string, array<string, mixed>>
	 */
	public $says = array();

	/**
	 * What it was asked there.
	 *
	 * @var array<int, array<string, mixed>>
	 */
	public $asked = array();

	/**
	 * Called when a message was taken.
	 *
	 * @var callable|null
	 */
	public $on_message;

	/**
	 * By how many seconds its clock is ahead.
	 *
	 * @var int
	 */
	public $ahead = 0;

	/**
	 * How many messages it has refused for their signature or its time.
	 *
	 * @var int
	 */
	public $refused = 0;

	/**
	 * Their ids.
	 *
	 * @var string[]
	 */
	public $message_ids = array();

	public static function code(): string {
		$fields = array(
			'sidecar'         => self::URL,
			'site'            => self::SITE,
			'webhook_secret'  => self::WEBHOOK_SECRET,
			'callback_secret' => self::CALLBACK_SECRET,
		);
		return 'brc1.' . rtrim( strtr( base64_encode( (string) json_encode( $fields ) ), '+/', '-_' ), '=' );
	}

	public static function headers( string $body, string $signature = 'good' ): array {
		if ( 'none' === $signature ) {
			return array();
		}
		$secret = 'other secret' === $signature ? self::WEBHOOK_SECRET : self::CALLBACK_SECRET;
		$time   = 'stale' === $signature ? time() - 600 : time();
		$signed = 'wrong' === $signature ? $body . ' ' : $body;
		return ( new Signer() )->headers( array( $secret ), 'msg_' . bin2hex( random_bytes( 8 ) ), $time, $signed );
	}

	/**
	 * For WordPress's filter pre_http_request.
	 */
	public function answer( $answered, array $request, string $url ) {
		if ( 0 !== strpos( $url, self::URL ) ) {
			return $answered;
		}
		$h       = $request['headers'];
		$genuine = ( new Signer() )->verify( array( self::WEBHOOK_SECRET ), $h['webhook-id'], $h['webhook-timestamp'], $h['webhook-signature'], $request['body'], time() + $this->ahead );
		$date    = array( 'date' => gmdate( 'D, d M Y H:i:s', time() + $this->ahead ) . ' GMT' );
		$path    = substr( $url, strlen( self::URL ) );
		if ( $genuine && isset( $this->says[ $path ] ) ) {
			$this->asked[] = json_decode( $request['body'], true );
			return $this->response( 200, array(), (string) json_encode( $this->says[ $path ] ) );
		}
		if ( ! $genuine || self::URL . '/webhooks/salon' !== $url ) {
			++$this->refused;
			return $this->response( 401, $date, '' );
		}
		$this->message_ids[] = $h['webhook-id'];
		if ( null !== $this->refusal ) {
			return $this->response( $this->refusal[0], $this->refusal[1] + $date, '' );
		}
		$message          = json_decode( $request['body'], true );
		$this->messages[] = $message + array( 'bytes' => strlen( $request['body'] ) );
		$results          = array();
		foreach ( $message['events'] as $index => $event ) {
			$results[] = array(
				'index'  => $index,
				'seq'    => $event['seq'],
				'status' => 'applied',
			);
		}
		if ( null !== $this->on_message ) {
			call_user_func( $this->on_message );
		}
		return $this->response( 202, $date, (string) json_encode( array( 'results' => $results, 'ack_seq' => end( $message['events'] )['seq'] ) ) );
	}

	public function events(): array {
		return array_merge( array(), ...array_column( $this->messages, 'events' ) );
	}

	private function response( int $status, array $headers, string $body ): array {
		return array(
			'headers'  => $headers,
			'body'     => $body,
			'response' => array(
				'code'    => $status,
				'message' => '',
			),
			'cookies'  => array(),
			'filename' => null,
		);
	}
}
