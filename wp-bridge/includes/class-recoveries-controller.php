<?php
/**
 * Routes recoveries and recoveries/lookup.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * From a signed request to a run, and back.
 */
final class Recoveries_Controller {

	private const RECOVERY_ID = array(
		'type'     => 'string',
		'pattern'  => '\A([A-Za-z0-9_-]{1,64}\.[0-9]{1,3}|test-[A-Za-z0-9._-]{1,59})\z',
		'required' => true,
	);
	private const TEXT        = array(
		'type'      => 'string',
		'maxLength' => 500,
	);
	private const TOKEN       = array(
		'type'    => 'string',
		'pattern' => Opt_Out_Tokens::PATTERN,
	);
	private const CHOICE      = array(
		'type'       => 'object',
		'properties' => array(
			'id'   => array( 'type' => 'integer' ),
			'name' => self::TEXT,
		),
	);
	private const TRIGGER     = array(
		'recovery_id'     => self::RECOVERY_ID,
		'session_id'      => Signed_Routes::ID + array( 'required' => true ),
		'number'          => array(
			'type'     => 'integer',
			'minimum'  => 1,
			'required' => true,
		),
		'of'              => array(
			'type'    => 'integer',
			'minimum' => 1,
		),
		'kind'            => array(
			'type' => 'string',
			'enum' => array( 'unfinished', 'unpaid' ),
		),
		'contact'         => array(
			'type'       => 'object',
			'properties' => array(
				'email'      => self::TEXT,
				'phone'      => self::TEXT,
				'first_name' => self::TEXT,
				'last_name'  => self::TEXT,
			),
			'required'   => true,
		),
		'selection'       => array(
			'type'       => 'object',
			'properties' => array(
				'location'  => self::CHOICE,
				'service'   => self::CHOICE,
				'staff'     => self::CHOICE,
				'date'      => array(
					'type'    => 'string',
					'pattern' => '\A\d{4}-\d\d-\d\d\z',
				),
				'time'      => array(
					'type'    => 'string',
					'pattern' => '\A\d\d:\d\d\z',
				),
				'starts_at' => Signed_Routes::TIME,
				'people'    => array(
					'type'    => 'integer',
					'minimum' => 1,
				),
			),
		),
		'booking_key'     => Signed_Routes::ID,
		'tenant_id'       => array(
			'type'    => 'integer',
			'minimum' => 1,
		),
		'started_at'      => Signed_Routes::TIME,
		'abandoned_at'    => Signed_Routes::TIME,
		'page_url'        => array(
			'type'      => 'string',
			'maxLength' => 2048,
		),
		'not_after'       => Signed_Routes::TIME,
		'lead_time'       => array(
			'type'    => 'integer',
			'minimum' => 0,
		),
		'resume_token'    => self::TOKEN,
		'opt_out_token'   => self::TOKEN,
		'retry'           => array( 'type' => 'boolean' ),
		'test'            => array( 'type' => 'boolean' ),
	);
	private const LOOKUP      = array(
		'recovery_id' => self::RECOVERY_ID,
		'close'       => array( 'type' => 'boolean' ),
	);

	/**
	 * Does it.
	 *
	 * @var Recovery_Run
	 */
	private $run;

	/**
	 * Takes who does it.
	 */
	public function __construct( Recovery_Run $run ) {
		$this->run = $run;
	}

	/**
	 * Registers both routes.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'recoveries', 'recoveries.trigger', self::TRIGGER, array( $this, 'trigger' ) );
		$routes->register( 'recoveries/lookup', 'recoveries.lookup', self::LOOKUP, array( $this, 'look_up' ) );
	}

	/**
	 * Sends a recovery.
	 *
	 * @param array<string, mixed> $fields Valid each for itself.
	 * @return array<string, mixed>|\WP_Error
	 */
	public function trigger( array $fields ) {
		$is_test = $fields['test'] ?? false;
		$fits    = $is_test ? 0 === strpos( $fields['recovery_id'], 'test-' ) : $fields['recovery_id'] === $fields['session_id'] . '.' . $fields['number'];
		if ( ! $fits ) {
			return Signed_Routes::misfit( 'recovery_id', __( 'recovery_id does not belong to session_id and number.', 'booking-recovery-bridge' ) );
		}
		$email = Person::email( $fields['contact']['email'] ?? null );
		if ( isset( $fields['contact']['email'] ) && null === $email ) {
			return Signed_Routes::misfit( 'contact', __( 'contact holds an e-mail address that is none.', 'booking-recovery-bridge' ) );
		}
		if ( null === $email && null === Person::phone( $fields['contact']['phone'] ?? null ) ) {
			return Signed_Routes::misfit( 'contact', __( 'contact needs an e-mail address or a phone number.', 'booking-recovery-bridge' ) );
		}
		$fields['page_url'] = $fields['page_url'] ?? home_url( '/' );
		if ( ! $this->is_ours( $fields['page_url'] ) ) {
			return Signed_Routes::misfit( 'page_url', __( 'page_url is not an address of this site.', 'booking-recovery-bridge' ) );
		}
		return $this->run->run( $fields, time() );
	}

	/**
	 * Tells how a recovery ended.
	 *
	 * @param array<string, mixed> $fields Valid.
	 * @return array<string, mixed>
	 */
	public function look_up( array $fields ): array {
		return $this->run->look_up( $fields['recovery_id'], $fields['close'] ?? false );
	}

	/**
	 * Whether an address lies on this site.
	 */
	private function is_ours( string $url ): bool {
		$home  = (string) get_option( 'home' );
		$fits  = esc_url_raw( $url ) === $url;
		foreach ( array( PHP_URL_SCHEME, PHP_URL_HOST, PHP_URL_PORT ) as $part ) {
			$fits = $fits && wp_parse_url( $url, $part ) === wp_parse_url( $home, $part );
		}
		return $fits;
	}
}
