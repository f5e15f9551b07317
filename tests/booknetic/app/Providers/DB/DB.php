<?php
/**
 * Table names and the last id.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\DB;

/**
 * Booknetic keeps one set of tables for a whole network, hence the base prefix.
 */
class DB {

	public static function table( string $name ): string {
		global $wpdb;

		return $wpdb->base_prefix . 'bkntc_' . $name;
	}

	public static function lastInsertedId(): int {
		global $wpdb;

		return (int) $wpdb->insert_id;
	}
}
