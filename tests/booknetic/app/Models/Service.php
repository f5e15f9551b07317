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
 * What can be booked; duration in minutes.
 */
class Service extends Model {

	protected static $tableName = 'services';
}
