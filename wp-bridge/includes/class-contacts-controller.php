<?php
/**
 * Route contacts.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Takes from the sidecar what people want done with how they can be reached.
 */
final class Contacts_Controller {

	private const UPDATE = array(
		'request_id' => Signed_Routes::ID + array( 'required' => true ),
		'op'         => array(
			'type'     => 'string',
			'enum'     => array( Suppressions::OPT_OUT, Suppressions::FORGET, 'allow' ),
			'required' => true,
		),
		'email'      => array(
			'type'      => 'string',
			'maxLength' => 500,
		),
		'phone'      => array(
			'type'      => 'string',
			'maxLength' => 500,
		),
	);

	/**
	 * Does it.
	 *
	 * @var Contacts
	 */
	private $contacts;

	/**
	 * Takes who does it.
	 */
	public function __construct( Contacts $contacts ) {
		$this->contacts = $contacts;
	}

	/**
	 * Registers the route.
	 */
	public function register( Signed_Routes $routes ): void {
		$routes->register( 'contacts', 'contacts.update', self::UPDATE, array( $this, 'update' ) );
	}

	/**
	 * Carries a wish out, once a request.
	 *
	 * @param array<string, mixed> $fields Valid each for itself.
	 * @return array<string, mixed>|\WP_Error
	 */
	public function update( array $fields ) {
		if ( isset( $fields['email'] ) && null === Person::email( $fields['email'] ) ) {
			return Signed_Routes::misfit( 'email', __( 'email is no e-mail address.', 'booking-recovery-bridge' ) );
		}
		if ( isset( $fields['phone'] ) && null === Person::phone( $fields['phone'] ) ) {
			return Signed_Routes::misfit( 'phone', __( 'phone is no phone number with its country.', 'booking-recovery-bridge' ) );
		}
		$person_keys = Person::keys( $fields['email'] ?? null, $fields['phone'] ?? null );
		if ( array() === $person_keys ) {
			return Signed_Routes::misfit( 'email', __( 'Neither email nor phone is given.', 'booking-recovery-bridge' ) );
		}
		$answer = $this->contacts->answer( $fields['request_id'] );
		if ( null === $answer ) {
			$answer = array(
				'outcome' => 'done',
				'rows'    => $this->contacts->update( $fields['op'], $person_keys, 'admin', time() ),
			);
			$this->contacts->keep_answer( $fields['request_id'], $answer, time() );
		}
		return $answer;
	}
}
