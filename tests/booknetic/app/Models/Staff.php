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
 * Who does it; locations is a comma-separated list of ids.
 */
class Staff extends Model {

	protected static $tableName = 'staff';
}
