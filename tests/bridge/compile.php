<?php
/**
 * Compiles files without running them, and says how many; any other word is a complaint.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

error_reporting( E_ALL );
ini_set( 'display_errors', '1' );

$booking_recovery_files = array_slice( $argv, 1 );
echo count( array_filter( $booking_recovery_files, 'opcache_compile_file' ) ) . ' compiled';
