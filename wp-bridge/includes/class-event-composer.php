<?php
/**
 * From rows of the outbox to the contract's events.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Looks up what the ids of a row mean, when it is sent: so no visitor has waited for it.
 */
final class Event_Composer {

	/**
	 * Fields of events that are objects, and may be empty.
	 */
	private const OBJECTS = array( 'contact', 'settings' );

	/**
	 * Knows names, prices and customers.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Knows the bookings, also those that are gone.
	 *
	 * @var Bookings
	 */
	private $bookings;

	/**
	 * Knows who was forgotten.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Knows the site.
	 *
	 * @var Check_In
	 */
	private $check_in;

	/**
	 * How many events wait.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Takes where things are looked up.
	 */
	public function __construct( Booknetic_Gateway $booknetic, Bookings $bookings, Suppressions $suppressions, Check_In $check_in, Outbox $outbox ) {
		$this->booknetic    = $booknetic;
		$this->bookings     = $bookings;
		$this->suppressions = $suppressions;
		$this->check_in     = $check_in;
		$this->outbox       = $outbox;
	}

	/**
	 * The event of a row, as it goes over the wire.
	 *
	 * @param array<string, mixed> $row Of the outbox.
	 * @return array<string, mixed>
	 */
	public function compose( array $row ): array {
		$kept = (array) json_decode( $row['data'], true );
		$data = $this->booknetic->as_tenant(
			$kept['tenant_id'] ?? $this->tenant_of( $kept ),
			function () use ( $row, $kept ): array {
				return $this->data( $row['type'], $kept );
			}
		);
		return array(
			'seq'         => (int) $row['seq'],
			'type'        => $row['type'],
			'occurred_at' => self::time( (int) $row['occurred_at'] ),
			'session_id'  => $row['session_id'],
			'data'        => (object) $data,
		);
	}

	/**
	 * RFC 3339 in UTC.
	 */
	public static function time( int $milliseconds ): string {
		return gmdate( 'Y-m-d\TH:i:s', intdiv( $milliseconds, 1000 ) ) . sprintf( '.%03dZ', $milliseconds % 1000 );
	}

	/**
	 * Whose booking an event is about. Payments are confirmed by whoever was paid, in a request that is no tenant's.
	 *
	 * @param array<string, mixed> $kept What the row holds.
	 */
	private function tenant_of( array $kept ): ?int {
		$known = isset( $kept['booking_key'] ) ? $this->bookings->appointments( $kept['booking_key'] ) : array();
		return $this->booknetic->tenant_of( array_column( array_column( $known, 'appointment' ), 'id' ) );
	}

	/**
	 * The event's data.
	 *
	 * @param array<string, mixed> $kept What the row holds.
	 * @return array<string, mixed>
	 */
	private function data( string $type, array $kept ): array {
		// PHP cannot tell an empty object from an empty list.
		foreach ( self::OBJECTS as $field ) {
			if ( array() === ( $kept[ $field ] ?? null ) ) {
				$kept[ $field ] = new \stdClass();
			}
		}
		if ( 'session.step_reached' === $type ) {
			return array( 'selection' => $this->selection( (array) $kept['selection'] ) ) + $kept;
		}
		if ( 'site.checked_in' === $type ) {
			return $this->check_in->facts() + array( 'outbox_pending' => $this->outbox->pending()['count'] );
		}
		return isset( $kept['booking_key'] ) ? $this->booking( $kept ) : $kept;
	}

	/**
	 * What the visitor chose, with names and the moment that date and time mean in this form.
	 *
	 * @param array<string, mixed> $kept Ids, date and time.
	 * @return array<string, mixed>
	 */
	private function selection( array $kept ): array {
		foreach ( array( 'location', 'service', 'staff' ) as $kind ) {
			$id            = (int) ( $kept[ $kind ] ?? 0 );
			$name          = $this->booknetic->name( $kind, $id );
			$kept[ $kind ] = null === $name ? null : array(
				'id'   => $id,
				'name' => $name,
			);
		}
		if ( isset( $kept['date'], $kept['time'] ) ) {
			$start             = date_create_immutable( $kept['date'] . ' ' . $kept['time'], $this->booknetic->zone() );
			$kept['starts_at'] = false === $start ? null : self::time( 1000 * $start->getTimestamp() );
		}
		$total         = $kept['total'] ?? $this->estimate( $kept );
		$kept['total'] = null === $total ? null : $this->booknetic->money( (float) $total );
		return $kept;
	}

	/**
	 * What the choice will cost at least, before Booknetic has reckoned it; of a cart with other items nothing is known.
	 *
	 * @param array<string, mixed> $kept With names looked up.
	 */
	private function estimate( array $kept ): ?float {
		$price = 1 === ( $kept['items'] ?? 1 ) ? $this->booknetic->price( (int) ( $kept['service']['id'] ?? 0 ) ) : null;
		return null === $price ? null : $price * ( $kept['people'] ?? 1 );
	}

	/**
	 * A booking as it stands now; of what was deleted, as it last stood.
	 *
	 * @param array<string, mixed> $kept `booking_key` and perhaps `reason`.
	 * @return array<string, mixed>
	 */
	private function booking( array $kept ): array {
		$found = array();
		foreach ( $this->bookings->appointments( $kept['booking_key'] ) as $known ) {
			$found[] = $this->appointment( $known );
		}
		if ( array() === $found ) {
			return $kept;
		}
		$live  = array_filter( $found, array( Bookings::class, 'is_live' ) );
		$first = array() === $live ? $found[0] : reset( $live );
		unset( $kept['booking_key'] );
		return $kept + array(
			'booking' => array(
				'key'            => $first['booking_key'],
				'created_at'     => self::time( 1000 * min( array_column( $found, 'created_at' ) ) ),
				'appointments'   => array_map( array( $this, 'on_the_wire' ), $found ),
				'total'          => $this->booknetic->total( array_column( $live, 'id' ) ),
				'payment_method' => $first['payment_method'],
				'payment_status' => $first['payment_status'],
			),
			'contact' => $this->contact( $first['customer_id'] ),
		);
	}

	/**
	 * How a customer can be reached; of who was forgotten, nothing leaves the site any more.
	 *
	 * @return array<string, mixed>|null
	 */
	private function contact( int $customer_id ): ?array {
		$contact = $this->booknetic->contact( $customer_id );
		if ( null === $contact || Suppressions::FORGET === $this->suppressions->find( Person::keys( $contact['email'], $contact['phone'] ) ) ) {
			return null;
		}
		return $contact;
	}

	/**
	 * An appointment as it stands now.
	 *
	 * @param array{ appointment: array<string, mixed>, deleted: bool } $known As it was last seen.
	 * @return array<string, mixed>
	 */
	private function appointment( array $known ): array {
		if ( $known['deleted'] ) {
			return array( 'status' => 'canceled' ) + $known['appointment'];
		}
		return $this->booknetic->appointment( $known['appointment']['id'] ) ?? $known['appointment'];
	}

	/**
	 * An appointment in the contract's shape.
	 *
	 * @param array<string, mixed> $appointment In the bridge's.
	 * @return array<string, mixed>
	 */
	private function on_the_wire( array $appointment ): array {
		return array(
			'id'          => $appointment['id'],
			'starts_at'   => self::time( 1000 * $appointment['starts_at'] ),
			'ends_at'     => self::time( 1000 * $appointment['ends_at'] ),
			'status'      => $appointment['status'],
			'service_id'  => $appointment['service_id'],
			'staff_id'    => $appointment['staff_id'],
			'location_id' => $appointment['location_id'],
		);
	}
}
