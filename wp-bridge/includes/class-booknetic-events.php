<?php
/**
 * What Booknetic's hooks mean to the bridge.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

use BookneticApp\Backend\Appointments\Helpers\AppointmentRequestData;
use BookneticApp\Backend\Appointments\Helpers\AppointmentRequests;

/**
 * Turns hooks into events of the outbox. A visitor is waiting, and no transaction protects the booking: every listener
 * is short, changes nothing that passes through it, and lets nothing be thrown.
 */
final class Booknetic_Events {

	/**
	 * Shortcodes with which a form, or a button that opens one, comes onto a page.
	 */
	public const FORM_SHORTCODES = array( 'booknetic', 'booknetic-booking-button' );

	/**
	 * Steps for which Booknetic itself reckons the price, so that asking costs nothing.
	 */
	private const PRICED_STEPS = array( 'cart', 'confirm_details' );

	/**
	 * Roles that Booknetic gives to who works for the site, or has one there. Its customers have another.
	 */
	private const STAFF_ROLES = array( 'booknetic_staff', 'booknetic_saas_tenant' );

	/**
	 * What editors and all above them can do in WordPress.
	 */
	private const STAFF_CAN = 'edit_others_posts';

	/**
	 * What was last reported of sessions.
	 *
	 * @var Sessions
	 */
	private $sessions;

	/**
	 * Whose booking it is.
	 *
	 * @var Bookings
	 */
	private $bookings;

	/**
	 * Where events go.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Reads Booknetic's rows.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Whose request it is.
	 *
	 * @var Visitor
	 */
	private $visitor;

	/**
	 * Keys of the bookings of which this request has reported a change.
	 *
	 * @var string[]
	 */
	private $changed = array();

	/**
	 * What is to be written down of consent.
	 *
	 * @var array<int, array<mixed>>
	 */
	private $consents = array();

	/**
	 * On what basis visitors may be written to.
	 *
	 * @var Consent
	 */
	private $consent;

	/**
	 * Knows what speaks for a robot.
	 *
	 * @var Bot_Signals
	 */
	private $bot_signals;

	/**
	 * Counts from where addresses come.
	 *
	 * @var Address_Rate
	 */
	private $rate;

	/**
	 * To whom this blog, or another one of the network, is connected.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes what it reads and where it writes.
	 */
	public function __construct( Settings $settings, Sessions $sessions, Bookings $bookings, Outbox $outbox, Booknetic_Gateway $booknetic, Visitor $visitor, Consent $consent, Bot_Signals $bot_signals, Address_Rate $rate ) {
		$this->settings    = $settings;
		$this->sessions    = $sessions;
		$this->bookings    = $bookings;
		$this->outbox      = $outbox;
		$this->booknetic   = $booknetic;
		$this->visitor     = $visitor;
		$this->consent     = $consent;
		$this->bot_signals = $bot_signals;
		$this->rate        = $rate;
	}

	/**
	 * What the visitor's own requests mean: filters around them.
	 */
	public static function listen_to_visitors( Parts $parts ): void {
		self::listen(
			$parts,
			array(
				'bkntc_after_frontend_request_get_data' => 'step_answered',
				'bkntc_after_frontend_request_check_customer_exist' => 'contact_typed',
				'bkntc_after_frontend_request_get_day_offs' => 'form_used',
				'bkntc_after_frontend_request_get_available_times' => 'form_used',
				'bkntc_after_frontend_request_get_available_times_all' => 'form_used',
			)
		);
	}

	/**
	 * What happens to bookings. It may happen in anybody's request, and to any blog of the network, so nobody must look at
	 * the request, and the blog that the booking was made on reports it.
	 */
	public static function listen_to_bookings( Parts $parts ): void {
		self::listen(
			$parts,
			array(
				'bkntc_appointment_created'         => 'appointment_created',
				'bkntc_backend_appointment_created' => 'staff_created',
				'bkntc_payment_confirmed'           => 'confirmed',
				'bkntc_payment_confirmed_backend'   => 'confirmed',
				'bkntc_payment_canceled'            => 'payment_canceled',
				'bkntc_appointment_after_mutation'  => 'appointment_changed',
				'bkntc_appointment_after_edit'      => 'appointment_edited',
				'bkntc_appointment_deleted'         => 'appointment_deleted',
			)
		);
	}

	/**
	 * Hangs methods on hooks.
	 *
	 * @param Parts                 $parts Who makes this when the first hook is called.
	 * @param array<string, string> $table Hook => method.
	 */
	private static function listen( Parts $parts, array $table ): void {
		foreach ( $table as $hook => $method ) {
			add_filter( $hook, self::harmless( $parts->call( self::class, $method ) ) );
		}
	}

	/**
	 * What this file counts on, and what will not work without it.
	 *
	 * @return Assumption[]
	 */
	public static function assumptions(): array {
		$steps     = __( 'What visitors do in the form is not noticed.', 'booking-recovery-bridge' );
		$addresses = __( 'The addresses that visitors type are not noticed.', 'booking-recovery-bridge' );
		$choices   = __( 'What visitors choose is not noticed.', 'booking-recovery-bridge' );
		$bookings  = __( 'New bookings are not noticed, so somebody who has booked may be written to.', 'booking-recovery-bridge' );
		$staff     = __( 'Bookings that staff make are not noticed.', 'booking-recovery-bridge' );
		$answered  = 'bkntc_after_frontend_request_get_data';
		return array(
			Assumption::of_class( AppointmentRequests::class, $steps ),
			Assumption::method( 'AppointmentRequests::self', AppointmentRequests::class, 0, $steps ),
			Assumption::method( 'AppointmentRequests::currentRequest', AppointmentRequests::class, 0, $choices ),
			Assumption::method( 'AppointmentRequests::getCurrentStep', AppointmentRequests::class, 0, $steps ),
			Assumption::method( 'AppointmentRequests::getPreviousStep', AppointmentRequests::class, 0, $steps ),
			Assumption::method( 'AppointmentRequests::getSubTotal', AppointmentRequests::class, 1, __( 'What a visitor\'s choice would cost is not known before the booking.', 'booking-recovery-bridge' ) ),
			Assumption::properties( 'AppointmentRequests', AppointmentRequests::class, array( 'appointments', 'queryParams' ), __( 'Visitors who follow the link of a message are not recognised.', 'booking-recovery-bridge' ) ),
			Assumption::properties( 'AppointmentRequestData', AppointmentRequestData::class, array( 'locationId', 'serviceId', 'staffId', 'date', 'time', 'totalCustomerCount' ), $choices ),
			Assumption::properties( 'AppointmentRequestData', AppointmentRequestData::class, array( 'customerData', 'customerId' ), $addresses ),
			Assumption::properties( 'AppointmentRequestData', AppointmentRequestData::class, array( 'appointmentId', 'calledFromBackend' ), $bookings ),
			Assumption::method( 'AppointmentRequestData::getData', AppointmentRequestData::class, 2, $addresses ),
			Assumption::fires( 'bkntc_after_booking_panel_shortcode', Visit_Robot::PAGE, __( 'Pages that show the form without its shortcode are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::fires( 'bkntc_after_information_inputs', Booknetic_Panel::INFORMATION, __( 'Visitors are neither told of messages nor asked.', 'booking-recovery-bridge' ) ),
			Assumption::fires( $answered, 'get_data', $steps ),
			Assumption::fires( 'bkntc_after_frontend_request_check_customer_exist', 'check_customer_exist', $addresses ),
			Assumption::order( 'the cart is read before bkntc_after_frontend_request_get_data', $answered, 0, 'get_data', array( self::class, 'has_cart' ), $steps ),
			Assumption::order( 'bkntc_after_frontend_request_get_data comes before the answer is sent', $answered, 0, 'get_data', array( self::class, 'is_unsent' ), __( 'Visitors may wait for the sidecar.', 'booking-recovery-bridge' ) ),
			Assumption::answers( array( 'get_day_offs', 'get_available_times', 'get_available_times_all' ), __( 'Visitors who only look at the calendar are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::named( 'bkntc_appointment_created', $bookings ),
			Assumption::named( 'bkntc_payment_confirmed', $bookings ),
			Assumption::named( 'bkntc_backend_appointment_created', $staff ),
			Assumption::named( 'bkntc_payment_confirmed_backend', __( 'Payments that staff note are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::named( 'bkntc_payment_canceled', __( 'Payments that fail are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::named( 'bkntc_appointment_after_mutation', __( 'Cancellations and new times are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::named( 'bkntc_appointment_after_edit', __( 'New prices are not noticed when staff edit a booking.', 'booking-recovery-bridge' ) ),
			Assumption::named( 'bkntc_appointment_deleted', __( 'Bookings that are deleted are not noticed.', 'booking-recovery-bridge' ) ),
			Assumption::fact( 'role', self::STAFF_ROLES[0], array( self::class, 'has_staff_role' ), __( 'Staff who try the form while they are logged in are followed up like customers.', 'booking-recovery-bridge' ) ),
		);
	}

	/**
	 * Whether Booknetic gives its staff a role of their own.
	 */
	public static function has_staff_role(): bool {
		return null !== get_role( self::STAFF_ROLES[0] );
	}

	/**
	 * Whether Booknetic has read the visitor's cart.
	 */
	public static function has_cart(): bool {
		$requests = AppointmentRequests::self();
		return null !== $requests && null !== $requests->currentRequest();
	}

	/**
	 * Whether Booknetic's answer is still on its way through the filters.
	 *
	 * @param mixed $answer What Booknetic sends back.
	 */
	public static function is_unsent( $answer ): bool {
		return is_array( $answer ) && ! headers_sent();
	}

	/**
	 * Has a callback called when a form appears on the page.
	 */
	public static function on_form( callable $callback ): void {
		add_action( 'bkntc_after_booking_panel_shortcode', $callback );
		add_filter(
			'do_shortcode_tag',
			static function ( $output, $tag ) use ( $callback ) {
				if ( in_array( $tag, self::FORM_SHORTCODES, true ) ) {
					$callback();
				}
				return $output;
			},
			10,
			2
		);
	}

	/**
	 * Has a callback called below the form's contact fields.
	 */
	public static function on_contact_fields( callable $callback ): void {
		add_action( 'bkntc_after_information_inputs', self::harmless( $callback ) );
	}

	/**
	 * Booknetic has answered a step, or the confirmation.
	 *
	 * @param mixed $answer What Booknetic sends back.
	 */
	public function step_answered( $answer ): void {
		$requests   = AppointmentRequests::self();
		$session_id = $this->session_id();
		if ( null === $session_id || null === $requests ) {
			return;
		}
		$this->meet( $session_id, $requests );
		$step  = $requests->getCurrentStep();
		$is_ok = 'ok' === ( $answer['status'] ?? 'ok' );
		if ( 'confirm' === $step && $is_ok ) {
			// What this has led to is reported as a booking.
			return;
		}
		$this->report_contact( $session_id, $requests );
		if ( ! $is_ok || ! self::is_step( $step ) ) {
			return;
		}
		$previous = $requests->getPreviousStep();
		$data     = array(
			'step'          => $step,
			'previous_step' => self::is_step( $previous ) ? $previous : null,
			'selection'     => self::selection( $requests ),
		);
		if ( in_array( $step, self::PRICED_STEPS, true ) ) {
			$data['selection']['total'] = $this->booknetic->cart_total( $requests );
		}
		$reported = array( $step, $data['selection'] );
		if ( $this->sessions->step_is_new( $session_id, $reported ) && $this->tell( 'session.step_reached', $session_id, $data ) ) {
			$this->sessions->remember_step( $session_id, $reported );
		}
	}

	/**
	 * The visitor has stopped typing an address for a moment.
	 */
	public function contact_typed(): void {
		$requests   = AppointmentRequests::self();
		$session_id = $this->session_id();
		if ( null === $session_id || null === $requests ) {
			return;
		}
		$this->meet( $session_id, $requests );
		$this->report_contact( $session_id, $requests );
	}

	/**
	 * The visitor looks at the calendar: with everything else chosen by the page or a recovery's link, this comes first.
	 */
	public function form_used(): void {
		$requests   = AppointmentRequests::self();
		$session_id = $this->session_id();
		if ( null !== $session_id && null !== $requests ) {
			$this->meet( $session_id, $requests );
		}
	}

	/**
	 * Writes down what this request has reported, once the visitor has the answer.
	 */
	public function remember(): void {
		self::harmless(
			function (): void {
				foreach ( $this->consents as $given ) {
					$this->consent->write_down( ...$given );
				}
				$this->consents = array();
				$this->sessions->write();
			}
		)();
	}

	/**
	 * A row was made, by the visitor whose request this is or by staff. Fires once for each time booked.
	 *
	 * @param object $item Booknetic's item, which it uses again for the next time: only its id is taken.
	 */
	public function appointment_created( $item ): void {
		$appointment = $this->booknetic->appointment( (int) $item->appointmentId );
		if ( null === $appointment ) {
			return;
		}
		$session_id = ! empty( $item->calledFromBackend ) ? null : $this->session_id();
		$is_first   = array() === $this->bookings->appointments( $appointment['booking_key'] );
		$this->bookings->add( $appointment, $session_id );
		$booking = $is_first ? $this->bookings->find( $appointment['id'] ) : null;
		if ( null !== $booking ) {
			$this->report( 'booking.created', $booking );
		}
	}

	/**
	 * Staff have made a booking: nothing further will confirm it.
	 *
	 * @param object $item Booknetic's item.
	 */
	public function staff_created( $item ): void {
		$this->confirmed( $item->appointmentId );
	}

	/**
	 * It is booked for Booknetic. Fires for several appointments of one booking, often in a payment provider's request.
	 *
	 * @param mixed $appointment_id One of them.
	 */
	public function confirmed( $appointment_id ): void {
		$booking = $this->known( (int) $appointment_id );
		if ( null === $booking ) {
			return;
		}
		$has_changed = $this->refresh( $booking['booking_key'] );
		if ( $this->bookings->confirm( $booking['booking_key'] ) ) {
			$this->report( 'booking.confirmed', $booking );
		} elseif ( $has_changed ) {
			$this->report_change( $booking, 'canceled' );
		}
	}

	/**
	 * The payment failed or was given up. The rows were changed without any other hook.
	 *
	 * @param mixed $appointment_id First appointment of the payment.
	 */
	public function payment_canceled( $appointment_id ): void {
		$booking = $this->bookings->find( (int) $appointment_id );
		if ( null !== $booking && $this->refresh( $booking['booking_key'] ) ) {
			$this->report_change( $booking, 'payment_failed' );
		}
	}

	/**
	 * Something of an appointment may have changed, perhaps in another visitor's request.
	 *
	 * @param mixed $appointment_id Null where it is about to be deleted.
	 */
	public function appointment_changed( $appointment_id ): void {
		$booking = $this->bookings->find( (int) $appointment_id );
		$now     = null === $booking ? null : $this->booknetic->appointment( (int) $appointment_id );
		if ( null !== $now && $this->bookings->replace( $now ) ) {
			// Booknetic gives up waiting for a payment in whoever's request comes next.
			$this->report_change( $booking, 'canceled' === $now['payment_status'] ? 'payment_failed' : $now['status'] );
		}
	}

	/**
	 * Staff have saved an appointment. Its price may be another, which its row does not show.
	 *
	 * @param object $item Booknetic's item.
	 */
	public function appointment_edited( $item ): void {
		$booking = $this->bookings->find( (int) $item->appointmentId );
		if ( null !== $booking && ! in_array( $booking['booking_key'], $this->changed, true ) ) {
			$this->report_change( $booking, 'canceled' );
		}
	}

	/**
	 * An appointment is being deleted, by staff or because the visitor tries another way of paying.
	 *
	 * @param mixed $appointment_id The appointment.
	 */
	public function appointment_deleted( $appointment_id ): void {
		$booking = $this->bookings->find( (int) $appointment_id );
		if ( null !== $booking && $this->bookings->delete( (int) $appointment_id ) ) {
			$this->report_change( $booking, 'deleted' );
		}
	}

	/**
	 * Reports that a visitor is there, and whether a recovery's link brought them.
	 *
	 * @param object $requests Booknetic's cart.
	 */
	private function meet( string $session_id, $requests ): void {
		$is_new  = ! $this->sessions->has( $session_id );
		$signals = $this->bot_signals->of_request();
		if ( $this->report_visit( $session_id, $requests, $signals, $is_new ) && $is_new ) {
			$this->sessions->begin( $session_id, $signals );
		}
		$token = $requests->queryParams[ Visitor::TOKEN_PARAM ] ?? null;
		if ( is_string( $token ) && 1 === preg_match( '/\A[A-Za-z0-9_-]{8,128}\z/', $token ) && $this->sessions->token_is_new( $session_id, $token )
			&& $this->tell( 'session.returned', $session_id, array( 'token' => $token ) ) ) {
			$this->sessions->remember_token( $session_id, $token );
		}
	}

	/**
	 * Whose request this is, or null where nobody is to be followed up: people who work for the site try its form, and
	 * book in it for others.
	 */
	private function session_id(): ?string {
		$session_id = $this->visitor->session_id();
		$user       = null === $session_id ? null : wp_get_current_user();
		$is_staff   = null !== $user && ( $user->has_cap( self::STAFF_CAN ) || array() !== array_intersect( self::STAFF_ROLES, (array) $user->roles ) );
		return $is_staff ? null : $session_id;
	}

	/**
	 * Reports a visit when it begins, and again whenever more speaks for a robot: some of it shows only later.
	 *
	 * @param object   $requests Booknetic's cart.
	 * @param string[] $signals  What speaks for one now.
	 * @return bool Whether that was reported.
	 */
	private function report_visit( string $session_id, $requests, array $signals, bool $is_new ): bool {
		$all = $this->sessions->add_signals( $session_id, $signals );
		if ( ! $is_new && array() === $all ) {
			return false;
		}
		$visit = array( 'signals' => array() === $all ? $signals : $all ) + $this->visitor->visit( $requests->queryParams );
		return $this->tell( 'session.started', $session_id, $visit + array( 'tenant_id' => null ) );
	}

	/**
	 * Reports how the visitor can be reached, once it is a whole address and each time it changes; not in a flood.
	 *
	 * @param object $requests Booknetic's cart.
	 */
	private function report_contact( string $session_id, $requests ): void {
		$item    = $requests->currentRequest();
		$contact = null === $item ? array() : self::contact( $item );
		if ( array() === $contact ) {
			return;
		}
		$consent    = $this->consent->given();
		$person_key = Person::keys( $contact['email'], $contact['phone'] )[0];
		if ( ! Test_Visits::is_one( $session_id ) && ! $this->sessions->know( $person_key ) ) {
			$given = $this->rate->count( $this->visitor->network() );
			if ( $given > Address_Rate::FLOOD ) {
				return;
			}
			$this->report_visit( $session_id, $requests, $this->bot_signals->of_new_address( $session_id, $given, (int) ( microtime( true ) * 1000 ) ), false );
		}
		$reported = array( $contact, $consent['basis'] ?? null );
		$data     = array(
			'contact' => $contact,
			'consent' => $consent,
		);
		if ( $this->sessions->contact_is_new( $session_id, $reported ) && $this->tell( 'session.contact_given', $session_id, $data ) ) {
			$this->consents[] = array( $session_id, $contact, $consent, $this->visitor->page_url() );
			$this->sessions->remember_contact( $session_id, $reported, $person_key );
		}
	}

	/**
	 * What the visitor typed. The rest of a known customer's data is added only where the visitor typed that customer's
	 * address: the customer's id comes from the browser and proves nothing.
	 *
	 * @param object $item Booknetic's item.
	 * @return array<string, mixed> Empty where the visitor cannot be reached yet.
	 */
	private static function contact( $item ): array {
		$typed  = $item->getData( 'customer_data', array() );
		$typed  = is_array( $typed ) ? $typed : array();
		$stored = is_array( $item->customerData ) ? $item->customerData : array();
		$email  = Person::email( $typed['email'] ?? null );
		if ( null !== $email && Person::email( $stored['email'] ?? null ) === $email ) {
			$typed += array( 'customer_id' => (int) $item->customerId );
			$typed  = array_filter( $typed ) + $stored;
		}
		$phone = Person::phone( $typed['phone'] ?? null );
		if ( null === $email && null === $phone ) {
			return array();
		}
		return array(
			'email'       => $email,
			'phone'       => $phone,
			'first_name'  => Person::name( $typed['first_name'] ?? null ),
			'last_name'   => Person::name( $typed['last_name'] ?? null ),
			'customer_id' => ( $typed['customer_id'] ?? 0 ) > 0 ? $typed['customer_id'] : null,
		);
	}

	/**
	 * What the visitor has chosen, as ids.
	 *
	 * @param object $requests Booknetic's cart.
	 * @return array<string, mixed>
	 */
	private static function selection( $requests ): array {
		$item = $requests->currentRequest();
		if ( null === $item ) {
			return array();
		}
		// Booknetic says -1 for "any".
		return array(
			'location' => max( 0, (int) $item->locationId ),
			'service'  => max( 0, (int) $item->serviceId ),
			'staff'    => max( 0, (int) $item->staffId ),
			'date'     => 1 === preg_match( '/\A\d{4}-\d\d-\d\d\z/', (string) $item->date ) ? $item->date : null,
			'time'     => 1 === preg_match( '/\A\d\d:\d\d\z/', (string) $item->time ) ? $item->time : null,
			'people'   => max( 1, (int) $item->totalCustomerCount ),
			'items'    => count( $requests->appointments ),
		);
	}

	/**
	 * Whether this names a step.
	 *
	 * @param mixed $step As the browser sent it.
	 */
	private static function is_step( $step ): bool {
		return is_string( $step ) && 1 === preg_match( '/\A[a-z0-9_]{1,40}\z/', $step );
	}

	/**
	 * The booking of an appointment, which is remembered now where the bridge was not there when it was made. In a network
	 * nobody can say then which blog's it is.
	 *
	 * @return array{ blog_id: string, booking_key: string, session_id: ?string }|null
	 */
	private function known( int $appointment_id ): ?array {
		$booking = $this->bookings->find( $appointment_id );
		if ( null !== $booking || is_multisite() ) {
			return $booking;
		}
		$appointment = $this->booknetic->appointment( $appointment_id );
		if ( null === $appointment ) {
			return null;
		}
		$this->bookings->add( $appointment, null );
		foreach ( $this->booknetic->appointments( $appointment['booking_key'] ) as $other ) {
			$this->bookings->add( $other, null );
		}
		return $this->bookings->find( $appointment_id );
	}

	/**
	 * Reads the booking's rows again; true when one of them has changed.
	 */
	private function refresh( string $booking_key ): bool {
		$has_changed = false;
		foreach ( $this->booknetic->appointments( $booking_key ) as $appointment ) {
			$has_changed = $this->bookings->replace( $appointment ) || $has_changed;
		}
		return $has_changed;
	}

	/**
	 * Reports a change, which is a cancellation where nothing live is left.
	 *
	 * @param array{ blog_id: string, booking_key: string, session_id: ?string } $booking The booking.
	 * @param string                                                             $reason  Why, if it is one.
	 */
	private function report_change( array $booking, string $reason ): void {
		$this->changed[] = $booking['booking_key'];
		if ( $this->bookings->has_live( $booking['booking_key'] ) ) {
			$this->report( 'booking.changed', $booking );
		} else {
			$this->report( 'booking.canceled', $booking, $reason );
		}
	}

	/**
	 * Adds an event about a booking where it was made, if somebody listens there.
	 *
	 * @param string                                                             $type    As in the contract.
	 * @param array{ blog_id: string, booking_key: string, session_id: ?string } $booking The booking.
	 * @param string|null                                                        $reason  Of a cancellation.
	 */
	private function report( string $type, array $booking, ?string $reason = null ): void {
		$data = array( 'booking_key' => $booking['booking_key'] );
		if ( null !== $reason ) {
			$data['reason'] = $reason;
		}
		Network::in_blog(
			(int) $booking['blog_id'],
			function () use ( $type, $booking, $data ): void {
				if ( null !== $this->settings->connection() ) {
					$this->tell( $type, $booking['session_id'], $data );
				}
			}
		);
	}

	/**
	 * Adds an event, with the tenant in whose form it happened: only there can its ids be looked up later.
	 *
	 * @param string               $type       As in the contract.
	 * @param string|null          $session_id The visitor's session.
	 * @param array<string, mixed> $data       Of the event.
	 * @return bool Whether it is in the outbox.
	 */
	private function tell( string $type, ?string $session_id, array $data ): bool {
		$tenant_id = $this->booknetic->tenant_id();
		return $this->outbox->add( $type, $session_id, null === $tenant_id ? $data : array( 'tenant_id' => $tenant_id ) + $data );
	}

	/**
	 * A callback for a filter or an action that hands on its first argument untouched, whatever happens. The database's
	 * complaints are kept out of Booknetic's answer, and out of logs, where they would show the visitor's data.
	 */
	private static function harmless( callable $listener ): \Closure {
		return static function ( $value = null ) use ( $listener ) {
			global $wpdb;
			$suppressed = $wpdb->suppress_errors( true );
			try {
				$listener( $value );
			} catch ( \Throwable $e ) {
				Fault::note( $e );
			} finally {
				$wpdb->suppress_errors( $suppressed );
			}
			return $value;
		};
	}
}
