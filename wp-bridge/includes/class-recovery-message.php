<?php
/**
 * What a message to a visitor may say.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The texts that stand for a recovery's codes. They end up in HTML, in SMS and in the JSON of webhooks alike, put in as
 * they are, and then go through other plugins' codes: so markup, quotes, braces and line breaks must not get through.
 */
final class Recovery_Message {

	/**
	 * Code (without its prefix) => text; '' where nothing is known.
	 *
	 * @param array<string, mixed> $request What the sidecar asked to send, or nothing where it is erased by now.
	 * @return array<string, string>
	 */
	public function texts( array $request ): array {
		$contact   = $request['contact'] ?? array();
		$selection = $request['selection'] ?? array();
		return array(
			'first_name' => $this->plain( $contact['first_name'] ?? '' ),
			'last_name'  => $this->plain( $contact['last_name'] ?? '' ),
			'full_name'  => $this->plain( ( $contact['first_name'] ?? '' ) . ' ' . ( $contact['last_name'] ?? '' ) ),
			'email'      => (string) Person::email( $contact['email'] ?? null ),
			'phone'      => (string) Person::phone( $contact['phone'] ?? null ),
			'service'    => $this->plain( $selection['service']['name'] ?? '' ),
			'staff'      => $this->plain( $selection['staff']['name'] ?? '' ),
			'location'   => $this->plain( $selection['location']['name'] ?? '' ),
			'date'       => $this->moment( $selection, 'date', 'date_format' ),
			'time'       => $this->moment( $selection, 'time', 'time_format' ),
			'link'       => $this->link( $request ),
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
	 * The chosen date or time, written as the site writes it.
	 *
	 * @param array<string, mixed> $selection What the visitor chose.
	 */
	private function moment( array $selection, string $part, string $format ): string {
		if ( ! isset( $selection[ $part ] ) ) {
			return '';
		}
		$zone   = wp_timezone();
		$moment = date_create_immutable( ( $selection['date'] ?? 'today' ) . ' ' . ( $selection['time'] ?? '00:00' ), $zone );
		return false === $moment ? '' : $this->plain( (string) wp_date( (string) get_option( $format ), $moment->getTimestamp(), $zone ) );
	}

	/**
	 * One line of text without anything that could mean something where it is put.
	 */
	private function plain( string $text ): string {
		return esc_html( str_replace( array( '{', '}' ), '', (string) Person::name( $text ) ) );
	}
}
