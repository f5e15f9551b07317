<?php
/**
 * Who is asking.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

/**
 * Tenant and side (front or back end) of the running request.
 */
class Permission {

	private static $tenantId;

	private static $backEnd = false;

	public static function tenantId() {
		return self::$tenantId;
	}

	public static function setTenantId( $tenantId ) {
		self::$tenantId = $tenantId;
	}

	public static function isBackEnd() {
		return self::$backEnd;
	}

	public static function setAsBackEnd() {
		self::$backEnd = true;
	}

	/**
	 * Not Booknetic's own: a test's process plays several requests, one after another.
	 */
	public static function forgetSide(): void {
		self::$backEnd = false;
	}
}
