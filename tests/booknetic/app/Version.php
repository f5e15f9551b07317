<?php
/**
 * Which Booknetic this is.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp;

use BookneticApp\Providers\Helpers\Helper;

/**
 * What differs between versions, as far as the stand-in shows it. The plugin's header decides; nothing else asks it.
 */
class Version {

	/**
	 * Before, a driver logs what went well if it likes, and what it throws reaches whoever triggered the event.
	 */
	public static function logsEveryAction(): bool {
		return self::isSince( '5.2' );
	}

	/**
	 * Whether every object that came by bkntc_addons_load is asked for what only AddonLoader has.
	 */
	public static function setsAddonsUp(): bool {
		return self::isSince( '5.2' );
	}

	public static function asksBeforeACustomerBooks(): bool {
		return self::isSince( '5.2' );
	}

	public static function hasLocationCategories(): bool {
		return self::isSince( '5.2' );
	}

	public static function hasRest(): bool {
		return self::isSince( '5.0' );
	}

	/**
	 * Before, the route is there and does nothing.
	 */
	public static function createsByRest(): bool {
		return self::isSince( '5.2' );
	}

	private static function isSince( string $version ): bool {
		return version_compare( Helper::getVersion(), $version, '>=' );
	}
}
