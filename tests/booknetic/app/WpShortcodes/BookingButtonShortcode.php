<?php
/**
 * The [booknetic-booking-button] shortcode.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\WpShortcodes;

use BookneticApp\Frontend\Steps;

/**
 * Prints a button that opens the panel in a pop-up.
 */
class BookingButtonShortcode {

	/**
	 * The page's address has no say here; the button posts its own data attributes.
	 */
	public function render( $attributes ) {
		return Steps::view(
			'button',
			shortcode_atts(
				array(
					'location'     => '',
					'theme'        => '',
					'category'     => '',
					'staff'        => '',
					'service'      => '',
					'show_service' => '',
					'class'        => '',
					'style'        => '',
					'caption'      => __( 'Book now', 'booknetic' ),
				),
				$attributes
			)
		);
	}
}
