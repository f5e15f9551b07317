<?php
/**
 * What the visitor's own request tells of the visitor.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Reads the running request. All of it was written by the visitor and is believed in nothing.
 *
 * No nonce is checked: Booknetic's form sends none, since its pages may come from a cache.
 */
final class Visitor {

	public const SESSION_FIELD  = 'booking_recovery_session';
	public const PAGE_FIELD     = 'booking_recovery_page';
	public const REFERRER_FIELD = 'booking_recovery_referrer';
	public const TOKEN_PARAM    = 'booking_recovery';

	/**
	 * Query variables that say which page it is. All others would be the visitor's own.
	 */
	private const PAGE_QUERY = array( 'page_id', 'p', 'lang' );

	/**
	 * Programs that say who they are.
	 */
	private const BOTS = '/(?<!cu)bot\b|crawl|spider|slurp|preview|monitor|scan|archiv|curl|wget|python|java\/|libwww|httpclient|facebookexternalhit|lighthouse/i';

	/**
	 * 100.64.0.0/10, which hosts have between their own machines; PHP takes it for public.
	 */
	private const SHARED = '/\A100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./';

	/**
	 * Names of the campaign that brought the visitor, without their prefix.
	 */
	private const CAMPAIGN = array( 'source', 'medium', 'campaign', 'term', 'content' );

	/**
	 * Knows which robot is in the form.
	 *
	 * @var Test_Visits
	 */
	private $test_visits;

	/**
	 * Takes who knows which robot is in the form.
	 */
	public function __construct( Test_Visits $test_visits ) {
		$this->test_visits = $test_visits;
	}

	/**
	 * The session id that the script made, or null. A test visit is followed up at once, so its id is taken only from
	 * the site's own robot while that is in the form.
	 */
	public function session_id(): ?string {
		$id = $this->posted( self::SESSION_FIELD );
		if ( Test_Visits::is_one( $id ) ) {
			return $this->test_visits->is_walking( $id ) ? $id : null;
		}
		return 1 === preg_match( '/\A[A-Za-z0-9_-]{16,64}\z/', $id ) ? $id : null;
	}

	/**
	 * What `session.started` tells.
	 *
	 * @param array<mixed> $query The page's query, as the browser sent it.
	 * @return array<string, mixed>
	 */
	public function visit( array $query = array() ): array {
		return array(
			'page_url'        => $this->page_url(),
			'locale'          => determine_locale(),
			'client_timezone' => $this->timezone(),
			'referrer'        => $this->referrer(),
			'utm'             => self::campaign( $query ),
			'device'          => $this->device(),
		);
	}

	/**
	 * The page that the visitor came from, without its query, which may tell about them, as does an address in its path.
	 */
	private function referrer(): ?string {
		$url = strtok( $this->posted( self::REFERRER_FIELD ), '?#' );
		return is_string( $url ) && strlen( $url ) <= 500 && false === strpos( $url, '%40' ) && 1 === preg_match( '~\Ahttps?://[\w.:\[\]-]+(/[\w.\~!$&\'()*+,;=:%/-]*)?\z~', $url ) ? $url : null;
	}

	/**
	 * The campaign's names; one that holds an address is somebody's own.
	 *
	 * @param array<mixed> $query The page's query, as the browser sent it.
	 * @return array<string, string>|null
	 */
	private static function campaign( array $query ): ?array {
		$found = array();
		foreach ( self::CAMPAIGN as $name ) {
			$value = Person::name( $query[ 'utm_' . $name ] ?? null );
			if ( null !== $value && false === strpos( $value, '@' ) ) {
				$found[ $name ] = $value;
			}
		}
		return array() === $found ? null : $found;
	}

	/**
	 * Whether the visitor says to be a program.
	 */
	public function is_bot(): bool {
		return '' === $this->agent() || 1 === preg_match( self::BOTS, $this->agent() );
	}

	/**
	 * From where the request comes, as far as that tells one visitor from others: one address, or the network of IPv6
	 * that one household has. '' for an address of no public network, which is a proxy's or the server's own.
	 */
	public function network(): string {
		/**
		 * Changes the visitor's IP address. Behind a proxy that has an address of the public Internet, all visitors
		 * seem to come from there; '' has nobody counted.
		 *
		 * @param string $address The address from which the request came.
		 */
		$address = (string) apply_filters( 'booking_recovery_visitor_address', (string) ( $_SERVER['REMOTE_ADDR'] ?? '' ) );
		$packed  = false === filter_var( $address, FILTER_VALIDATE_IP ) ? '' : (string) inet_pton( $address );
		// An address of the old kind in the new notation.
		if ( 0 === strpos( $packed, str_repeat( "\0", 10 ) . "\xff\xff" ) ) {
			$packed  = substr( $packed, 12 );
			$address = (string) inet_ntop( $packed );
		}
		$is_public = false !== filter_var( $address, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE );
		if ( ! $is_public || 1 === preg_match( self::SHARED, $address ) ) {
			return '';
		}
		return 4 === strlen( $packed ) ? $address : bin2hex( substr( $packed, 0, 8 ) );
	}

	/**
	 * What the browser calls itself.
	 */
	private function agent(): string {
		return is_string( $_SERVER['HTTP_USER_AGENT'] ?? null ) ? $_SERVER['HTTP_USER_AGENT'] : '';
	}

	/**
	 * The page with the form: the site's own address, the visitor's path, and only such variables as name a page.
	 */
	public function page_url(): string {
		$home   = wp_parse_url( (string) get_option( 'home' ) );
		$origin = $home['scheme'] . '://' . $home['host'] . ( isset( $home['port'] ) ? ':' . $home['port'] : '' );
		list( $path, $query ) = array_pad( explode( '?', $this->posted( self::PAGE_FIELD ), 2 ), 2, '' );
		if ( 1 !== preg_match( '~\A/(?!/)[\w.\~!$&\'()*+,;=:@%/-]{0,500}\z~', $path ) ) {
			$path = trailingslashit( $home['path'] ?? '' );
		}
		wp_parse_str( $query, $variables );
		$kept = array();
		foreach ( self::PAGE_QUERY as $name ) {
			if ( is_string( $variables[ $name ] ?? null ) && 1 === preg_match( '/\A[\w-]{1,40}\z/', $variables[ $name ] ) ) {
				$kept[ $name ] = $variables[ $name ];
			}
		}
		return add_query_arg( $kept, $origin . $path );
	}

	/**
	 * The browser's zone where the form sends one; Booknetic sends '-' otherwise.
	 */
	private function timezone(): ?string {
		$zone = $this->posted( 'client_time_zone' );
		// The list of all is long.
		return '' !== $zone && '-' !== $zone && in_array( $zone, timezone_identifiers_list( \DateTimeZone::ALL_WITH_BC ), true ) ? $zone : null;
	}

	/**
	 * As far as the browser's name tells.
	 */
	private function device(): string {
		$agent = $this->agent();
		if ( 1 === preg_match( '/iPad|Tablet|Android(?!.*Mobile)/', $agent ) ) {
			return 'tablet';
		}
		return 1 === preg_match( '/Mobi|iPhone/', $agent ) ? 'mobile' : 'desktop';
	}

	/**
	 * A posted text, '' where there is none.
	 */
	private function posted( string $name ): string {
		$value = $_POST[ $name ] ?? null;
		return is_string( $value ) ? wp_unslash( $value ) : '';
	}
}
