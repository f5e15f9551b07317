<?php
/**
 * The part that knows of tenants.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticSaaS\Providers\Core;

use BookneticSaaS\Config;

/**
 * That this class exists is how everybody else knows that there are tenants.
 */
class Bootstrap {

	public function __construct() {
		add_action( 'plugins_loaded', array( Config::class, 'load' ) );
		add_action( 'bkntc_init', array( self::class, 'init' ) );
		add_action( 'bkntc_backend', array( self::class, 'initBackend' ) );
		add_action( 'bkntc_frontend', array( self::class, 'initFrontend' ) );
	}

	public static function init() {
		do_action( 'bkntcsaas_init' );
	}

	public static function initBackend() {
		do_action( 'bkntcsaas_backend' );
	}

	public static function initFrontend() {
		do_action( 'bkntcsaas_frontend' );
	}
}
