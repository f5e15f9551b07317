<?php
/**
 * The visitor's cart.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

use BookneticApp\Providers\Helpers\Helper;

/**
 * What a request says about the booking in the making: one per request, read from POST, trusted in nothing.
 */
class AppointmentRequests {

	private static $instance;

	/**
	 * Gateway that the visitor chose.
	 *
	 * @var string
	 */
	public string $paymentMethod = 'local';

	/**
	 * One for the whole cart, made with the appointments; before that it is uninitialised.
	 *
	 * @var string
	 */
	public string $paymentId;

	/**
	 * The cart's items.
	 *
	 * @var AppointmentRequestData[]
	 */
	public array $appointments = array();

	public bool $calledFromBackend = false;

	/**
	 * Query of the visitor's page, as the browser sent it.
	 *
	 * @var array
	 */
	public array $queryParams = array();

	/**
	 * Lists of message and cart_item.
	 *
	 * @var array<int,array{message:string,cart_item:int}>
	 */
	private $errors = array();

	/**
	 * Reads the request afresh; self() is this one from now on.
	 */
	public static function load( bool $calledFromBackend = false ): self {
		self::$instance = new self( $calledFromBackend );

		foreach ( self::$instance->appointments as $item ) {
			do_action( 'bkntc_appointment_request_data_load', $item );
		}

		do_action( 'bkntc_appointment_requests_load' );

		return self::$instance;
	}

	public static function self(): ?self {
		return self::$instance;
	}

	public static function appointments(): array {
		return null === self::$instance ? array() : self::$instance->appointments;
	}

	public static function appointmentCount(): int {
		return count( self::appointments() );
	}

	private function __construct( bool $called_from_backend ) {
		$this->calledFromBackend = $called_from_backend;
		$this->paymentMethod     = Helper::_post( 'payment_method', 'local' );
		$this->queryParams       = self::jsonArray( 'query_params' );

		foreach ( array_filter( self::jsonArray( 'cart' ), 'is_array' ) as $raw ) {
			$this->appointments[] = new AppointmentRequestData( $raw, $this );
		}
	}

	/**
	 * The item that the visitor is at; the last one if the request names none that exists.
	 */
	public function currentRequest() {
		return $this->appointments[ $this->currentRequestKey() ] ?? null;
	}

	public function currentRequestKey() {
		$key = (int) Helper::_post( 'current', '0' );

		return isset( $this->appointments[ $key ] ) ? $key : count( $this->appointments ) - 1;
	}

	/**
	 * The times that earlier items of the cart will take, by staff id.
	 *
	 * @return array<int,array<int,array{0:int,1:int}>>
	 */
	public function takenBefore( AppointmentRequestData $item ): array {
		$taken = array();

		foreach ( array_slice( $this->appointments, 0, (int) array_search( $item, $this->appointments, true ) ) as $earlier ) {
			$taken[ $earlier->staffId ] = array_merge( $taken[ $earlier->staffId ] ?? array(), $earlier->getIntervals() );
		}

		return $taken;
	}

	public function getCurrentStep() {
		return Helper::_post( 'current_step' );
	}

	public function getPreviousStep() {
		return Helper::_post( 'previous_step' );
	}

	/**
	 * What a listener throws becomes an error of the visitor's.
	 */
	public function validate(): bool {
		$this->errors = array();

		$this->collect(
			0,
			function () {
				do_action( 'bkntc_appointment_requests_validate', $this );
			}
		);

		foreach ( $this->appointments as $key => $item ) {
			$this->collect( $key, array( $item, 'validate' ) );
		}

		$this->collect(
			0,
			function () {
				do_action( 'bkntc_after_appointment_requests_validate', $this );
			}
		);

		if ( array() === $this->appointments ) {
			$this->errors[] = array(
				'message'   => __( 'Please choose a service.', 'booknetic' ),
				'cart_item' => 0,
			);
		}

		return array() === $this->errors;
	}

	public function getErrors() {
		return $this->errors;
	}

	public function getFirstError() {
		return $this->errors[0]['message'] ?? '';
	}

	public function getPayableToday() {
		return $this->getSubTotal( true );
	}

	/**
	 * Price of all items, or of the current one.
	 */
	public function getSubTotal( $all = false ) {
		$current = $this->currentRequest();
		$items   = $all ? $this->appointments : array_filter( array( $current ) );

		return array_sum(
			array_map(
				static function ( AppointmentRequestData $item ) {
					return $item->getSubTotal();
				},
				$items
			)
		);
	}

	/**
	 * Per item: key of the price => amount.
	 */
	public function getPrices() {
		return array_map(
			static function ( AppointmentRequestData $item ) {
				return $item->getPrices();
			},
			$this->appointments
		);
	}

	public function isFromBackend() {
		return $this->calledFromBackend;
	}

	private function collect( int $key, callable $check ): void {
		try {
			$check();
		} catch ( \Exception $e ) {
			$this->errors[] = array(
				'message'   => $e->getMessage(),
				'cart_item' => $key,
			);
		}
	}

	private static function jsonArray( string $name ): array {
		$value = json_decode( Helper::_post( $name ), true );

		return is_array( $value ) ? $value : array();
	}
}
