<?php
/**
 * The one way out to the sidecar.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Posts signed messages, and waits for the answer no longer than it is told to. The sidecar refuses what was signed more
 * than five minutes from its own clock: a site whose clock is off signs by the sidecar's, as a refusal showed it.
 */
final class Sidecar_Client {

	public const OPTION           = 'booking_recovery_clock';
	private const CONNECT_TIMEOUT = 1;
	private const LARGEST_ANSWER  = 250000;
	private const MAX_DEPTH       = 16;

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
	 * By how many seconds the sidecar's clock is ahead of this server's, as far as it refused a message for that; else 0.
	 */
	public static function clock_ahead(): int {
		return (int) get_option( self::OPTION );
	}

	/**
	 * Asks the sidecar something for the owner.
	 *
	 * @param Connection            $connection Whom.
	 * @param string                $what       `summary` or `login`.
	 * @param array<string, string> $body       Besides the site.
	 * @param float                 $seconds    To connect, send and be answered.
	 * @return array<string, mixed>|null Its answer; null where it gives none.
	 */
	public function ask( Connection $connection, string $what, array $body, float $seconds ): ?array {
		$json   = (string) wp_json_encode( array( 'site' => $connection->site ) + $body );
		$answer = $this->post( $connection, '/bridge/' . $connection->site . '/' . $what, 'msg_' . bin2hex( random_bytes( 16 ) ), $json, $seconds );
		$said   = 200 === (int) wp_remote_retrieve_response_code( $answer ) ? json_decode( wp_remote_retrieve_body( $answer ), true, self::MAX_DEPTH ) : null;
		return is_array( $said ) ? $said : null;
	}

	/**
	 * Posts a message, and once more where it was refused and the clocks differ: then by the other clock.
	 *
	 * @param Connection $connection To whom.
	 * @param string     $path       Behind the sidecar's address.
	 * @param string     $id         Of the message: the same each time it is sent.
	 * @param string     $body       JSON.
	 * @param float      $seconds    To connect, send and be answered.
	 * @return array|\WP_Error As WordPress gives it.
	 */
	public function post( Connection $connection, string $path, string $id, string $body, float $seconds ) {
		$until  = microtime( true ) + $seconds;
		$answer = $this->attempt( $connection, $path, $id, $body, $seconds );
		return self::shows_another_clock( $answer ) && microtime( true ) < $until ? $this->attempt( $connection, $path, $id, $body, $until - microtime( true ) ) : $answer;
	}

	/**
	 * Whether an answer refuses a message while its date is far from the time by which the message was signed. That
	 * date is then what the next one is signed by; farther off than a day, nobody's clock is to be believed.
	 *
	 * @param array|\WP_Error $answer Of the sidecar.
	 */
	private static function shows_another_clock( $answer ): bool {
		$date = strtotime( (string) wp_remote_retrieve_header( $answer, 'date' ) );
		if ( 401 !== (int) wp_remote_retrieve_response_code( $answer ) || false === $date ) {
			return false;
		}
		$ahead = $date - time();
		if ( abs( $ahead - self::clock_ahead() ) <= Signer::TOLERANCE || abs( $ahead ) > DAY_IN_SECONDS ) {
			return false;
		}
		if ( abs( $ahead ) <= Signer::TOLERANCE ) {
			delete_option( self::OPTION );
		} else {
			update_option( self::OPTION, $ahead );
		}
		return true;
	}

	/**
	 * Posts a message once.
	 *
	 * @param Connection $connection To whom.
	 * @param string     $path       Behind the sidecar's address.
	 * @param string     $id         Of the message.
	 * @param string     $body       JSON.
	 * @param float      $seconds    To connect, send and be answered.
	 * @return array|\WP_Error As WordPress gives it.
	 */
	private function attempt( Connection $connection, string $path, string $id, string $body, float $seconds ) {
		$hasten = static function ( &$url, &$headers, &$data, &$type, &$options ): void { // phpcs:ignore Generic.CodeAnalysis.UnusedFunctionParameter -- The hook fixes this signature.
			$options['connect_timeout'] = self::CONNECT_TIMEOUT;
		};
		add_action( 'requests-requests.before_request', $hasten, 10, 5 );
		$answer = wp_remote_post(
			$connection->sidecar . $path,
			array(
				'headers'             => $this->signer->headers( $connection->webhook_secrets, $id, time() + self::clock_ahead(), $body ) + array( 'Content-Type' => 'application/json' ),
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
