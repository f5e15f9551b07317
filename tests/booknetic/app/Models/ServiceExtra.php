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
 * What can be had besides a service, any number of times.
 */
class ServiceExtra extends Model {

	protected static $tableName = 'service_extras';
}
