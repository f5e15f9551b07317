<?php
/**
 * What visitors are told, or asked, about messages.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Prints a line, or a box to tick, below the form's contact fields, and reads what came of it.
 */
final class Consent {

	public const FIELD      = 'booking_recovery_consent';
	public const NOTICE     = 'notice';
	public const OPT_IN     = 'opt_in';
	private const CSS_CLASS = 'booking_recovery_consent';

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
	 * Prints the line or the box.
	 */
	public function render(): void {
		$mode = $this->mode();
		if ( self::NOTICE === $mode ) {
			echo '<p class="' . esc_attr( self::CSS_CLASS . '_notice' ) . '">' . esc_html( $this->text( $mode ) ) . '</p>';
		}
		if ( self::OPT_IN === $mode ) {
			echo '<p><label><input type="checkbox" class="' . esc_attr( self::CSS_CLASS ) . '"> ' . esc_html( $this->text( $mode ) ) . '</label></p>';
		}
	}

	/**
	 * Whether a form that was served holds the box to tick.
	 */
	public function box_in( string $html ): bool {
		return false !== strpos( $html, 'class="' . self::CSS_CLASS . '"' );
	}

	/**
	 * Whether nobody may be written to who has not ticked it.
	 */
	public function needs_box(): bool {
		return self::OPT_IN === $this->mode();
	}

	/**
	 * On what basis the visitor of this request may be written to; null where the owner has switched this off.
	 *
	 * @return array{ basis: string, text: string, at: string }|null
	 */
	public function given(): ?array {
		$mode = $this->mode();
		if ( self::NOTICE !== $mode && self::OPT_IN !== $mode ) {
			return null;
		}
		$has_ticked = '1' === ( $_POST[ self::FIELD ] ?? null );
		return array(
			'basis' => self::OPT_IN !== $mode || $has_ticked ? $mode : 'denied',
			'text'  => $this->text( $mode ),
			'at'    => Event_Composer::time( 1000 * time() ),
		);
	}

	/**
	 * How consent is got.
	 */
	private function mode(): string {
		return $this->settings->recovery()['consent'] ?? self::NOTICE;
	}

	/**
	 * The words.
	 */
	private function text( string $mode ): string {
		$salon = wp_specialchars_decode( (string) get_bloginfo( 'name' ), ENT_QUOTES );
		$text  = self::OPT_IN === $mode
			/* translators: %s: name of the site. */
			? sprintf( __( '%s may write to me if I leave without booking.', 'booking-recovery-bridge' ), $salon )
			/* translators: %s: name of the site. */
			: sprintf( __( 'If you leave without booking, %s may write to you about it. Each message says how to stop them.', 'booking-recovery-bridge' ), $salon );
		/**
		 * Changes what visitors are told or asked about messages.
		 *
		 * @param string $text The words.
		 * @param string $mode `notice` or `opt_in`.
		 */
		return (string) apply_filters( 'booking_recovery_consent_text', $text, $mode );
	}
}
