<?php
/**
 * What counts of the owner's choices and the sidecar's.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Where the owner has chosen nothing, or may not choose, the sidecar's choice counts. It tells it with each call of its
 * route `status`.
 */
final class Policy {

	public const OPTION = 'booking_recovery_sidecars_choices';

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes what the owner has set.
	 */
	public function __construct( Settings $settings ) {
		$this->settings = $settings;
	}

	/**
	 * Keeps what the sidecar has chosen for this site. What does not fit is left out: it may be of another version.
	 *
	 * @param mixed $said `defaults`, and the keys that are `locked`.
	 */
	public function hear( $said ): void {
		$said  = is_array( $said ) ? $said : array();
		$heard = array(
			'connection' => $this->connection(),
			'defaults'   => Choices::sanitize( $said['defaults'] ?? null ),
			'locked'     => array_values( array_intersect( Choices::keys(), array_filter( (array) ( $said['locked'] ?? null ), 'is_string' ) ) ),
		);
		if ( get_option( self::OPTION ) !== $heard ) {
			update_option( self::OPTION, $heard );
		}
	}

	/**
	 * What counts; null where neither has chosen, or the sidecar has not told yet.
	 *
	 * @param string $key Of [recovery].
	 * @return mixed
	 */
	public function in_force( string $key ) {
		$own = $this->is_locked( $key ) ? array() : $this->settings->recovery();
		return $own[ $key ] ?? $this->sidecars( $key );
	}

	/**
	 * What counts where the owner chooses nothing; null where the sidecar has not told yet.
	 *
	 * @param string $key Of [recovery].
	 * @return mixed
	 */
	public function sidecars( string $key ) {
		return $this->heard()['defaults'][ $key ] ?? null;
	}

	/**
	 * Whether the sidecar's operator keeps this choice from the owner.
	 *
	 * @param string $key Of [recovery].
	 */
	public function is_locked( string $key ): bool {
		return in_array( $key, $this->heard()['locked'] ?? array(), true );
	}

	/**
	 * What the sidecar has told. What another one has told, to which the site was connected before, holds no more.
	 *
	 * @return array{ connection?: string, defaults?: array<string, mixed>, locked?: string[] }
	 */
	private function heard(): array {
		$heard = get_option( self::OPTION );
		return is_array( $heard ) && ( $heard['connection'] ?? '' ) === $this->connection() ? $heard : array();
	}

	/**
	 * Tells connections apart; none is null.
	 */
	private function connection(): ?string {
		$connection = $this->settings->connection();
		return null === $connection ? null : $connection->fingerprint();
	}
}
