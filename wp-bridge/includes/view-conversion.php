<?php
/**
 * A tab of Booknetic's window about an appointment.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

// Booknetic has asked for this window by the appointment's id, and has seen to it that this member of staff may see it.
echo '<p>' . esc_html( Booknetic_Gateway::conversion_text( (int) filter_var( $_POST['id'] ?? 0, FILTER_VALIDATE_INT ) ) ) . '</p>';
