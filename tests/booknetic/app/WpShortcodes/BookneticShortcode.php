<?php
/**
 * The [booknetic] shortcode.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\WpShortcodes;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequestData;
use BookneticApp\Frontend\Steps;
use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;

/**
 * Prints the booking panel with its first step in it.
 */
class BookneticShortcode {

	private const ATTRIBUTES = array(
		'theme'        => '',
		'category'     => '',
		'location'     => '',
		'staff'        => '',
		'service'      => '',
		'show_service' => '',
		'steps_order'  => '',
	);

	/**
	 * The page's address overrides the attributes.
	 */
	public function render( $attributes ) {
		$presets = shortcode_atts( self::attributes(), $attributes );

		foreach ( array_diff( array_keys( $presets ), array( 'theme', 'steps_order' ) ) as $name ) {
			// phpcs:ignore WordPress.Security.NonceVerification -- a link chooses what is shown, nothing more.
			$value = $_GET[ $name ] ?? null;

			if ( is_string( $value ) ) {
				$presets[ $name ] = sanitize_text_field( wp_unslash( $value ) );
			}
		}

		return self::panel( $presets );
	}

	/**
	 * @param array<string,string> $attributes As the shortcode's; missing ones are ''.
	 */
	public static function panel( array $attributes ): string {
		$attributes = array_merge( self::attributes(), array_intersect_key( $attributes, self::attributes() ) );
		$order      = '' === $attributes['steps_order']
			? Helper::getOption( 'steps_order', 'location,staff,service,service_extras,date_time,information,cart' )
			: $attributes['steps_order'];
		$presets    = self::presets( $attributes );
		$steps      = Steps::all( $order, $presets, '1' === $attributes['show_service'] );
		$shown      = array_filter(
			$steps,
			static function ( array $step ): bool {
				return ! $step['hidden'];
			}
		);
		$first      = current( $shown );

		$html = Steps::view(
			'panel',
			array(
				'info'       => array_merge( $attributes, array_map( 'strval', $presets ) ),
				'steps'      => $steps,
				'first'      => $first,
				'first_html' => Steps::render( $first['id'], new AppointmentRequestData( $presets + $attributes ) ),
			)
		);

		do_action( 'bkntc_after_booking_panel_shortcode' );

		return $html;
	}

	/**
	 * Attribute => what it is where it is not given.
	 */
	private static function attributes(): array {
		return self::ATTRIBUTES + ( Version::hasLocationCategories() ? array( 'location_category' => '' ) : array() );
	}

	/**
	 * What needs no asking: what the attributes name, if it exists, and the location if there is only one.
	 *
	 * @return array<string,int> Step => id.
	 */
	private static function presets( array $attributes ): array {
		$presets = array();

		foreach ( array( 'location' => Location::class, 'service' => Service::class, 'staff' => Staff::class ) as $step => $model ) {
			$id = (int) $attributes[ $step ];

			if ( $id > 0 && $model::where( 'id', $id )->where( 'is_active', 1 )->count() > 0 ) {
				$presets[ $step ] = $id;
			}
		}

		if ( 'any' === $attributes['staff'] ) {
			$presets['staff'] = -1;
		}

		$locations = Location::where( 'is_active', 1 )->fetchAll();

		if ( 1 === count( $locations ) ) {
			$presets['location'] = (int) $locations[0]->id;
		}

		return $presets;
	}
}
