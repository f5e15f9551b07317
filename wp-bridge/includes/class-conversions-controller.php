<?php
/**
 * Route conversions.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Keeps conversions, and writes them beside the appointments they are about.
 */
final class Conversions_Controller {

	private const REGISTER = array(
		'conversion_id'         => Signed_Routes::ID + array( 'required' => true ),
		'revision'              => array(
			'type'     => 'integer',
			'minimum'  => 1,
			'required' => true,
		),
		'session_id'            => Signed_Routes::ID,
		'recovery_id'           => array(
			'type'    => 'string',
			'pattern' => '\A[A-Za-z0-9._-]{1,80}\z',
		),
		'booking_key'           => Signed_Routes::ID,
		'appointment_ids'       => array(
			'type'     => 'array',
			'items'    => array(
				'type'    => 'integer',
				'minimum' => 1,
			),
			'maxItems' => 500,
			'required' => true,
		),
		'appointment_starts_at' => Signed_Routes::TIME,
		'attributed_by'         => array(
			'type' => 'string',
			'enum' => array( 'click', 'session', 'contact' ),
		),
		'value'                 => array(
			'type'       => 'object',
			'properties' => array(
				'amount'   => array(
					'type'    => 'string',
					'pattern' => '\A-?\d{1,15}(\.\d{1,6})?\z',
				),
				'currency' => array(
					'type'    => 'string',
					'pattern' => '\A[A-Z]{3}\z',
				),
			),
		),
		'status'                => array(
			'type'     => 'string',
			'enum'     => array( 'active', 'reversed' ),
			'required' => true,
		),
		'converted_at'          => Signed_Routes::TIME,
	);

	/**
	 * Where they are kept.
	 *
	 * @var Conversions
	 */
	private $conversions;

	/**
	 * Where they are written.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Takes where they are kept and written.
	 */
	public function __construct( Conversions $conversions, Booknetic_Gateway $booknetic ) {
		$this->conversions = $conversions;
		$this->booknetic   = $booknetic;
	}

	/**
	 * Registers the route.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'conversions', 'conversions.register', self::REGISTER, array( $this, 'store' ) );
	}

	/**
	 * Takes a conversion in, unless a higher revision is there already. The row comes last: asked again after a crash,
	 * everything is written again.
	 *
	 * @param array<string, mixed> $conversion Valid.
	 * @return array<string, mixed>
	 * @throws Try_Later Where Booknetic is not ready.
	 */
	public function store( array $conversion ): array {
		if ( ! $this->booknetic->is_ready() ) {
			throw Try_Later::booknetic_is_not_ready();
		}
		return $this->booknetic->as_tenant(
			$this->booknetic->tenant_of( $conversion['appointment_ids'] ),
			function () use ( $conversion ): array {
				return $this->take_in( $conversion );
			}
		);
	}

	/**
	 * Stores and writes it, as the tenant whose appointments these are.
	 *
	 * @param array<string, mixed> $conversion Valid.
	 * @return array<string, mixed>
	 */
	private function take_in( array $conversion ): array {
		$known = $this->conversions->find( $conversion['conversion_id'] );
		if ( null !== $known && $known['revision'] >= $conversion['revision'] ) {
			$this->announce( $known );
			return $this->answer( $conversion, 'unchanged' );
		}
		foreach ( array_diff( $known['appointment_ids'] ?? array(), $conversion['appointment_ids'] ) as $appointment_id ) {
			$this->booknetic->erase_conversion( $appointment_id );
		}
		foreach ( $conversion['appointment_ids'] as $appointment_id ) {
			$this->booknetic->write_conversion( $appointment_id, $conversion );
		}
		$this->conversions->store( $conversion );
		$this->announce( $conversion );
		return $this->answer( $conversion, null === $known ? 'registered' : 'updated' );
	}

	/**
	 * Has the owner's workflows run, once in a conversion's life. They are a courtesy: what they throw is no fault of the
	 * conversion, and a crash leaves them out rather than run them twice.
	 *
	 * @param array<string, mixed> $conversion As it stands now.
	 */
	private function announce( array $conversion ): void {
		if ( 'active' !== $conversion['status'] || ! $this->conversions->claim_announcement( $conversion['conversion_id'] ) ) {
			return;
		}
		ignore_user_abort( true );
		ob_start();
		try {
			$this->booknetic->announce( $conversion['appointment_ids'] );
		} catch ( \Throwable $e ) {
			Fault::note( $e );
		} finally {
			ob_end_clean();
		}
	}

	/**
	 * The answer.
	 *
	 * @param array<string, mixed> $conversion Valid.
	 * @param string               $outcome    What became of it.
	 * @return array<string, mixed>
	 */
	private function answer( array $conversion, string $outcome ): array {
		return array(
			'conversion_id' => $conversion['conversion_id'],
			'outcome'       => $outcome,
		);
	}
}
