<?php
/**
 * What Booknetic's form shows to a browser, and what it has the browser send.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The form from outside, as the robot of a test visit meets it.
 */
final class Booknetic_Panel {

	public const INFORMATION = 'information';

	private const DEFAULT_STEPS = array( 'location', 'staff', 'service', 'date_time', self::INFORMATION );
	private const MARKS         = array( 'booknetic_appointment', 'bnktc_booking_popup_btn' );

	/**
	 * Published posts that anybody may read and whose text holds the form, pages first.
	 *
	 * @return int[] Ids.
	 */
	public static function posts(): array {
		global $wpdb;
		$likes = array();
		foreach ( Booknetic_Events::FORM_SHORTCODES as $shortcode ) {
			$likes[] = $wpdb->prepare( 'post_content LIKE %s OR post_content LIKE %s', '%' . $wpdb->esc_like( "[$shortcode]" ) . '%', '%' . $wpdb->esc_like( "[$shortcode " ) . '%' );
		}
		$ids = $wpdb->get_col( "SELECT ID FROM $wpdb->posts WHERE post_status = 'publish' AND post_password = '' AND ( " . implode( ' OR ', $likes ) . " ) ORDER BY post_type = 'page' DESC, ID LIMIT 20" );
		return array_values(
			array_filter(
				array_map( 'intval', $ids ),
				static function ( int $id ): bool {
					return is_post_type_viewable( (string) get_post_type( $id ) );
				}
			)
		);
	}

	/**
	 * Whether a page holds the form, or the button that opens it.
	 */
	public static function is_on( string $html ): bool {
		foreach ( self::MARKS as $mark ) {
			if ( false !== strpos( $html, $mark ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether a page holds the form itself.
	 */
	public static function is_rendered_on( string $html ): bool {
		return '' !== self::attribute( $html, 'data-steps' );
	}

	/**
	 * The steps that a visitor of a page goes through, in their order.
	 *
	 * @return string[]
	 */
	public static function steps( string $html ): array {
		$names = array();
		$steps = json_decode( self::attribute( $html, 'data-steps' ), true );
		foreach ( is_array( $steps ) ? $steps : array() as $step ) {
			if ( is_string( $step['id'] ?? null ) && empty( $step['hidden'] ) ) {
				$names[] = $step['id'];
			}
		}
		return in_array( self::INFORMATION, $names, true ) ? $names : self::DEFAULT_STEPS;
	}

	/**
	 * The tenant whose form a page holds, or null where there are no tenants.
	 */
	public static function tenant_id( string $html ): ?int {
		$id = (int) self::attribute( $html, 'data-tenant_id' );
		return $id > 0 ? $id : null;
	}

	/**
	 * What the form sends with each of its requests.
	 *
	 * @param string               $html Of the page, or '' where none is known.
	 * @param array<string, mixed> $item What was chosen and typed.
	 * @return array<string, string>
	 */
	public static function fields( string $html, array $item ): array {
		return array(
			'tenant_id'               => (string) self::tenant_id( $html ),
			'payment_method'          => 'local',
			'deposit_full_amount'     => '0',
			'client_time_zone'        => '-',
			'google_recaptcha_token'  => '',
			'google_recaptcha_action' => '',
			'info'                    => self::attribute( $html, 'data-info' ),
			'current'                 => '0',
			'query_params'            => '{}',
			'cart'                    => (string) wp_json_encode(
				array(
					$item + array(
						'service_category'      => '',
						'service_extras'        => array(),
						'brought_people_count'  => 0,
						'recurring_start_date'  => '',
						'recurring_end_date'    => '',
						'recurring_times'       => '{}',
						'appointments'          => '[]',
						'customer_id'           => -1,
					),
				)
			),
		);
	}

	/**
	 * The name under which WordPress hands a request of the form on; opening a step is one and the same for all steps.
	 */
	public static function action( string $request ): string {
		return 'bkntc_' . ( self::INFORMATION === $request ? 'get_data' : $request );
	}

	/**
	 * What Booknetic has answered; null where it was not Booknetic that answered.
	 *
	 * @return array{ is_ok: bool, error: string, html: string }|null
	 */
	public static function answer( string $body ): ?array {
		$said = json_decode( $body, true );
		if ( ! is_array( $said ) || ! isset( $said['status'] ) ) {
			return null;
		}
		$error = $said['error_msg'] ?? ( $said['errors'][0]['message'] ?? '' );
		return array(
			'is_ok' => 'ok' === $said['status'],
			'error' => is_string( $error ) ? wp_strip_all_tags( $error ) : '',
			'html'  => is_string( $said['html'] ?? null ) ? wp_specialchars_decode( $said['html'], ENT_QUOTES ) : '',
		);
	}

	/**
	 * What an attribute of the form holds, or ''.
	 */
	private static function attribute( string $html, string $name ): string {
		$is_there = preg_match( '/\s' . $name . '=(["\'])(.*?)\1/s', $html, $found );
		return 1 === $is_there ? html_entity_decode( $found[2], ENT_QUOTES, 'UTF-8' ) : '';
	}
}
