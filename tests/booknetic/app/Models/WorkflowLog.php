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
 * What a driver did; date_time is in the site's zone, data is JSON.
 */
class WorkflowLog extends Model {

	protected static $tableName = 'workflow_logs';
}
