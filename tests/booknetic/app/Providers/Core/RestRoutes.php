<?php
/**
 * The official REST API, as far as its shapes are known.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Backend\Appointments\Controllers\AppointmentAjaxController;
use BookneticApp\Backend\Appointments\Helpers\AppointmentService;
use BookneticApp\Models\Appointment;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;

/**
 * Whoever can read may ask, and acts as staff. Nothing here knows of workflows.
 */
class RestRoutes {

	private const SPACE = 'booknetic/v1';

	private const COLUMNS = array( 'id', 'location_id', 'service_id', 'staff_id', 'starts_at', 'ends_at', 'customer_id', 'status', 'payment_status' );

	public static function register() {
		self::route( '/appointments', 'GET', 'all' );
		self::route( '/appointments', 'POST', 'create' );
		self::route( '/appointments/(?P<id>\d+)', 'GET', 'one' );
		self::route( '/appointments/(?P<id>\d+)', 'DELETE', 'delete' );
		self::route( '/appointments/(?P<id>\d+)/change-status', 'PUT', 'changeStatus' );
		self::route( '/appointments/statuses', 'GET', 'statuses' );
	}

	public static function all( \WP_REST_Request $request ): array {
		$rows  = Appointment::orderBy( 'id' )->fetchAll();
		$skip  = (int) $request['skip'];
		$limit = (int) ( $request['limit'] ?? 10 );

		return array(
			'data' => array_map( array( self::class, 'describe' ), array_slice( $rows, $skip, $limit ) ),
			'meta' => array(
				'total' => count( $rows ),
				'limit' => $limit,
				'skip'  => $skip,
			),
		);
	}

	/**
	 * Books for a customer; a stub in the versions that only promise it.
	 *
	 * @throws \Exception If Booknetic refuses.
	 */
	public static function create( \WP_REST_Request $request ): array {
		if ( ! Version::createsByRest() ) {
			return array();
		}

		$_POST  = wp_slash( array( 'cart' => wp_json_encode( array( $request->get_json_params() ) ) ) );
		$answer = ( new AppointmentAjaxController() )->create_appointment();

		if ( 'ok' !== $answer['status'] ) {
			throw new \Exception( $answer['error_msg'], 422 );
		}

		return self::describe( Appointment::where( 'payment_id', $answer['payment_id'] )->fetch() );
	}

	public static function one( \WP_REST_Request $request ): array {
		return self::describe( self::found( $request ) );
	}

	public static function delete( \WP_REST_Request $request ): array {
		AppointmentService::deleteAppointment( array( (int) self::found( $request )->id ) );

		return array();
	}

	public static function changeStatus( \WP_REST_Request $request ): array {
		AppointmentService::setStatus( (int) self::found( $request )->id, $request['status'] );

		return array();
	}

	public static function statuses(): array {
		return array_values( Helper::getAppointmentStatuses() );
	}

	private static function route( string $path, string $method, string $name ): void {
		register_rest_route(
			self::SPACE,
			$path,
			array(
				'methods'             => $method,
				'permission_callback' => static function () {
					return current_user_can( 'read' );
				},
				'callback'            => static function ( \WP_REST_Request $request ) use ( $name ) {
					return self::answer( $name, $request );
				},
			)
		);
	}

	/**
	 * A code that is no HTTP status becomes 400.
	 */
	private static function answer( string $name, \WP_REST_Request $request ) {
		Permission::setAsBackEnd();

		try {
			return self::$name( $request );
		} catch ( \Exception $e ) {
			$status = in_array( $e->getCode(), array( 404, 409, 422, 500 ), true ) ? $e->getCode() : 400;

			return new \WP_Error( $status, $e->getMessage(), array( 'status' => $status ) );
		}
	}

	/**
	 * @throws \Exception If there is no such appointment.
	 */
	private static function found( \WP_REST_Request $request ): Collection {
		$row = Appointment::get( (int) $request['id'] );

		if ( null === $row ) {
			throw new \Exception( __( 'There is no such appointment.', 'booknetic' ), 404 );
		}

		return $row;
	}

	private static function describe( Collection $row ): array {
		return array_intersect_key( $row->toArray(), array_flip( self::COLUMNS ) );
	}
}
