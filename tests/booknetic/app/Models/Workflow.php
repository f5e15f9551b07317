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
 * An event (`when`) for which actions run; data is JSON or null.
 */
class Workflow extends Model {

	protected static $tableName = 'workflows';
}
