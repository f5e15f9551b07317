<?php
/**
 * The order in which everything starts.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Config;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;

/**
 * Add-ons on plugins_loaded, Booknetic itself on init.
 */
class Bootstrap {

	/**
	 * Slug => add-on.
	 *
	 * @var array<string,AddonLoader>
	 */
	public static $addons = array();

	/**
	 * For tests: where the start ends too early, see booknetic_stand_in_stop_at().
	 */
	public const STOP_OPTION = 'stand_in_stop_at';

	public function __construct() {
		add_action( 'plugins_loaded', array( $this, 'loadAddons' ) );
		add_action( 'init', array( $this, 'init' ) );
	}

	/**
	 * Core hangs itself on bkntc_init before the add-ons are made, so its events are there when theirs are.
	 */
	public function loadAddons() {
		if ( 'updating' === self::stopsAt() ) {
			return;
		}

		Config::load();

		if ( 'disabled' === self::stopsAt() ) {
			return;
		}

		self::$addons = apply_filters( 'bkntc_addons_load', array() );

		if ( Version::setsAddonsUp() ) {
			self::setAddonsUp();
		}
	}

	public function init() {
		if ( '' !== self::stopsAt() ) {
			return;
		}

		Permission::addRoles();
		Permission::recogniseTenant();
		do_action( 'bkntc_init' );
		CronJob::init();

		if ( Version::hasRest() ) {
			add_action( 'rest_api_init', array( RestRoutes::class, 'register' ) );
		}

		if ( ! is_admin() || wp_doing_ajax() ) {
			Frontend::init();
		} else {
			do_action( 'bkntc_backend' );
		}
	}

	/**
	 * What is no AddonLoader has none of these methods, and takes the whole site down.
	 */
	private static function setAddonsUp(): void {
		foreach ( self::$addons as $slug => $addon ) {
			if ( $addon->shouldBlock() ) {
				unset( self::$addons[ $slug ] );
				continue;
			}

			$addon->initDependencies();
			$addon->initRestRoutes();
		}
	}

	private static function stopsAt(): string {
		return Helper::getOption( self::STOP_OPTION, '', false );
	}
}
