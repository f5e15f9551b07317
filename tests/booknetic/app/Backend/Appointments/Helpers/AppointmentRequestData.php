<?php
/**
 * One item of the cart.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\ServiceExtra;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;

/**
 * What the visitor has chosen so far. One object lives through the whole confirmation: appointmentId and
 * createdAppointments change in it as rows are written.
 *
 * @property-read Collection|null $appointmentInf
 * @property-read Collection|null $serviceInf
 * @property-read Collection|null $staffInf
 * @property-read Collection|null $locationInf
 */
class AppointmentRequestData extends \stdClass {

	public $appointmentId = 0;

	/**
	 * Y-m-d in the site's zone, or ''.
	 *
	 * @var string
	 */
	public $date = '';

	/**
	 * H:i in the site's zone, or ''.
	 *
	 * @var string
	 */
	public $time = '';

	public $note = '';

	public $locationId = 0;

	/**
	 * -1 is "any", until the confirmation finds someone who is free.
	 *
	 * @var int
	 */
	public $staffId = 0;

	public $serviceId = 0;

	public $serviceCategoryId = 0;

	public $totalCustomerCount = 1;

	/**
	 * Keys first_name, last_name, email, phone; as typed, and perhaps only half typed.
	 *
	 * @var array<string,string>
	 */
	public $customerData = array();

	/**
	 * The same as an object.
	 *
	 * @var CustomerData
	 */
	public $customerDataObj;

	/**
	 * -1 while the visitor is not known.
	 *
	 * @var int
	 */
	public $customerId = -1;

	public $status = '';

	public $weight = 1;

	public $paymentMethod = '';

	public $recurringStartDate = '';

	public $recurringEndDate = '';

	public $recurringTimes = '';

	/**
	 * Dates and times of a series, each as a list of the two.
	 *
	 * @var array<int,array{0:string,1:string}>
	 */
	public $recurringAppointmentsList = array();

	public $clientTimezone = '-';

	public $createdAppointments = array();

	public $calledFromBackend = false;

	public $timeslots = array();

	public $createdAt = 0;

	private $raw;

	private $serviceExtras;

	private $requests;

	private $rows = array();

	/**
	 * @param array                    $raw      The item as the browser sent it.
	 * @param AppointmentRequests|null $requests The cart; null while a page is rendered, when there is none.
	 */
	public function __construct( array $raw, ?AppointmentRequests $requests = null ) {
		$this->raw      = $raw;
		$this->requests = $requests;

		$this->locationId         = $this->getData( 'location', 0, 'int' );
		$this->staffId            = $this->getData( 'staff', 0, 'int' );
		$this->serviceId          = $this->getData( 'service', 0, 'int' );
		$this->serviceCategoryId  = $this->getData( 'service_category', 0, 'int' );
		if ( Version::hasLocationCategories() ) {
			$this->locationCategoryId = $this->getData( 'location_category', 0, 'int' );
		}

		$this->totalCustomerCount = 1 + max( 0, $this->getData( 'brought_people_count', 0, 'int' ) );
		$this->weight             = $this->totalCustomerCount;
		$this->note               = $this->getData( 'note', '', 'string' );
		$this->recurringStartDate = $this->getData( 'recurring_start_date', '', 'string' );
		$this->recurringEndDate   = $this->getData( 'recurring_end_date', '', 'string' );
		$this->recurringTimes     = $this->getData( 'recurring_times', '', 'string' );
		$this->serviceExtras      = $this->readExtras();
		$this->status             = Helper::getDefaultAppointmentStatus();
		$this->createdAt          = time();

		if ( $this->isRecurring() ) {
			$this->recurringAppointmentsList = $this->readSeries();
		} else {
			$this->date = self::reformat( $this->getData( 'date', '', 'string' ), 'Y-m-d' );
			$this->time = self::reformat( $this->getData( 'time', '', 'string' ), 'H:i' );
		}

		if ( null !== $requests ) {
			$this->paymentMethod     = $requests->paymentMethod;
			$this->calledFromBackend = $requests->calledFromBackend;
		}
		if ( $this->calledFromBackend ) {
			$this->status = $this->getData( 'status', $this->status, 'string', array_keys( Helper::getAppointmentStatuses() ) );
		}
		if ( 'on' === Helper::getOption( 'client_timezone_enable', 'off' ) ) {
			$this->clientTimezone = Helper::_post( 'client_time_zone', '-' );
		}

		$this->timeslots = $this->getAllTimeslots();
		$this->handleCustomerInfo();
	}

	public function __get( $name ) {
		$models = array(
			'appointmentInf' => array( Appointment::class, $this->appointmentId ),
			'serviceInf'     => array( Service::class, $this->serviceId ),
			'staffInf'       => array( Staff::class, $this->staffId ),
			'locationInf'    => array( Location::class, $this->locationId ),
		);

		if ( ! isset( $models[ $name ] ) ) {
			return null;
		}

		list( $model, $id ) = $models[ $name ];

		if ( ! isset( $this->rows[ $name . $id ] ) ) {
			$this->rows[ $name . $id ] = $model::get( $id );
		}

		return $this->rows[ $name . $id ];
	}

	public function __isset( $name ) {
		return null !== $this->__get( $name );
	}

	/**
	 * Reads the item as the browser sent it, also keys that Booknetic does not know.
	 *
	 * @param string      $key       Key of the item.
	 * @param mixed       $default   Returned for a missing value and for one of another type.
	 * @param string|null $type      int, string, arr, or null for any.
	 * @param array       $whitelist If not empty, the values that count.
	 */
	public function getData( $key, $default = null, $type = null, $whitelist = array() ) {
		$value = $this->raw[ $key ] ?? null;

		if ( 'int' === $type ) {
			$value = is_numeric( $value ) ? (int) $value : null;
		} elseif ( 'string' === $type ) {
			$value = is_scalar( $value ) ? trim( (string) $value ) : null;
		} elseif ( 'arr' === $type ) {
			$value = is_array( $value ) ? $value : null;
		}

		if ( null === $value || ( array() !== $whitelist && ! in_array( $value, $whitelist, true ) ) ) {
			return $default;
		}

		return $value;
	}

	/**
	 * The times to be booked, each of date and time.
	 */
	public function getAllTimeslots() {
		$single = '' === $this->date || '' === $this->time ? array() : array( array( $this->date, $this->time ) );

		return array_map(
			static function ( array $slot ): array {
				return array_combine( array( 'date', 'time' ), $slot );
			},
			$this->isRecurring() ? $this->recurringAppointmentsList : $single
		);
	}

	/**
	 * From and to of each time to be booked, as UNIX timestamps.
	 *
	 * @return array<int,array{0:int,1:int}>
	 */
	public function getIntervals(): array {
		$duration = CalendarService::duration( $this->serviceInf );

		return array_map(
			static function ( array $slot ) use ( $duration ): array {
				$starts_at = CalendarService::timestamp( $slot['date'], $slot['time'] );

				return array( $starts_at, $starts_at + $duration );
			},
			$this->timeslots
		);
	}

	public function isRecurring() {
		return null !== $this->serviceInf && (bool) $this->serviceInf->is_recurring;
	}

	public function getFirstAppointmentId() {
		return $this->createdAppointments[0] ?? 0;
	}

	/**
	 * What the visitor takes besides the service.
	 *
	 * @return Collection[] Rows with their quantity.
	 */
	public function getServiceExtras() {
		return $this->serviceExtras;
	}

	/**
	 * What each time costs: key of the price => amount.
	 */
	public function getPrices() {
		$service = $this->serviceInf;
		$prices  = array( 'service_price' => null === $service ? 0.0 : (float) $service->price * $this->weight );

		foreach ( $this->serviceExtras as $extra ) {
			$prices[ 'service_extra-' . $extra->id ] = $extra->price * $extra->quantity * $this->weight;
		}

		return $prices;
	}

	public function getSubTotal() {
		return array_sum( $this->getPrices() ) * max( 1, count( $this->timeslots ) );
	}

	public function getPayableToday() {
		return $this->getSubTotal();
	}

	public function getDateTimeView() {
		$format = get_option( 'date_format' ) . ' ' . get_option( 'time_format' );

		return implode(
			' · ',
			array_map(
				static function ( array $interval ) use ( $format ): string {
					return wp_date( $format, $interval[0], Date::zone() );
				},
				$this->getIntervals()
			)
		);
	}

	public function getAppointmentRequests() {
		return $this->requests;
	}

	/**
	 * @throws \Exception With a sentence for the visitor.
	 */
	public function validate() {
		do_action( 'bkntc_appointment_request_before_data_validate', $this );

		if ( null === $this->serviceInf || ! $this->serviceInf->is_active ) {
			throw new \Exception( __( 'Please choose a service.', 'booknetic' ) );
		}

		$this->validateCustomer();
		$this->validateTime();

		if ( Version::asksBeforeACustomerBooks() ) {
			do_action( 'bkntc_validate_customer_booking', $this );
		}

		do_action( 'bkntc_appointment_request_data_validate', $this );
	}

	private function validateCustomer() {
		if ( '' === $this->customerData['first_name'] ) {
			throw new \Exception( __( 'Please enter your name.', 'booknetic' ) );
		}
		if ( ! is_email( $this->customerData['email'] ) ) {
			throw new \Exception( __( 'Please enter a complete e-mail address.', 'booknetic' ) );
		}
	}

	private function validateTime() {
		if ( array() === $this->timeslots ) {
			throw new \Exception( __( 'Please choose a day and a time.', 'booknetic' ) );
		}
		if ( $this->calledFromBackend ) {
			// Staff know better than the calendar.
			return;
		}

		$staff_id = CalendarService::freeStaff( $this->staffId, $this->timeslots, $this->getIntervals(), $this->requests->takenBefore( $this ) );

		if ( 0 === $staff_id ) {
			throw new \Exception( __( 'That time is no longer free. Please choose another.', 'booknetic' ) );
		}

		$this->staffId = $staff_id;
	}

	/**
	 * For a customer who is known already the browser's fields are hidden: what is stored takes their place.
	 */
	private function handleCustomerInfo() {
		$typed = $this->getData( 'customer_data', array(), 'arr' );

		foreach ( array( 'first_name', 'last_name', 'email', 'phone' ) as $field ) {
			$value = $typed[ $field ] ?? '';

			$this->customerData[ $field ] = is_scalar( $value ) ? trim( (string) $value ) : '';
		}

		$customer_id = $this->getData( 'customer_id', -1, 'int' );
		$customer    = $customer_id > 0 ? Customer::get( $customer_id ) : null;

		if ( null !== $customer ) {
			$this->customerId   = $customer_id;
			$this->customerData = array(
				'first_name' => (string) $customer->first_name,
				'last_name'  => (string) $customer->last_name,
				'email'      => (string) $customer->email,
				'phone'      => (string) $customer->phone_number,
			);
		}

		$this->customerDataObj = new CustomerData( $this->customerData );
	}

	/**
	 * What of the posted list is an extra of the chosen service, and wanted.
	 */
	private function readExtras(): array {
		$extras = array();

		foreach ( array_filter( $this->getData( 'service_extras', array(), 'arr' ), 'is_array' ) as $wanted ) {
			$quantity = is_numeric( $wanted['quantity'] ?? null ) ? (int) $wanted['quantity'] : 0;
			$extra    = is_numeric( $wanted['extra'] ?? null ) && $quantity > 0
				? ServiceExtra::where( 'id', (int) $wanted['extra'] )->where( 'service_id', $this->serviceId )->where( 'is_active', 1 )->fetch()
				: null;

			if ( null !== $extra ) {
				$extra->quantity = $quantity;
				$extras[]        = $extra;
			}
		}

		return $extras;
	}

	/**
	 * What of the posted list is a date with a time.
	 */
	private function readSeries(): array {
		$list  = json_decode( $this->getData( 'appointments', '', 'string' ), true );
		$slots = array();

		foreach ( array_filter( is_array( $list ) ? $list : array(), 'is_array' ) as $pair ) {
			$date = is_string( $pair[0] ?? null ) ? self::reformat( $pair[0], 'Y-m-d' ) : '';
			$time = is_string( $pair[1] ?? null ) ? self::reformat( $pair[1], 'H:i' ) : '';

			if ( '' !== $date && '' !== $time ) {
				$slots[] = array( $date, $time );
			}
		}

		return $slots;
	}

	/**
	 * The date or time in the given format, '' if it is none.
	 */
	private static function reformat( string $value, string $format ): string {
		$parsed = \DateTimeImmutable::createFromFormat( '!' . $format, $value );

		return false !== $parsed && $parsed->format( $format ) === $value ? $value : '';
	}
}
