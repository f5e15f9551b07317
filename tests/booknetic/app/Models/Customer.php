<?php
/**
 * Model of a table.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Models;

use BookneticApp\Providers\DB\Model;

/**
 * Someone who has booked; never written before the booking is confirmed.
 */
class Customer extends Model {

	protected static $tableName = 'customers';

	public static function withVirtualColumns( array $row ): array {
		$row['full_name'] = trim( $row['first_name'] . ' ' . $row['last_name'] );

		return $row;
	}
}
