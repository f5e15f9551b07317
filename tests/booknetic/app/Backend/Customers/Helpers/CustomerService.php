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
use BookneticApp\Providers\Helpers\Helper;

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

		$password = null;
		$user_id  = is_user_logged_in() ? get_current_user_id() : null;

		if ( null === $user_id && 'on' === Helper::getOption( 'new_wp_user_on_new_booking', 'off' ) ) {
			$password = wp_generate_password();
			$user_id  = self::addUser( $row, $password );
		}

		Customer::insert(
			$row + array(
				'user_id'    => $user_id,
				'created_by' => is_user_logged_in() ? get_current_user_id() : null,
				'created_at' => current_time( 'Y-m-d' ),
			)
		);

		$item->customerId = DB::lastInsertedId();

		// Of customers without a new account nobody hears.
		if ( null !== $password && null !== $user_id ) {
			do_action( 'bkntc_customer_created', $item->customerId, $password );
		}
	}

	/**
	 * Id of a new WordPress user; null where the address belongs to one already.
	 */
	private static function addUser( array $customer, string $password ): ?int {
		$user_id = wp_insert_user(
			array(
				'user_login' => $customer['email'],
				'user_email' => $customer['email'],
				'user_pass'  => $password,
				'first_name' => $customer['first_name'],
				'last_name'  => $customer['last_name'],
				'role'       => 'booknetic_customer',
			)
		);

		return is_wp_error( $user_id ) ? null : $user_id;
	}

	/**
	 * Id of the customer with that e-mail, -1 if there is none.
	 */
	public static function idByIdentifier( string $email ): int {
		$customer = '' === $email ? null : Customer::where( 'email', $email )->fetch();

		return null === $customer ? -1 : (int) $customer->id;
	}
}
