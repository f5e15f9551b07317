<?php
/**
 * What tests ask of a stand-in with tenants.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Models\Tenant;
use BookneticApp\Providers\Core\Permission;
use BookneticApp\Providers\DB\DB;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Has the site be one of tenants, or not (as after installation), from the next request on.
 */
function booknetic_stand_in_have_tenants( bool $has_tenants ): void {
	update_option( 'bkntc_stand_in_tenants', $has_tenants ? 'on' : 'off' );
}

/**
 * Adds a tenant with one service, one member of staff and a page at /{domain}/, and returns the id.
 *
 * @param string $zone Of its dates and times; '' is the site's.
 */
function booknetic_stand_in_add_tenant( string $domain, string $service, string $zone = '' ): int {
	Tenant::insert(
		array(
			'full_name' => ucfirst( $domain ),
			'domain'    => $domain,
		)
	);
	$id = DB::lastInsertedId();

	wp_insert_post(
		array(
			'post_type'    => 'page',
			'post_status'  => 'publish',
			'post_name'    => $domain,
			'post_title'   => ucfirst( $domain ),
			'post_content' => '[booknetic]',
		)
	);

	return booknetic_stand_in_as_tenant(
		$id,
		static function () use ( $id, $domain, $service, $zone ): int {
			Helper::setOption( 'steps_order', 'location,service,staff,date_time,information' );
			Helper::setOption( 'currency', 'EUR' );
			Helper::setOption( 'timezone', $zone );
			Location::insert( array( 'name' => ucfirst( $domain ) ) );
			$location = DB::lastInsertedId();
			Service::insert(
				array(
					'name'     => $service,
					'price'    => '50.00',
					'duration' => 60,
				)
			);
			Staff::insert(
				array(
					'name'      => 'Staff of ' . ucfirst( $domain ),
					'locations' => (string) $location,
				)
			);

			return $id;
		}
	);
}

/**
 * Does something as a tenant.
 *
 * @param callable $act What to do.
 * @return mixed What it returns.
 */
function booknetic_stand_in_as_tenant( int $tenant_id, callable $act ) {
	$before = Permission::tenantId();
	Permission::setTenantId( $tenant_id );

	try {
		return $act();
	} finally {
		Permission::setTenantId( $before );
	}
}

/**
 * Removes all tenants with their salons and pages.
 */
function booknetic_stand_in_remove_tenants(): void {
	foreach ( Tenant::query()->fetchAll() as $tenant ) {
		foreach ( array( Location::class, Service::class, Staff::class ) as $model ) {
			$model::noTenant()->where( 'tenant_id', $tenant->id )->delete();
		}

		$page = get_page_by_path( $tenant->domain );

		if ( null !== $page ) {
			wp_delete_post( $page->ID, true );
		}

		Tenant::where( 'id', $tenant->id )->delete();
	}
}
