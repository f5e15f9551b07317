<?php
/**
 * Base of add-ons.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Providers\Helpers\Helper;

/**
 * An add-on overrides the init methods that it needs; they run on the hooks of the same stage.
 */
abstract class AddonLoader {

	final public function __construct() {
		add_action( 'bkntc_init', array( $this, 'init' ) );
		add_action( 'bkntc_backend', array( $this, 'initBackend' ) );
		add_action( 'bkntc_frontend', array( $this, 'initFrontend' ) );
		add_action( 'bkntcsaas_init', array( $this, 'initSaaS' ) );
		add_action( 'bkntcsaas_backend', array( $this, 'initSaaSBackend' ) );
		add_action( 'bkntcsaas_frontend', array( $this, 'initSaaSFrontend' ) );
	}

	public function init() {}

	public function initBackend() {}

	public function initFrontend() {}

	public function initSaaS() {}

	public function initSaaSBackend() {}

	public function initSaaSFrontend() {}

	/**
	 * First folder of the file that declares the add-on's class, below the plugins folder.
	 */
	final public static function getAddonSlug() {
		$reflection = new \ReflectionClass( static::class );

		return explode( '/', plugin_basename( $reflection->getFileName() ) )[0];
	}

	final public static function getAddonTextDomain() {
		return static::getAddonSlug();
	}

	final public static function getVersion() {
		$header = get_file_data( WP_PLUGIN_DIR . '/' . static::getAddonSlug() . '/init.php', array( 'Version' => 'Version' ) );

		return $header['Version'];
	}

	final public static function loadAsset( $path ) {
		return plugins_url( static::getAddonSlug() . '/' . ltrim( $path, '/' ) );
	}

	/**
	 * Whether the vendor has withdrawn the add-on.
	 */
	public function shouldBlock() {
		return in_array( static::getAddonSlug(), (array) Helper::getOption( 'synced_addons', array(), false ), true );
	}

	/**
	 * Without a prepared list, reads every PHP file beneath the add-on's class, and loads those that speak of controllers.
	 */
	public function initDependencies() {
		$folder = dirname( ( new \ReflectionClass( static::class ) )->getFileName() );

		if ( is_file( $folder . '/cache/di_cache.php' ) && is_file( $folder . '/cache/routes.php' ) ) {
			return;
		}

		foreach ( new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( $folder, \FilesystemIterator::SKIP_DOTS ) ) as $file ) {
			if ( 'php' === $file->getExtension() && false !== strpos( (string) file_get_contents( $file->getPathname() ), 'ApiController' ) ) {
				require_once $file->getPathname();
			}
		}
	}

	public function initRestRoutes() {}

	/**
	 * Every public method of the class whose name does not begin with _ becomes the AJAX action bkntc_{method}.
	 */
	final public function setFrontendAjaxController( $class ) {
		Frontend::addAjaxController( $class );
	}
}
