<?php
/**
 * Contact data of a cart item.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

/**
 * Contact data as properties.
 */
class CustomerData {

	public $first_name;

	public $last_name;

	public $email;

	public $phone;

	/**
	 * @param array<string,string> $data Keys first_name, last_name, email, phone.
	 */
	public function __construct( array $data ) {
		$this->first_name = $data['first_name'];
		$this->last_name  = $data['last_name'];
		$this->email      = $data['email'];
		$this->phone      = $data['phone'];
	}
}
