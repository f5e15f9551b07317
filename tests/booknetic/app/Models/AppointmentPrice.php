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
 * One part of an appointment's price; the sum of `price * negative_or_positive` is what it costs.
 */
class AppointmentPrice extends Model {

	protected static $tableName = 'appointment_prices';

	protected static $hasTenants = false;

	public static function sumFor( $appointmentId ): float {
		$sum = 0.0;

		foreach ( self::where( 'appointment_id', $appointmentId )->fetchAll() as $row ) {
			$sum += $row->price * $row->negative_or_positive;
		}

		return $sum;
	}
}
