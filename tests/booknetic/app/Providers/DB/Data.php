<?php
/**
 * Extras of rows.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\DB;

/**
 * Key and value pairs attached to a row of any table.
 */
class Data extends Model {

	protected static $tableName = 'data';
}
