<?php
/**
 * What makes events outside of the form's own requests: a visitor books, staff change and reject it, somebody is
 * erased, the owner chooses. Given: $visitor, a session id.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Frontend\Controller\Ajax;
use BookneticApp\Models\Appointment;

$item  = array(
	'service'       => 1,
	'location'      => 1,
	'staff'         => 1,
	'date'          => wp_date( 'Y-m-d', time() + 9 * DAY_IN_SECONDS ),
	'time'          => '11:00',
	'customer_data' => array(
		'email'      => 'chloe@visitors.example',
		'first_name' => 'Chloë',
		'last_name'  => 'Ñandú',
		'phone'      => '',
	),
);
$_POST = wp_slash(
	array(
		'booking_recovery_session' => $visitor,
		'payment_method'           => 'local',
		'cart'                     => (string) wp_json_encode( array( $item ) ),
	)
);
$id    = (int) ( new Ajax() )->confirm()['id'];
AppointmentService::setStatus( $id, 'pending' === Appointment::get( $id )->status ? 'approved' : 'pending' );
AppointmentService::setStatus( $id, 'rejected' );

$eraser = apply_filters( 'wp_privacy_personal_data_erasers', array() )['booking-recovery-bridge']['callback'];
$eraser( 'zoe@visitors.example', 1 );
$eraser( 'chloe@visitors.example', 1 );

$choices = array(
	'messages' => array( '45m', '1d' ),
	'consent'  => 'notice',
	'dry_run'  => false,
);
update_option( 'booking_recovery_settings', array( 'recovery' => $choices ) + get_option( 'booking_recovery_settings' ) );
update_option( 'booking_recovery_settings', array( 'recovery' => array() ) + get_option( 'booking_recovery_settings' ) );
