<?php
/**
 * The visitor's side.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Frontend\Controller\Ajax;
use BookneticApp\WpShortcodes\BookneticShortcode;
use BookneticApp\WpShortcodes\BookingButtonShortcode;

/**
 * Runs on every request that is not wp-admin's own, with or without a booking panel on the page.
 */
class Frontend {

	private static $ajaxControllers = array();

	public static function init() {
		do_action( 'bkntc_frontend' );

		BookingPanelService::enqueueAssets();

		self::addAjaxController( Ajax::class );
		self::registerAjaxActions();

		add_shortcode( 'booknetic', array( new BookneticShortcode(), 'render' ) );
		add_shortcode( 'booknetic-booking-button', array( new BookingButtonShortcode(), 'render' ) );
	}

	public static function addAjaxController( $class ) {
		self::$ajaxControllers[] = $class;
	}

	/**
	 * Only for the present state of log-in, without a nonce.
	 */
	private static function registerAjaxActions() {
		$prefix = is_user_logged_in() ? 'wp_ajax_bkntc_' : 'wp_ajax_nopriv_bkntc_';

		foreach ( self::$ajaxControllers as $class ) {
			foreach ( self::actionsOf( $class ) as $method ) {
				add_action(
					$prefix . $method,
					static function () use ( $class, $method ) {
						self::answer( new $class(), $method );
					}
				);
			}
		}
	}

	/**
	 * Names of the public methods that are actions.
	 *
	 * @return string[]
	 */
	private static function actionsOf( $class ) {
		return array_filter(
			get_class_methods( $class ),
			static function ( $method ) {
				return '_' !== $method[0];
			}
		);
	}

	private static function answer( $controller, $method ) {
		do_action( 'bkntc_before_frontend_request_' . $method );

		$result = $controller->$method();
		$result = apply_filters( 'bkntc_after_frontend_request_' . $method, $result );

		echo wp_json_encode( $result );
		exit();
	}
}
