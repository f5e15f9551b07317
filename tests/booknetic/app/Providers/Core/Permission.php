<?php
/**
 * Who is asking.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Models\Tenant;
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Tenant and side (front or back end) of the running request.
 */
class Permission {

	private static $tenantId;

	private static $backEnd = false;

	/**
	 * Roles in WordPress: what their people are called, and whether they may look into wp-admin.
	 */
	private const ROLES = array(
		'booknetic_customer' => array( 'Booknetic Customers', false ),
		'booknetic_staff'    => array( 'Booknetic Staff', true ),
	);

	/**
	 * What a site of many businesses has besides.
	 */
	private const TENANT_ROLE = 'booknetic_saas_tenant';

	/**
	 * Makes the roles that are not there yet.
	 */
	public static function addRoles(): void {
		$roles = self::ROLES + ( Helper::isSaaSVersion() ? array( self::TENANT_ROLE => array( 'Booknetic SaaS Tenant', true ) ) : array() );

		foreach ( $roles as $role => list( $title, $can_read ) ) {
			add_role( $role, $title, array( 'read' => $can_read ) );
		}
	}

	public static function tenantId() {
		return self::$tenantId;
	}

	public static function setTenantId( $tenantId ) {
		self::$tenantId = $tenantId;

		Date::resetTimezone();
	}

	/**
	 * Finds out whose request this is: a form says so itself, a tenant is logged in, a page is a tenant's by its address.
	 */
	public static function recogniseTenant(): void {
		if ( ! Helper::isSaaSVersion() ) {
			return;
		}

		// phpcs:ignore WordPress.Security.NonceVerification -- a form that no nonce protects.
		$posted = $_POST['tenant_id'] ?? null;

		if ( wp_doing_ajax() && null !== $posted ) {
			// A form without a tenant sends a word: "undefined", "null".
			self::$tenantId = is_numeric( $posted ) && (int) $posted > 0 ? (int) $posted : null;

			return;
		}

		$tenant = is_user_logged_in() ? Tenant::where( 'user_id', get_current_user_id() )->fetch() : null;
		$tenant = null === $tenant ? Tenant::where( 'domain', self::firstPartOfPath() )->fetch() : $tenant;

		self::$tenantId = null === $tenant ? null : (int) $tenant->id;
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

	private static function firstPartOfPath(): string {
		$path = (string) wp_parse_url( $_SERVER['REQUEST_URI'] ?? '', PHP_URL_PATH );
		$home = (string) wp_parse_url( home_url(), PHP_URL_PATH );

		return explode( '/', trim( substr( $path, strlen( $home ) ), '/' ) )[0];
	}
}
