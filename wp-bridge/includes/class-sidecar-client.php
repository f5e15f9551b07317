<?php
/**
 * The one way out to the sidecar.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Posts signed messages, and waits for the answer no longer than it is told to.
 */
final class Sidecar_Client {

	private const CONNECT_TIMEOUT = 1;
	private const LARGEST_ANSWER  = 250000;

	/**
	 * Signs.
	 *
	 * @var Signer
	 */
	private $signer;

	/**
	 * Takes who signs.
	 */
	public function __construct( Signer $signer ) {
		$this->signer = $signer;
	}

	/**
	 * Posts a message.
	 *
	 * @param Connection $connection To whom.
	 * @param string     $path       Behind the sidecar's address.
	 * @param string     $id         Of the message: the same each time it is sent.
	 * @param string     $body       JSON.
	 * @param float      $seconds    To connect, send and be answered.
	 * @return array|\WP_Error As WordPress gives it.
	 */
	public function post( Connection $connection, string $path, string $id, string $body, float $seconds ) {
		$hasten = static function ( &$url, &$headers, &$data, &$type, &$options ): void { // phpcs:ignore Generic.CodeAnalysis.UnusedFunctionParameter -- The hook fixes this signature.
			$options['connect_timeout'] = self::CONNECT_TIMEOUT;
		};
		add_action( 'requests-requests.before_request', $hasten, 10, 5 );
		$answer = wp_remote_post(
			$connection->sidecar . $path,
			array(
				'headers'             => $this->signer->headers( $connection->webhook_secrets, $id, time(), $body ) + array( 'Content-Type' => 'application/json' ),
				'body'                => $body,
				'timeout'             => $seconds,
				'redirection'         => 0,
				'user-agent'          => 'Booking-Recovery-Bridge/' . VERSION,
				'limit_response_size' => self::LARGEST_ANSWER,
			)
		);
		remove_action( 'requests-requests.before_request', $hasten, 10 );
		return $answer;
	}
}
