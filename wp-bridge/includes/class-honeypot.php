<?php
/**
 * A field that only robots fill in.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Stands among the form's contact fields. No person sees it, and no keyboard, screen reader, browser or password manager
 * comes to it; programs that fill in whatever they find do.
 */
final class Honeypot {

	public const FIELD = 'booking_recovery_subject';

	/**
	 * Off the page for people without `display: none`, which programs look for, and without a side to hide at, which would
	 * make pages wider that are read from the right. Neither browsers nor password managers keep a subject for people.
	 */
	public function render(): void {
		printf(
			'<div aria-hidden="true" style="position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0 0 0 0);clip-path:inset(50%%)"><input type="text" name="subject" class="%s" tabindex="-1" autocomplete="off" data-1p-ignore data-bwignore data-lpignore="true" data-form-type="other"></div>',
			esc_attr( self::FIELD )
		);
	}

	/**
	 * Whether the browser of this request says that it was filled in.
	 */
	public function is_filled(): bool {
		return '' !== ( $_POST[ self::FIELD ] ?? '' );
	}
}
