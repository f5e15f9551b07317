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
$booking_recovery_found = Booknetic_Gateway::conversion( (int) filter_var( $_POST['id'] ?? 0, FILTER_VALIDATE_INT ) );
echo '<p>';
if ( '' !== $booking_recovery_found['mark'] ) {
	// The style sheets here are Booknetic's.
	printf( '<strong style="background:#d7f0df;border-radius:4px;color:#0a4b1e;display:inline-block;margin-inline-end:.5em;padding:.15em .6em">%s</strong>', esc_html( $booking_recovery_found['mark'] ) );
}
echo esc_html( $booking_recovery_found['text'] ) . '</p>';
