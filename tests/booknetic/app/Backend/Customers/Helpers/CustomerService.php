<?php
/**
 * Customers who book.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Customers\Helpers;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequestData;
use BookneticApp\Models\Customer;
use BookneticApp\Providers\DB\DB;

/**
 * Customers as the booking panel sees them.
 */
class CustomerService {

	/**
	 * Gives the cart item its customer: the known one, the one with that e-mail, or a new row.
	 */
	public static function createOrUpdateCustomerData( AppointmentRequestData $item ) {
		if ( $item->customerId > 0 ) {
			return;
		}

		$known = self::idByIdentifier( $item->customerData['email'] );
		$row   = array(
			'first_name'   => $item->customerData['first_name'],
			'last_name'    => $item->customerData['last_name'],
			'phone_number' => $item->customerData['phone'],
			'email'        => $item->customerData['email'],
		);

		if ( $known > 0 ) {
			Customer::where( 'id', $known )->update( $row );
			$item->customerId = $known;

			return;
		}

		Customer::insert(
			$row + array(
				'user_id'    => is_user_logged_in() ? get_current_user_id() : null,
				'created_by' => is_user_logged_in() ? get_current_user_id() : null,
				'created_at' => current_time( 'Y-m-d' ),
			)
		);

		$item->customerId = DB::lastInsertedId();
	}

	/**
	 * Id of the customer with that e-mail, -1 if there is none.
	 */
	public static function idByIdentifier( string $email ): int {
		$customer = '' === $email ? null : Customer::where( 'email', $email )->fetch();

		return null === $customer ? -1 : (int) $customer->id;
	}
}
