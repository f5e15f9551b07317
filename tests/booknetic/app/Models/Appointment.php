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
 * A booked time: starts_at, ends_at and created_at are UNIX timestamps.
 */
class Appointment extends Model {

	protected static $tableName = 'appointments';
}
