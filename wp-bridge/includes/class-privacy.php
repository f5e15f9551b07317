<?php
/**
 * WordPress's own tools for personal data.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Answers Tools > Export Personal Data and Erase Personal Data.
 */
final class Privacy {

	private const KEY = 'booking-recovery-bridge';

	/**
	 * Erases here.
	 *
	 * @var Contacts
	 */
	private $contacts;

	/**
	 * Holds contacts, and has the sidecar erase too.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Knows who wants no messages.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Knows what people were told or asked.
	 *
	 * @var Consent_Ledger
	 */
	private $ledger;

	/**
	 * Takes who holds something about people.
	 */
	public function __construct( Contacts $contacts, Outbox $outbox, Suppressions $suppressions, Consent_Ledger $ledger ) {
		$this->contacts     = $contacts;
		$this->outbox       = $outbox;
		$this->suppressions = $suppressions;
		$this->ledger       = $ledger;
	}

	/**
	 * Suggests words for the site's privacy policy.
	 */
	public static function suggest_policy(): void {
		wp_add_privacy_policy_content(
			__( 'Booking Recovery', 'booking-recovery-bridge' ),
			'<p>' . esc_html__( 'When you begin a booking on this site, we keep which steps you reached, what you chose, from which page and with which kind of device you came, and your name, e-mail address and phone number as soon as you have typed them, also if you do not finish; further, what the form told or asked you about messages, and what you answered, for four years as a proof. We use this to write to you about a booking that you left unfinished. Each such message holds a link by which you can stop them. To notice robots, we count how many new addresses come from one place on the Internet, and keep from where for two hours at most, in a form from which nobody can read it. Your browser keeps a random number by which we recognise it for a week.', 'booking-recovery-bridge' ) . '</p>'
		);
	}

	/**
	 * Adds the exporter.
	 *
	 * @param array<string, array<string, mixed>> $exporters Of others.
	 * @return array<string, array<string, mixed>>
	 */
	public function add_exporter( $exporters ): array {
		$exporters[ self::KEY ] = array(
			'exporter_friendly_name' => __( 'Booking Recovery', 'booking-recovery-bridge' ),
			'callback'               => array( $this, 'export' ),
		);
		return $exporters;
	}

	/**
	 * Adds the eraser.
	 *
	 * @param array<string, array<string, mixed>> $erasers Of others.
	 * @return array<string, array<string, mixed>>
	 */
	public function add_eraser( $erasers ): array {
		$erasers[ self::KEY ] = array(
			'eraser_friendly_name' => __( 'Booking Recovery', 'booking-recovery-bridge' ),
			'callback'             => array( $this, 'erase' ),
		);
		return $erasers;
	}

	/**
	 * What this site holds of somebody. What the sidecar holds is exported there.
	 *
	 * @param string $email Whose.
	 * @return array{ data: array<int, array<string, mixed>>, done: bool }
	 */
	public function export( $email ): array {
		$keys  = Person::keys( $email, null );
		$items = array();
		foreach ( $this->outbox->contacts_of( $keys ) as $seq => $contact ) {
			$items[] = $this->item(
				'contact-' . $seq,
				array(
					__( 'First name', 'booking-recovery-bridge' ) => $contact['first_name'] ?? '',
					__( 'Last name', 'booking-recovery-bridge' )  => $contact['last_name'] ?? '',
					__( 'E-mail', 'booking-recovery-bridge' )     => $contact['email'] ?? '',
					__( 'Phone', 'booking-recovery-bridge' )      => $contact['phone'] ?? '',
				)
			);
		}
		foreach ( $this->ledger->of( $keys ) as $consent ) {
			$items[] = $this->consent( $consent );
		}
		if ( null !== $this->suppressions->find( $keys ) ) {
			$items[] = $this->item( 'wish', array( __( 'Messages about unfinished bookings', 'booking-recovery-bridge' ) => __( 'not wanted', 'booking-recovery-bridge' ) ) );
		}
		return array(
			'data' => $items,
			'done' => true,
		);
	}

	/**
	 * Erases somebody here, and has the sidecar do the same.
	 *
	 * @param string $email Whose.
	 * @return array<string, mixed>
	 */
	public function erase( $email ): array {
		$address = Person::email( $email );
		$removed = 0;
		if ( null !== $address ) {
			$removed = $this->contacts->update( Suppressions::FORGET, Person::keys( $address, null ), 'admin', time() );
			$this->outbox->add( 'contact.forgotten', null, array( 'email' => $address ) );
		}
		return array(
			'items_removed'  => $removed > 0,
			'items_retained' => null !== $address,
			'messages'       => null === $address ? array() : array( __( 'Booking Recovery keeps a hash of the address, so that this person is not written to again.', 'booking-recovery-bridge' ) ),
			'done'           => true,
		);
	}

	/**
	 * What somebody was told or asked, and answered.
	 *
	 * @param array{ id: string, basis: string, wording: string, page: string, at: string } $consent Of the ledger.
	 * @return array<string, mixed>
	 */
	private function consent( array $consent ): array {
		$choices = array(
			Consent::NOTICE => __( 'was told of messages', 'booking-recovery-bridge' ),
			Consent::OPT_IN => __( 'ticked the box', 'booking-recovery-bridge' ),
			Consent::DENIED => __( 'did not tick the box', 'booking-recovery-bridge' ),
		);
		return $this->item(
			'consent-' . $consent['id'],
			array(
				__( 'Choice about messages', 'booking-recovery-bridge' ) => $choices[ $consent['basis'] ],
				__( 'Words in the form', 'booking-recovery-bridge' )     => $consent['wording'],
				__( 'When', 'booking-recovery-bridge' ) => (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ) . ' T', (int) $consent['at'] ),
				__( 'Page', 'booking-recovery-bridge' ) => $consent['page'],
			)
		);
	}

	/**
	 * One entry of an export.
	 *
	 * @param string                $id     Of the entry.
	 * @param array<string, string> $fields Name => value; empty ones are left out.
	 * @return array<string, mixed>
	 */
	private function item( string $id, array $fields ): array {
		$data = array();
		foreach ( array_filter( $fields ) as $name => $value ) {
			$data[] = array(
				'name'  => $name,
				'value' => $value,
			);
		}
		return array(
			'group_id'    => self::KEY,
			'group_label' => __( 'Unfinished bookings', 'booking-recovery-bridge' ),
			'item_id'     => $id,
			'data'        => $data,
		);
	}
}
