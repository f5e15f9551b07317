<?php
/**
 * What a message to a visitor may say.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The texts that stand for a recovery's codes. They are put as they are into HTML, subjects, SMS and the JSON of webhooks
 * alike, and then go through other plugins' codes. Nothing can be escaped for all of these at once, so the characters that
 * mean something in one of them are replaced by such as look alike.
 */
final class Recovery_Message {

	private const LOOK_ALIKES = array(
		'<'  => '‹',
		'>'  => '›',
		'"'  => '”',
		'\''  => '’',
		'\\' => '',
		'{'  => '(',
		'}'  => ')',
	);

	/**
	 * Code (without its prefix) => text; '' where nothing is known.
	 *
	 * @param array<string, mixed> $request What the sidecar asked to send, or nothing where it is erased by now.
	 * @param \DateTimeZone        $zone    Of the form that the visitor left.
	 * @return array<string, string>
	 */
	public function texts( array $request, \DateTimeZone $zone ): array {
		$contact   = $request['contact'] ?? array();
		$selection = $request['selection'] ?? array();
		$first     = $this->persons_name( $contact['first_name'] ?? '' );
		$last      = $this->persons_name( $contact['last_name'] ?? '' );
		return array(
			'first_name'   => $first,
			'last_name'    => $last,
			'full_name'    => trim( $first . ' ' . $last ),
			'email'        => (string) Person::email( $contact['email'] ?? null ),
			'phone'        => (string) Person::phone( $contact['phone'] ?? null ),
			'service'      => $this->plain( $selection['service']['name'] ?? '' ),
			'staff'        => $this->plain( $selection['staff']['name'] ?? '' ),
			'location'     => $this->plain( $selection['location']['name'] ?? '' ),
			'date'         => $this->moment( $selection, 'date', 'date_format', $zone ),
			'time'         => $this->moment( $selection, 'time', 'time_format', $zone ),
			'link'         => $this->link( $request ),
			'slot'         => $this->plain( self::slot_sentence( $request['slot'] ?? '' ) ),
			'slot_state'   => $request['slot'] ?? '',
			'number'       => (string) ( $request['number'] ?? '' ),
			'kind'         => $request['kind'] ?? '',
			'opt_out_link' => isset( $request['opt_out_token'] ) ? esc_url_raw( Opt_Out_Tokens::link( $request['opt_out_token'] ) ) : '',
		);
	}

	/**
	 * The way back: the page that the visitor left, with the choices that an address can hold.
	 *
	 * @param array<string, mixed> $request What the sidecar asked to send.
	 */
	private function link( array $request ): string {
		if ( ! isset( $request['page_url'] ) ) {
			return '';
		}
		$arguments = array();
		foreach ( array( 'service', 'staff', 'location' ) as $choice ) {
			$id = (int) ( $request['selection'][ $choice ]['id'] ?? 0 );
			if ( $id > 0 ) {
				$arguments[ $choice ] = $id;
			}
		}
		if ( isset( $request['resume_token'] ) ) {
			$arguments[ Visitor::TOKEN_PARAM ] = $request['resume_token'];
		}
		return esc_url_raw( add_query_arg( $arguments, $request['page_url'] ) );
	}

	/**
	 * What has become of the chosen time, in a sentence; '' where nobody knows.
	 *
	 * @param string $state As Recovery_Run found it.
	 */
	private static function slot_sentence( string $state ): string {
		$sentences = array(
			'free'  => __( 'The time you chose is still free.', 'booking-recovery-bridge' ),
			'taken' => __( 'The time you chose is no longer free.', 'booking-recovery-bridge' ),
			'past'  => __( 'The time you chose has passed.', 'booking-recovery-bridge' ),
		);
		return $sentences[ $state ] ?? '';
	}

	/**
	 * The chosen date or time, written as the site writes it.
	 *
	 * @param array<string, mixed> $selection What the visitor chose.
	 */
	private function moment( array $selection, string $part, string $format, \DateTimeZone $zone ): string {
		if ( ! isset( $selection[ $part ] ) ) {
			return '';
		}
		$moment = date_create_immutable( ( $selection['date'] ?? 'today' ) . ' ' . ( $selection['time'] ?? '00:00' ), $zone );
		return false === $moment ? '' : $this->plain( (string) wp_date( (string) get_option( $format ), $moment->getTimestamp(), $zone ) );
	}

	/**
	 * What a visitor typed as a name. With an address in it, it would be somebody's advertisement, sent by the salon to
	 * whomever they like.
	 */
	private function persons_name( string $text ): string {
		return 1 === preg_match( '~[/@]|www\.~i', $text ) ? '' : $this->plain( $text );
	}

	/**
	 * One line of text that is nothing but text wherever it is put.
	 */
	private function plain( string $text ): string {
		return strtr( (string) Person::name( $text ), self::LOOK_ALIKES );
	}
}
