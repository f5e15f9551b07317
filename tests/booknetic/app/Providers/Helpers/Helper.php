<?php
/**
 * Version, options, replies.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Helpers;

use BookneticApp\Providers\Core\Permission;

/**
 * The helper that add-ons reach for most.
 */
class Helper {

	private const SYMBOLS = array(
		'EUR' => '€',
		'USD' => '$',
	);

	/**
	 * The Version of the plugin's header.
	 */
	public static function getVersion() {
		$header = get_file_data( BOOKNETIC_STAND_IN_FILE, array( 'Version' => 'Version' ) );

		return $header['Version'];
	}

	public static function isSaaSVersion() {
		return class_exists( 'BookneticSaaS\Providers\Core\Bootstrap' );
	}

	public static function getOption( $name, $default = null, $perTenant = true ) {
		return get_option( self::optionName( $name, $perTenant ), $default );
	}

	public static function setOption( $name, $value, $perTenant = true ) {
		update_option( self::optionName( $name, $perTenant ), $value );
	}

	/**
	 * A request variable as its sender wrote it, or the default if it is missing or no string.
	 */
	public static function _post( $name, $default = '' ) {
		// phpcs:ignore WordPress.Security.NonceVerification -- Booknetic's front end sends no nonce, and that is a trait to keep.
		$value = $_POST[ $name ] ?? null;

		return is_string( $value ) ? wp_unslash( $value ) : $default;
	}

	/**
	 * Builds the reply to a Booknetic AJAX request.
	 *
	 * @param bool         $status Whether it went well.
	 * @param array|string $arr    Further keys, or the error's text.
	 */
	public static function response( $status, $arr = array(), $returnResult = false ) {
		$reply = array( 'status' => $status ? 'ok' : 'error' );

		if ( is_array( $arr ) ) {
			$reply = array_merge( $reply, $arr );
		} else {
			$reply['error_msg'] = $arr;
		}

		$reply = apply_filters( 'bkntc_response', $reply );

		if ( $returnResult ) {
			return $reply;
		}

		echo wp_json_encode( $reply );
		exit();
	}

	/**
	 * Slug => title, color, icon, and busy: whether such an appointment holds its time.
	 */
	public static function getAppointmentStatuses() {
		$statuses = apply_filters(
			'bkntc_appointment_statuses',
			array(
				array(
					'slug'  => 'pending',
					'title' => __( 'Pending', 'booknetic' ),
					'color' => '#fd9b78',
					'icon'  => 'far fa-clock',
					'busy'  => true,
				),
				array(
					'slug'  => 'approved',
					'title' => __( 'Approved', 'booknetic' ),
					'color' => '#53d56c',
					'icon'  => 'fa fa-check',
					'busy'  => true,
				),
				array(
					'slug'  => 'canceled',
					'title' => __( 'Canceled', 'booknetic' ),
					'color' => '#fb3e6e',
					'icon'  => 'fa fa-times',
					'busy'  => false,
				),
				array(
					'slug'  => 'rejected',
					'title' => __( 'Rejected', 'booknetic' ),
					'color' => '#8f9ca7',
					'icon'  => 'fa fa-times',
					'busy'  => false,
				),
			)
		);

		return array_column( $statuses, null, 'slug' );
	}

	/**
	 * Slugs of the statuses that hold their time.
	 *
	 * @return string[]
	 */
	public static function getBusyAppointmentStatuses() {
		$busy = array_filter(
			self::getAppointmentStatuses(),
			static function ( $status ) {
				return $status['busy'];
			}
		);

		return array_column( $busy, 'slug' );
	}

	public static function getDefaultAppointmentStatus() {
		$statuses = self::getAppointmentStatuses();
		$default  = self::getOption( 'default_appointment_status', '' );

		return isset( $statuses[ $default ] ) ? $default : key( $statuses );
	}

	/**
	 * How long a visitor may take to pay online.
	 */
	public static function secondsToPay(): int {
		return (int) self::getOption( 'max_time_limit_for_payment', 10 ) * MINUTE_IN_SECONDS;
	}

	public static function price( $amount ) {
		$currency = self::getOption( 'currency', 'USD' );

		return ( self::SYMBOLS[ $currency ] ?? $currency . ' ' ) . number_format( (float) $amount, 2 );
	}

	private static function optionName( $name, $perTenant ): string {
		$tenant_id = $perTenant && self::isSaaSVersion() ? Permission::tenantId() : null;

		return 'bkntc_' . ( null === $tenant_id ? '' : 't' . $tenant_id . '_' ) . $name;
	}
}
