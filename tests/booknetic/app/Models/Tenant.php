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
 * A business among several on one site; its pages' addresses begin with its domain.
 */
class Tenant extends Model {

	protected static $tableName = 'tenants';

	protected static $hasTenants = false;
}
