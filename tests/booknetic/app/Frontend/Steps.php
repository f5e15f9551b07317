<?php
/**
 * The panel's steps.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Frontend;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequestData;
use BookneticApp\Backend\Appointments\Helpers\CalendarService;
use BookneticApp\Models\Customer;
use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\ServiceExtra;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Titles, order and HTML of the steps.
 */
class Steps {

	/**
	 * Steps that can be ordered by the option steps_order and have a view, with title and heading.
	 */
	private static function titles(): array {
		return array(
			'location'        => array( __( 'Location', 'booknetic' ), __( 'Where would you like to come?', 'booknetic' ) ),
			'service'         => array( __( 'Service', 'booknetic' ), __( 'What can we do for you?', 'booknetic' ) ),
			'service_extras'  => array( __( 'Extras', 'booknetic' ), __( 'May it be a little more?', 'booknetic' ) ),
			'staff'           => array( __( 'Staff', 'booknetic' ), __( 'Who shall see you?', 'booknetic' ) ),
			'date_time'       => array( __( 'Date & time', 'booknetic' ), __( 'When suits you?', 'booknetic' ) ),
			'recurring_info'  => array( __( 'Dates', 'booknetic' ), __( 'These are your dates', 'booknetic' ) ),
			'information'     => array( __( 'Your details', 'booknetic' ), __( 'How can we reach you?', 'booknetic' ) ),
			'cart'            => array( __( 'Cart', 'booknetic' ), __( 'Anything else?', 'booknetic' ) ),
			'confirm_details' => array( __( 'Confirmation', 'booknetic' ), __( 'Is this right?', 'booknetic' ) ),
		);
	}

	public static function exists( string $step ): bool {
		return isset( self::titles()[ $step ] );
	}

	/**
	 * The steps in their order, for data-steps. A preset one carries its value and is hidden; that of a series is hidden
	 * until a service that recurs is chosen.
	 *
	 * @param array<string,int> $presets      Step => id.
	 * @param bool              $show_service Whether a preset service is shown all the same.
	 */
	public static function all( string $order, array $presets, bool $show_service ): array {
		$steps = array();
		$names = array_intersect( array_map( 'trim', explode( ',', $order ) ), array_keys( self::titles() ) );
		$names = array_diff( $names, array( 'recurring_info', 'confirm_details' ) );
		$names = explode( ',', str_replace( 'date_time', 'date_time,recurring_info', implode( ',', $names ) ) );

		foreach ( array_merge( $names, array( 'confirm_details' ) ) as $number => $id ) {
			list( $title, $head_title ) = self::titles()[ $id ];

			$steps[] = array(
				'id'           => $id,
				'order_number' => $number + 1,
				'value'        => $presets[ $id ] ?? '',
				'hidden'       => 'recurring_info' === $id || ( isset( $presets[ $id ] ) && ! ( 'service' === $id && $show_service ) ),
				'loader'       => 'card',
				'title'        => $title,
				'head_title'   => $head_title,
				'attrs'        => '',
			);
		}

		return $steps;
	}

	public static function render( string $step, AppointmentRequestData $item ): string {
		$view = 'date_time' === $step && $item->isRecurring() ? 'date_time_recurring' : $step;

		return self::view( $view, self::dataOf( $view, $item ) );
	}

	/**
	 * HTML of a file in view/, which sees the data as $view.
	 *
	 * @param array<string,mixed> $view Values for the template.
	 */
	public static function view( string $file, array $view ): string { // phpcs:ignore Generic.CodeAnalysis.UnusedFunctionParameter -- the included file reads it.
		ob_start();
		require __DIR__ . '/view/' . $file . '.php';

		return (string) ob_get_clean();
	}

	private static function dataOf( string $step, AppointmentRequestData $item ): array {
		switch ( $step ) {
			case 'location':
				return array( 'rows' => self::locations( $item->locationCategoryId ?? 0 ) );
			case 'service':
				return array(
					'rows'     => Service::where( 'is_active', 1 )->orderBy( 'id' )->fetchAll(),
					'selected' => $item->serviceId,
				);
			case 'service_extras':
				return array( 'rows' => ServiceExtra::where( 'service_id', $item->serviceId )->where( 'is_active', 1 )->orderBy( 'id' )->fetchAll() );
			case 'staff':
				return array( 'rows' => Staff::where( 'is_active', 1 )->orderBy( 'id' )->fetchAll() );
			case 'date_time':
				return array( 'times' => CalendarService::freeTimes( $item->serviceInf, $item->staffId ) );
			case 'date_time_recurring':
				return array(
					'days'  => CalendarService::horizon(),
					'times' => CalendarService::timesOfADay(),
				);
			case 'recurring_info':
				return array( 'series' => self::series( $item ) );
			case 'information':
				return self::contactForm( $item );
			default:
				return array( 'requests' => $item->getAppointmentRequests() );
		}
	}

	/**
	 * @return \BookneticApp\Providers\DB\Collection[] Of one category, or for 0 of all.
	 */
	private static function locations( int $category_id ): array {
		$query = Location::where( 'is_active', 1 )->orderBy( 'id' );

		if ( $category_id > 0 ) {
			$query->where( 'category_id', $category_id );
		}

		return $query->fetchAll();
	}

	/**
	 * Dates and times of the series that the visitor has described.
	 */
	private static function series( AppointmentRequestData $item ): array {
		$times = json_decode( $item->recurringTimes, true );

		return CalendarService::series( $item->recurringStartDate, $item->recurringEndDate, is_array( $times ) ? $times : array() );
	}

	/**
	 * Contact fields with what is known of the visitor, who may be logged in.
	 */
	private static function contactForm( AppointmentRequestData $item ): array {
		$user     = wp_get_current_user();
		$customer = $user->exists() ? Customer::where( 'user_id', $user->ID )->fetch() : null;

		return apply_filters(
			'bkntc_booking_panel_information_step_parameters',
			array(
				'service'             => $item->serviceId,
				'customer_identifier' => 'email',
				'customer_id'         => null === $customer ? -1 : (int) $customer->id,
				'name'                => null === $customer ? (string) $user->first_name : $customer->first_name,
				'surname'             => null === $customer ? (string) $user->last_name : $customer->last_name,
				'email'               => null === $customer ? (string) $user->user_email : $customer->email,
				'phone'               => null === $customer ? '' : $customer->phone_number,
				'email_is_required'   => 'on',
				'phone_is_required'   => Helper::getOption( 'set_phone_as_required', 'off' ),
				'show_only_name'      => 'off' === Helper::getOption( 'separate_first_and_last_name', 'on' ),
			)
		);
	}
}
