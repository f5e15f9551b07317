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
 * What a workflow does: a driver's slug and its settings as JSON.
 */
class WorkflowAction extends Model {

	protected static $tableName = 'workflow_actions';

	protected static $hasTenants = false;
}
