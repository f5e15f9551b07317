<?php
/**
 * The door through which the sidecar comes in.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Registers REST routes that only the sidecar can use: first the signature over the raw bytes, then JSON, then site and
 * action, then the fields.
 */
final class Signed_Routes {

	public const NAMESPACE = 'booking-recovery/v1';
	public const ID        = array(
		'type'    => 'string',
		'pattern' => '\A[A-Za-z0-9_-]{1,64}\z',
	);
	public const TIME      = array(
		'type'    => 'string',
		'pattern' => '\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z\z',
	);

	/**
	 * The schema of a field whose handler takes of it what fits.
	 */
	public const ANYTHING = array();

	private const LARGEST_BODY = 256 * KB_IN_BYTES;
	private const DEEPEST_BODY = 32;
	private const TYPES        = array(
		'string'  => 'is_string',
		'integer' => 'is_int',
		'boolean' => 'is_bool',
		'array'   => 'is_array',
		'object'  => 'is_array',
	);

	/**
	 * Whose secrets count.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Verifies.
	 *
	 * @var Signer
	 */
	private $signer;

	/**
	 * Says who answers.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * Takes whose secrets count.
	 */
	public function __construct( Settings $settings, Signer $signer, Check_In $check_in ) {
		$this->settings = $settings;
		$this->signer   = $signer;
		$this->check_in = $check_in;
	}

	/**
	 * Registers one route.
	 *
	 * @param string                              $route   Its path.
	 * @param string                              $action  What a request must name as its action.
	 * @param array<string, array<string, mixed>> $schema  Field => JSON schema, with `required` at the field.
	 * @param callable                            $handler From valid fields to the answer; may throw Try_Later.
	 */
	public function register( string $route, string $action, array $schema, callable $handler ): void {
		register_rest_route(
			self::NAMESPACE,
			$route,
			array(
				'methods'             => 'POST',
				'permission_callback' => array( $this, 'verify' ),
				'callback'            => function ( \WP_REST_Request $request ) use ( $action, $schema, $handler ) {
					return $this->respond( $request, $action, $schema, $handler );
				},
			)
		);
	}

	/**
	 * Refuses an unsigned request before WordPress reads its body.
	 *
	 * @param mixed            $result  Null unless another plugin has answered already.
	 * @param \WP_REST_Server  $server  The server.
	 * @param \WP_REST_Request $request The request.
	 * @return mixed
	 */
	public function refuse_strangers( $result, $server, $request ) { // phpcs:ignore Generic.CodeAnalysis.UnusedFunctionParameter -- The hook fixes this signature.
		if ( null !== $result || 0 !== strpos( $request->get_route(), '/' . self::NAMESPACE . '/' ) ) {
			return $result;
		}
		$verdict = $this->verify( $request );
		return true === $verdict ? $result : $verdict;
	}

	/**
	 * Whether the sidecar has signed this.
	 *
	 * @return true|\WP_Error
	 */
	public function verify( \WP_REST_Request $request ) {
		$body = (string) $request->get_body();
		if ( strlen( $body ) > self::LARGEST_BODY ) {
			return new \WP_Error( 'rest_body_too_large', __( 'The request is larger than 256 KiB.', 'booking-recovery-bridge' ), array( 'status' => 413 ) );
		}
		$connection = $this->settings->connection();
		$genuine    = null !== $connection && $this->signer->verify(
			$connection->callback_secrets,
			(string) $request->get_header( 'webhook-id' ),
			(string) $request->get_header( 'webhook-timestamp' ),
			(string) $request->get_header( 'webhook-signature' ),
			$body,
			time()
		);
		return $genuine ? true : new \WP_Error( 'rest_not_signed', __( 'The signature is missing, wrong or too old.', 'booking-recovery-bridge' ), array( 'status' => 401 ) );
	}

	/**
	 * Answers a genuine request.
	 *
	 * @return \WP_REST_Response|\WP_Error
	 */
	private function respond( \WP_REST_Request $request, string $action, array $schema, callable $handler ) {
		$body = $this->body( (string) $request->get_body(), $action );
		if ( is_wp_error( $body ) ) {
			return $body;
		}
		$this->check_in->note_call();
		$fields = $this->fields( $body, $schema );
		if ( is_wp_error( $fields ) ) {
			return $fields;
		}
		// The database repeats in its complaints what it was to write, and WordPress may log them.
		$suppressed = $GLOBALS['wpdb']->suppress_errors( true );
		try {
			$answer = $handler( $fields );
			return is_wp_error( $answer ) ? $answer : new \WP_REST_Response( $answer + array( 'origin' => $this->check_in->origin() ) );
		} catch ( Try_Later $e ) {
			return new \WP_REST_Response(
				array(
					'code'    => $e->reason,
					'message' => $e->getMessage(),
					'data'    => array( 'status' => $e->getCode() ),
				),
				$e->getCode(),
				array( 'Retry-After' => (string) $e->seconds )
			);
		} finally {
			$GLOBALS['wpdb']->suppress_errors( $suppressed );
		}
	}

	/**
	 * The JSON object, if it is meant for this site and this route.
	 *
	 * @return array<string, mixed>|\WP_Error
	 */
	private function body( string $raw, string $action ) {
		$body = '{' === substr( ltrim( $raw ), 0, 1 ) ? json_decode( $raw, true, self::DEEPEST_BODY ) : null;
		if ( ! is_array( $body ) ) {
			return new \WP_Error( 'rest_invalid_json', __( 'The request is not a JSON object.', 'booking-recovery-bridge' ), array( 'status' => 400 ) );
		}
		$connection = $this->settings->connection();
		if ( null === $connection || ( $body['site'] ?? null ) !== $connection->site ) {
			return new \WP_Error( 'rest_wrong_site', __( 'The request is meant for another site.', 'booking-recovery-bridge' ), array( 'status' => 400 ) );
		}
		if ( ( $body['action'] ?? null ) !== $action ) {
			return new \WP_Error( 'rest_wrong_action', __( 'The request is meant for another route.', 'booking-recovery-bridge' ), array( 'status' => 400 ) );
		}
		return $body;
	}

	/**
	 * The known fields, valid and of their type; what is null counts as absent, what is unknown is left out.
	 *
	 * @param array<string, mixed>                $body   The JSON object.
	 * @param array<string, array<string, mixed>> $schema Field => JSON schema.
	 * @return array<string, mixed>|\WP_Error
	 */
	private function fields( array $body, array $schema ) {
		$fields = array();
		foreach ( $schema as $name => $rule ) {
			$value = self::without_nulls( $body[ $name ] ?? null );
			if ( null === $value && ! empty( $rule['required'] ) ) {
				/* translators: %s: name of a field. */
				return self::misfit( $name, sprintf( __( '%s is missing.', 'booking-recovery-bridge' ), $name ) );
			}
			if ( null === $value ) {
				continue;
			}
			if ( self::ANYTHING === $rule ) {
				$fields[ $name ] = $value;
				continue;
			}
			unset( $rule['required'] );
			// WordPress also takes "5" for a number and "a,b" for a list, as they come in an address.
			if ( ! call_user_func( self::TYPES[ $rule['type'] ], $value ) ) {
				/* translators: 1: name of a field, 2: name of a type. */
				return self::misfit( $name, sprintf( __( '%1$s is not of type %2$s.', 'booking-recovery-bridge' ), $name, $rule['type'] ) );
			}
			$verdict = rest_validate_value_from_schema( $value, $rule, $name );
			if ( is_wp_error( $verdict ) ) {
				return self::misfit( $name, $verdict->get_error_message() );
			}
			$fields[ $name ] = rest_sanitize_value_from_schema( $value, $rule, $name );
		}
		return $fields;
	}

	/**
	 * The answer to a field that does not fit.
	 */
	public static function misfit( string $name, string $message ): \WP_Error {
		return new \WP_Error(
			'rest_invalid_param',
			$message,
			array(
				'status' => 422,
				'params' => array( $name => $message ),
			)
		);
	}

	/**
	 * The same value without members that are null.
	 *
	 * @param mixed $value As decoded.
	 * @return mixed
	 */
	private static function without_nulls( $value ) {
		if ( ! is_array( $value ) ) {
			return $value;
		}
		$kept = array();
		foreach ( $value as $key => $member ) {
			if ( null !== $member ) {
				$kept[ $key ] = self::without_nulls( $member );
			}
		}
		return $kept;
	}
}
