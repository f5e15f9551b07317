<?php
/**
 * Which sidecar this site belongs to, and the secrets they share.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * A connection that has passed every check: other code need not look at it again.
 */
final class Connection {

	public const SECRET_PREFIX = 'whsec_';
	private const CODE_PREFIX  = 'brc1.';

	/**
	 * What an address is written in.
	 */
	private const IN_ADDRESS = '/\A[^\x00-\x20"\'<>\\\\\x7f-\xff]{1,500}\z/';

	/**
	 * Address of the sidecar, without a slash at its end.
	 *
	 * @var string
	 */
	public $sidecar;

	/**
	 * The site's id there.
	 *
	 * @var string
	 */
	public $site;

	/**
	 * Secrets from the bridge to the sidecar.
	 *
	 * @var string[]
	 */
	public $webhook_secrets;

	/**
	 * Secrets from the sidecar to the bridge.
	 *
	 * @var string[]
	 */
	public $callback_secrets;

	/**
	 * Takes what a code holds: `sidecar`, `site`, `webhook_secret`, `callback_secret`, the secrets as one string or a list.
	 *
	 * @param array<mixed> $fields As decoded.
	 * @throws \InvalidArgumentException Says, translated, which part does not fit.
	 */
	public function __construct( array $fields ) {
		$this->sidecar          = self::address( $fields['sidecar'] ?? null );
		$this->site             = self::site( $fields['site'] ?? null );
		$this->webhook_secrets  = self::secrets( $fields['webhook_secret'] ?? null, 'webhook_secret' );
		$this->callback_secrets = self::secrets( $fields['callback_secret'] ?? null, 'callback_secret' );
		if ( array() !== array_intersect( $this->webhook_secrets, $this->callback_secrets ) ) {
			throw new \InvalidArgumentException( __( 'The code uses the same secret for both directions. Make a new code.', 'booking-recovery-bridge' ) );
		}
	}

	/**
	 * Reads a connection code as `booking-recovery pair` prints it.
	 *
	 * @throws \InvalidArgumentException Says, translated, what is wrong with the code.
	 */
	public static function from_code( string $code ): self {
		// Terminals and mail programs break long lines.
		$code = (string) preg_replace( '/\s+/', '', $code );
		if ( '' === $code ) {
			throw new \InvalidArgumentException( __( 'Paste the connection code first.', 'booking-recovery-bridge' ) );
		}
		if ( 0 !== strpos( $code, self::CODE_PREFIX ) ) {
			throw new \InvalidArgumentException( __( 'This is not a connection code: it must begin with "brc1.".', 'booking-recovery-bridge' ) );
		}
		$json   = base64_decode( strtr( substr( $code, strlen( self::CODE_PREFIX ) ), '-_', '+/' ), true );
		$fields = false === $json ? null : json_decode( $json, true, 4 );
		if ( ! is_array( $fields ) ) {
			throw new \InvalidArgumentException( __( 'The code is damaged, perhaps cut off. Copy the whole of it, from "brc1." to its last character.', 'booking-recovery-bridge' ) );
		}
		return new self( $fields );
	}

	/**
	 * The fields from which the same connection can be made again.
	 *
	 * @return array<string, mixed>
	 */
	public function to_array(): array {
		return array(
			'sidecar'         => $this->sidecar,
			'site'            => $this->site,
			'webhook_secret'  => $this->webhook_secrets,
			'callback_secret' => $this->callback_secrets,
		);
	}

	/**
	 * Tells connections apart without showing their secrets.
	 */
	public function fingerprint(): string {
		return hash( 'sha256', (string) wp_json_encode( $this->to_array() ) );
	}

	/**
	 * An https address, or a plain one that does not leave the machine or its private network.
	 *
	 * @param mixed $url As decoded.
	 * @throws \InvalidArgumentException Where it is none.
	 */
	private static function address( $url ): string {
		$parts  = is_string( $url ) && 1 === preg_match( self::IN_ADDRESS, $url ) ? wp_parse_url( $url ) : false;
		$scheme = strtolower( $parts['scheme'] ?? '' );
		$host   = strtolower( trim( $parts['host'] ?? '', '[]' ) );
		if ( '' === $host || ! in_array( $scheme, array( 'http', 'https' ), true ) || isset( $parts['user'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) ) {
			throw new \InvalidArgumentException( __( 'The code holds no usable address of the sidecar.', 'booking-recovery-bridge' ) );
		}
		if ( 'http' === $scheme && ! self::is_private( $host ) ) {
			throw new \InvalidArgumentException(
				/* translators: %s: host name. */
				sprintf( __( 'The sidecar at %s must be reached by https, since visitors\' data goes there.', 'booking-recovery-bridge' ), $host )
			);
		}
		return untrailingslashit( $url );
	}

	/**
	 * Loopback, a private address, or a name without a dot, as containers have.
	 */
	private static function is_private( string $host ): bool {
		if ( false === filter_var( $host, FILTER_VALIDATE_IP ) ) {
			return false === strpos( $host, '.' );
		}
		return false === filter_var( $host, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE );
	}

	/**
	 * A site id.
	 *
	 * @param mixed $site As decoded.
	 * @throws \InvalidArgumentException Where it is none.
	 */
	private static function site( $site ): string {
		if ( ! is_string( $site ) || 1 !== preg_match( '/\A[A-Za-z0-9_-]{1,32}\z/', $site ) ) {
			throw new \InvalidArgumentException( __( 'The code does not say which site this is.', 'booking-recovery-bridge' ) );
		}
		return $site;
	}

	/**
	 * One to four secrets of 24 to 64 bytes each.
	 *
	 * @param mixed  $given As decoded.
	 * @param string $name  Its name, for the message.
	 * @return string[]
	 * @throws \InvalidArgumentException Where one does not fit.
	 */
	private static function secrets( $given, string $name ): array {
		$secrets = is_string( $given ) ? array( $given ) : $given;
		$fits    = is_array( $secrets ) && array() !== $secrets && count( $secrets ) <= 4;
		foreach ( $fits ? $secrets : array() as $secret ) {
			$fits = $fits && self::is_secret( $secret );
		}
		if ( ! $fits ) {
			throw new \InvalidArgumentException(
				/* translators: %s: name of a field. */
				sprintf( __( 'The code holds no usable %s. Make a new code.', 'booking-recovery-bridge' ), $name )
			);
		}
		return array_values( $secrets );
	}

	/**
	 * `whsec_` and the base64 of 24 to 64 bytes.
	 *
	 * @param mixed $secret As decoded.
	 */
	private static function is_secret( $secret ): bool {
		if ( ! is_string( $secret ) || 0 !== strpos( $secret, self::SECRET_PREFIX ) ) {
			return false;
		}
		$bytes = base64_decode( substr( $secret, strlen( self::SECRET_PREFIX ) ), true );
		return is_string( $bytes ) && strlen( $bytes ) >= 24 && strlen( $bytes ) <= 64;
	}
}
