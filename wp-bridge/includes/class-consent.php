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

	public const FIELD       = 'booking_recovery_consent';
	public const SHOWN_FIELD = 'booking_recovery_shown';
	public const NOTICE      = 'notice';
	public const OPT_IN      = 'opt_in';
	public const DENIED      = 'denied';
	private const CSS_CLASS  = 'booking_recovery_consent';

	/**
	 * The sidecar takes no longer ones.
	 */
	private const LONGEST_TEXT = 2000;

	/**
	 * What counts.
	 *
	 * @var Policy
	 */
	private $policy;

	/**
	 * Where choices are written down.
	 *
	 * @var Consent_Ledger
	 */
	private $ledger;

	/**
	 * Takes what counts, and where choices are written down.
	 */
	public function __construct( Policy $policy, Consent_Ledger $ledger ) {
		$this->policy = $policy;
		$this->ledger = $ledger;
	}

	/**
	 * Prints the line or the box, with what the form's requests then say was shown.
	 */
	public function render(): void {
		$mode = $this->mode();
		if ( self::NOTICE !== $mode && self::OPT_IN !== $mode ) {
			return;
		}
		$text = $this->text( $mode );
		printf(
			self::NOTICE === $mode ? '<p class="%1$s_notice" data-shown="%2$s">%3$s</p>' : '<p><label><input type="checkbox" class="%1$s" data-shown="%2$s"> %3$s</label></p>',
			esc_attr( self::CSS_CLASS ),
			esc_attr( self::sealed( $mode, $text ) ),
			esc_html( $text )
		);
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
		// The owner may have chosen other words, or a box, after the form was shown.
		list( $mode, $text ) = self::unsealed( $_POST[ self::SHOWN_FIELD ] ?? null ) ?? array( $mode, $this->text( $mode ) );
		$has_ticked          = '1' === ( $_POST[ self::FIELD ] ?? null );
		return array(
			'basis' => self::OPT_IN !== $mode || $has_ticked ? $mode : self::DENIED,
			'text'  => $text,
			'at'    => Event_Composer::time( 1000 * time() ),
		);
	}

	/**
	 * Writes down what was told or asked, and answered.
	 *
	 * @param string                                                $session_id The visitor's.
	 * @param array<string, mixed>                                  $contact    Of the visitor.
	 * @param array{ basis: string, text: string, at: string }|null $consent    As given.
	 * @param string                                                $page       Where.
	 */
	public function write_down( string $session_id, array $contact, ?array $consent, string $page ): void {
		$this->ledger->note( $session_id, Person::keys( $contact['email'], $contact['phone'] ), $consent, $page, time() );
	}

	/**
	 * What was shown, so that a browser can hand it back and nobody can have written it but this site.
	 */
	private static function sealed( string $mode, string $text ): string {
		$shown = base64_encode( (string) wp_json_encode( array( $mode, $text ), JSON_UNESCAPED_UNICODE ) );
		return $shown . '.' . self::seal( $shown );
	}

	/**
	 * What a browser hands back, or null where this site has not written it.
	 *
	 * @param mixed $given As posted.
	 * @return array{ 0: string, 1: string }|null Mode and text.
	 */
	private static function unsealed( $given ): ?array {
		list( $shown, $seal ) = array_pad( explode( '.', is_string( $given ) ? $given : '', 2 ), 2, '' );
		return hash_equals( self::seal( $shown ), $seal ) ? json_decode( (string) base64_decode( $shown, true ), true ) : null;
	}

	/**
	 * What only this site can add to a text.
	 */
	private static function seal( string $shown ): string {
		return wp_hash( self::SHOWN_FIELD . $shown, 'nonce' );
	}

	/**
	 * How consent is got.
	 */
	private function mode(): string {
		return $this->policy->in_force( 'consent' ) ?? self::NOTICE;
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
		return mb_substr( (string) apply_filters( 'booking_recovery_consent_text', $text, $mode ), 0, self::LONGEST_TEXT );
	}
}
