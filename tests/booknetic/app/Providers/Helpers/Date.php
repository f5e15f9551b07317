<?php
/**
 * The zone of dates and times.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Helpers;

/**
 * WordPress's zone, or the one that a tenant has chosen: kept until another tenant's turn comes.
 */
class Date {

	private static $zone;

	public static function resetTimezone(): void {
		self::$zone = null;
	}

	/**
	 * Not Booknetic's own name.
	 */
	public static function zone(): \DateTimeZone {
		if ( null === self::$zone ) {
			$chosen     = Helper::isSaaSVersion() ? Helper::getOption( 'timezone', '' ) : '';
			self::$zone = '' === $chosen ? wp_timezone() : new \DateTimeZone( $chosen );
		}

		return self::$zone;
	}
}
