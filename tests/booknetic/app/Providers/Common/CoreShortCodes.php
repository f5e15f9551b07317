<?php
/**
 * Core's own shortcodes.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

use BookneticApp\Models\Appointment;
use BookneticApp\Models\AppointmentPrice;
use BookneticApp\Models\Customer;
use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Codes of a group are replaced if the data name the row. Whether the row exists is not checked: like core's, this
 * replacer warns about a missing one, and fails on a missing appointment.
 */
class CoreShortCodes {

	/**
	 * Code => the parameter that it depends on, and its kind.
	 */
	private const CODES = array(
		'service_name'            => array( 'service_id', '' ),
		'service_price'           => array( 'service_id', '' ),
		'service_duration'        => array( 'service_id', '' ),
		'staff_name'              => array( 'staff_id', '' ),
		'staff_email'             => array( 'staff_id', 'email' ),
		'staff_phone'             => array( 'staff_id', 'phone' ),
		'location_name'           => array( 'location_id', '' ),
		'location_address'        => array( 'location_id', '' ),
		'location_phone_number'   => array( 'location_id', 'phone' ),
		'customer_full_name'      => array( 'customer_id', '' ),
		'customer_first_name'     => array( 'customer_id', '' ),
		'customer_last_name'      => array( 'customer_id', '' ),
		'customer_email'          => array( 'customer_id', 'email' ),
		'customer_phone'          => array( 'customer_id', 'phone' ),
		'appointment_id'          => array( 'appointment_id', '' ),
		'appointment_date'        => array( 'appointment_id', '' ),
		'appointment_start_time'  => array( 'appointment_id', '' ),
		'appointment_end_time'    => array( 'appointment_id', '' ),
		'appointment_date_time'   => array( 'appointment_id', '' ),
		'appointment_status'      => array( 'appointment_id', '' ),
		'appointment_total_price' => array( 'appointment_id', '' ),
		'company_name'            => array( '', '' ),
		'company_website'         => array( '', 'url' ),
	);

	public static function register( ShortCodeService $service ) {
		foreach ( self::CODES as $code => list( $depends, $kind ) ) {
			$group = strtok( $code, '_' );

			$service->registerCategory( $group . '_info', ucfirst( $group ) );
			$service->registerShortCode(
				$code,
				array(
					'name'     => ucfirst( str_replace( '_', ' ', $code ) ),
					'category' => $group . '_info',
					'depends'  => $depends,
					'kind'     => $kind,
				)
			);
		}
	}

	public static function replace( $text, $data ) {
		$values = self::company();

		if ( ! empty( $data['service_id'] ) ) {
			$values += self::service( $data['service_id'] );
		}
		if ( ! empty( $data['staff_id'] ) ) {
			$values += self::staff( $data['staff_id'] );
		}
		if ( ! empty( $data['location_id'] ) ) {
			$values += self::location( $data['location_id'] );
		}
		if ( ! empty( $data['customer_id'] ) ) {
			$values += self::customer( $data['customer_id'] );
		}
		if ( ! empty( $data['appointment_id'] ) ) {
			$values += self::appointment( $data['appointment_id'] );
		}

		// Values go in as they are, even into HTML.
		return str_replace( array_keys( $values ), array_values( $values ), (string) $text );
	}

	private static function company(): array {
		return array(
			'{company_name}'    => Helper::getOption( 'company_name', get_option( 'blogname' ) ),
			'{company_website}' => Helper::getOption( 'company_website', home_url() ),
		);
	}

	private static function service( $id ): array {
		$row = Service::get( $id );

		return array(
			'{service_name}'     => $row->name,
			'{service_price}'    => Helper::price( $row->price ),
			'{service_duration}' => $row->duration . ' min',
		);
	}

	private static function staff( $id ): array {
		$row = Staff::get( $id );

		return array(
			'{staff_name}'  => $row->name,
			'{staff_email}' => $row->email,
			'{staff_phone}' => $row->phone_number,
		);
	}

	private static function location( $id ): array {
		$row = Location::get( $id );

		return array(
			'{location_name}'         => $row->name,
			'{location_address}'      => $row->address,
			'{location_phone_number}' => $row->phone_number,
		);
	}

	private static function customer( $id ): array {
		$row = Customer::get( $id );

		return array(
			'{customer_full_name}'  => $row->full_name,
			'{customer_first_name}' => $row->first_name,
			'{customer_last_name}'  => $row->last_name,
			'{customer_email}'      => $row->email,
			'{customer_phone}'      => $row->phone_number,
		);
	}

	private static function appointment( $id ): array {
		$row      = Appointment::get( $id )->toArray();
		$statuses = Helper::getAppointmentStatuses();
		$date     = get_option( 'date_format' );
		$time     = get_option( 'time_format' );
		$start    = (int) $row['starts_at'];
		$zone     = Date::zone();

		return array(
			'{appointment_id}'          => $row['id'],
			'{appointment_date}'        => wp_date( $date, $start, $zone ),
			'{appointment_start_time}'  => wp_date( $time, $start, $zone ),
			'{appointment_end_time}'    => wp_date( $time, (int) $row['ends_at'], $zone ),
			'{appointment_date_time}'   => wp_date( $date . ' ' . $time, $start, $zone ),
			'{appointment_status}'      => $statuses[ $row['status'] ]['title'] ?? $row['status'],
			'{appointment_total_price}' => Helper::price( AppointmentPrice::sumFor( $id ) ),
		);
	}
}
