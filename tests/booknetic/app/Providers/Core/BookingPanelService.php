<?php
/**
 * Scripts and styles of the panel.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Providers\Helpers\Helper;

/**
 * Puts the panel's assets, and those that add-ons join to them, on the page.
 */
class BookingPanelService {

	/**
	 * On every page: whether it holds a panel is not known yet.
	 */
	public static function enqueueAssets() {
		$assets = apply_filters( 'bkntc_booking_panel_assets', self::ownAssets() );

		foreach ( $assets as $asset ) {
			self::enqueue( array_merge( array( 'src' => '', 'deps' => array(), 'ver' => false ), $asset ) );
		}
	}

	/**
	 * `script` is not a file: its src is JavaScript to be printed before the script whose handle is its id.
	 */
	private static function enqueue( array $asset ) {
		switch ( $asset['type'] ) {
			case 'js':
				$deps = array() === $asset['deps'] ? array( 'booknetic' ) : $asset['deps'];
				wp_enqueue_script( $asset['id'], $asset['src'], $deps, $asset['ver'], false );
				break;
			case 'css':
				wp_enqueue_style( $asset['id'], $asset['src'], $asset['deps'], $asset['ver'] );
				break;
			case 'script':
				wp_add_inline_script( $asset['id'], $asset['src'], 'before' );
				break;
		}
	}

	private static function ownAssets() {
		$url     = plugins_url( 'assets/', BOOKNETIC_STAND_IN_FILE );
		$version = Helper::getVersion();

		return array(
			array(
				'id'   => 'booknetic',
				'type' => 'css',
				'src'  => $url . 'booknetic.css',
				'ver'  => $version,
			),
			array(
				'id'   => 'booknetic',
				'type' => 'js',
				'src'  => $url . 'booknetic.js',
				'deps' => array( 'jquery' ),
				'ver'  => $version,
			),
			array(
				'id'   => 'booknetic-popup',
				'type' => 'js',
				'src'  => $url . 'booknetic-popup.js',
				'ver'  => $version,
			),
			array(
				'id'   => 'booknetic',
				'type' => 'script',
				'src'  => 'var BookneticData = ' . wp_json_encode( self::data( $url ) ) . ';',
			),
		);
	}

	private static function data( $url ) {
		return array(
			'ajax_url'         => admin_url( 'admin-ajax.php' ),
			'assets_url'       => $url,
			'date_format'      => get_option( 'date_format' ),
			'week_starts_on'   => 0 === (int) get_option( 'start_of_week' ) ? 'sunday' : 'monday',
			'client_time_zone' => Helper::getOption( 'client_timezone_enable', 'off' ),
			'localization'     => apply_filters( 'bkntc_frontend_localization', self::localization() ),
			'tenant_id'        => Permission::tenantId(),
			'settings'         => array(
				'redirect_users_on_confirm'     => 'on' === Helper::getOption( 'redirect_users_on_confirm', 'off' ),
				'redirect_users_on_confirm_url' => Helper::getOption( 'redirect_users_on_confirm_url', '' ),
			),
		);
	}

	private static function localization() {
		return array(
			'select_service'  => __( 'Please choose a service.', 'booknetic' ),
			'select_staff'    => __( 'Please choose who shall see you.', 'booknetic' ),
			'select_location' => __( 'Please choose a location.', 'booknetic' ),
			'select_time'     => __( 'Please choose a day and a time.', 'booknetic' ),
			'fill_required'   => __( 'Please fill in the marked fields.', 'booknetic' ),
			'email_invalid'   => __( 'Please enter a complete e-mail address.', 'booknetic' ),
			'went_wrong'      => __( 'That did not work. Please try again.', 'booknetic' ),
			'no_times'        => __( 'Choose a day to see its times.', 'booknetic' ),
			'close'           => __( 'Close', 'booknetic' ),
			'welcome_back'    => __( 'Welcome back! We have your details already.', 'booknetic' ),
		);
	}
}
