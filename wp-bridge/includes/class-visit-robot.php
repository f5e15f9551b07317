<?php
/**
 * The robot of a test visit.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Goes through the form as a visitor's browser does, by HTTP, up to the contact fields. It books nothing.
 */
final class Visit_Robot {

	public const FORM   = 'form';
	public const STEPS  = 'steps';
	public const PAGE   = 'page';

	/**
	 * What requests of the robot are called in a visit's notes once Booknetic has answered them.
	 */
	public const ANSWERED = 'answered:';

	private const AGENT        = 'Mozilla/5.0 (compatible; Booking Recovery test visit)';
	private const SECONDS      = 45.0;
	private const SECONDS_EACH = 10.0;
	private const MOST_HOPS    = 3;
	private const DAYS_AHEAD   = 7;
	private const LARGEST_PAGE = 2 * MB_IN_BYTES;

	/**
	 * Where it notes how far it has come.
	 *
	 * @var Test_Visits
	 */
	private $visits;

	/**
	 * Knows what can be chosen.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Knows whether there is a box to tick.
	 *
	 * @var Consent
	 */
	private $consent;

	/**
	 * When it must have come out again.
	 *
	 * @var float
	 */
	private $deadline = 0.0;

	/**
	 * Takes where it notes how far it has come.
	 */
	public function __construct( Test_Visits $visits, Booknetic_Gateway $booknetic, Consent $consent ) {
		$this->visits    = $visits;
		$this->booknetic = $booknetic;
		$this->consent   = $consent;
	}

	/**
	 * Goes through the form once.
	 *
	 * @param string $id    Of the visit.
	 * @param string $email Of the test contact.
	 */
	public function walk( string $id, string $email ): void {
		$this->deadline = microtime( true ) + self::SECONDS;
		// A session of PHP's would keep the robot's own requests waiting for this one.
		if ( PHP_SESSION_ACTIVE === session_status() ) {
			session_write_close();
		}
		$stage = self::FORM;
		try {
			if ( null === Person::email( $email ) ) {
				throw new Visit_Failed( __( 'There is no whole e-mail address to type. Correct yours in your profile, or the site\'s in Settings > General.', 'booking-recovery-bridge' ) );
			}
			$page  = $this->open_page( $id );
			$steps = Booknetic_Panel::steps( $page['html'] );
			$first = $this->post( $id, 'get_data', $page, array( 'current_step' => $steps[0] ) );
			$this->visits->note_stage( $id, self::FORM, true, $page['text'], Test_Visits::now() );
			$stage = self::STEPS;
			$this->must_be_answered( $id, 'get_data', $first );
			$this->fill_in( $id, $page, $steps, $email );
			$this->visits->note_stage( $id, self::STEPS, true, '', Test_Visits::now() );
		} catch ( Visit_Failed $e ) {
			$this->visits->note_stage( $id, $stage, false, $e->getMessage(), Test_Visits::now() );
		}
	}

	/**
	 * Opens the step with the contact fields, and types the address.
	 *
	 * @param string                $id    Of the visit.
	 * @param array<string, string> $page  From open_page().
	 * @param string[]              $steps In their order.
	 * @param string                $email Of the test contact.
	 */
	private function fill_in( string $id, array $page, array $steps, string $email ): void {
		$choice = $this->booknetic->as_tenant( Booknetic_Panel::tenant_id( $page['html'] ), array( $this->booknetic, 'some_choice' ) );
		$item   = array_filter( $choice ) + array(
			'date' => wp_date( 'Y-m-d', time() + self::DAYS_AHEAD * DAY_IN_SECONDS ),
			'time' => '10:00',
		);
		$number = (int) array_search( Booknetic_Panel::INFORMATION, $steps, true );
		$where  = array(
			'current_step'  => Booknetic_Panel::INFORMATION,
			'previous_step' => $number > 0 ? $steps[ $number - 1 ] : '',
		);
		$form   = $this->must_be_answered( $id, Booknetic_Panel::INFORMATION, $this->post( $id, Booknetic_Panel::INFORMATION, $page, $where, $item ) );
		$ticked = $this->consent->box_in( $form['html'] ) ? array( Consent::FIELD => '1' ) : array();
		if ( array() === $ticked && $this->consent->needs_box() ) {
			throw new Visit_Failed( __( 'The box that visitors have to tick before they may be written to is not below the contact fields. See below whether Booknetic lets this plugin print there, and whether the theme replaces that step.', 'booking-recovery-bridge' ) );
		}
		$item  += array(
			'customer_data' => array(
				'email'      => $email,
				'first_name' => 'Test',
				'last_name'  => 'Visit',
				'phone'      => '',
			),
		);
		$this->must_be_answered( $id, 'check_customer_exist', $this->post( $id, 'check_customer_exist', $page, $ticked, $item ) );
	}

	/**
	 * Looks at a page with the form, where one can be found.
	 *
	 * @return array{ html: string, path: string, text: string }
	 * @throws Visit_Failed Where visitors could not use that page.
	 */
	private function open_page( string $id ): array {
		$post_id = Booknetic_Panel::posts()[0] ?? 0;
		if ( 0 === $post_id ) {
			return array(
				'html' => '',
				'path' => '/',
				'text' => __( 'No page was looked at, since none has the form\'s shortcode in its own text.', 'booking-recovery-bridge' ),
			);
		}
		$url    = (string) get_permalink( $post_id );
		$answer = $this->get( $id, $url );
		$html   = wp_remote_retrieve_body( $answer );
		$status = (int) wp_remote_retrieve_response_code( $answer );
		if ( 200 !== $status ) {
			/* translators: 1: address of a page, 2: HTTP status. */
			throw new Visit_Failed( sprintf( __( 'The page %1$s answers with HTTP status %2$d. Open it in a browser without logging in.', 'booking-recovery-bridge' ), $url, $status ) );
		}
		if ( ! Booknetic_Panel::is_on( $html ) ) {
			/* translators: %s: address of a page. */
			throw new Visit_Failed( sprintf( __( 'The page %s shows no form to visitors, though its text has the shortcode. Check that Booknetic is active.', 'booking-recovery-bridge' ), $url ) );
		}
		if ( Booknetic_Panel::is_rendered_on( $html ) ) {
			$this->visits->add_notes( $id, array( self::ANSWERED . self::PAGE ) );
		}
		return array(
			'html' => $html,
			'path' => (string) wp_make_link_relative( $url ),
			'text' => $this->look_for_script( $id, $url, $html ),
		);
	}

	/**
	 * Looks whether visitors of a page have the script that tells one visit from another.
	 *
	 * @return string What to say of the page.
	 * @throws Visit_Failed Where they have not.
	 */
	private function look_for_script( string $id, string $url, string $html ): string {
		if ( Session_Script::is_on( $html ) ) {
			return $url;
		}
		// No cache has kept this address.
		$fresh = wp_remote_retrieve_body( $this->get( $id, add_query_arg( 'booking_recovery_visit', '1', $url ) ) );
		if ( Session_Script::is_on( $fresh ) ) {
			/* translators: %s: address of a page. */
			throw new Visit_Failed( sprintf( __( 'The page %s comes from a cache that has kept it from before this plugin was there, so its visitors are not noticed. Empty the page cache.', 'booking-recovery-bridge' ), $url ) );
		}
		if ( ! in_array( Visit_Witness::FOOTER, $this->visits->find( $id )['notes'], true ) ) {
			/* translators: %s: address of a page. */
			throw new Visit_Failed( sprintf( __( 'The page %s shows the form, but without the script of this plugin, so its visitors are not noticed. Check that the theme calls wp_footer() on it.', 'booking-recovery-bridge' ), $url ) );
		}
		/* translators: %s: address of a page. */
		return sprintf( __( '%s. Another plugin has moved this plugin\'s script out of the page, so it could not be seen there. If visitors are not noticed, make an exception for it.', 'booking-recovery-bridge' ), $url );
	}

	/**
	 * Asks for a page, and follows where it has moved to on this site.
	 *
	 * @return array<string, mixed> WordPress's answer.
	 * @throws Visit_Failed Where nothing answers, or another host is to.
	 */
	private function get( string $id, string $url ): array {
		for ( $hop = 0; $hop < self::MOST_HOPS; $hop++ ) {
			$answer = $this->ask( 'GET', $id . ' ' . self::PAGE, $url, array() );
			$moved  = (string) wp_remote_retrieve_header( $answer, 'location' );
			if ( '' === $moved || 3 !== intdiv( (int) wp_remote_retrieve_response_code( $answer ), 100 ) ) {
				return $answer;
			}
			$next = \WP_Http::make_absolute_url( $moved, $url );
			if ( wp_parse_url( $next, PHP_URL_HOST ) !== wp_parse_url( $url, PHP_URL_HOST ) ) {
				break;
			}
			$url = $next;
		}
		throw self::sent_away( $url, $moved );
	}

	/**
	 * A request of the form.
	 *
	 * @param string                $id      Of the visit.
	 * @param string                $request Names it in the visit's notes.
	 * @param array<string, string> $page    From open_page().
	 * @param array<string, string> $fields  Of this request.
	 * @param array<string, mixed>  $item    What was chosen and typed.
	 * @return string What was answered.
	 * @throws Visit_Failed Where WordPress does not answer.
	 */
	private function post( string $id, string $request, array $page, array $fields, array $item = array() ): string {
		$fields += array(
			'action'               => Booknetic_Panel::action( $request ),
			Visitor::SESSION_FIELD => $id,
			Visitor::PAGE_FIELD    => $page['path'],
		) + Booknetic_Panel::fields( $page['html'], $item );
		$url     = admin_url( 'admin-ajax.php' );
		$answer  = $this->ask( 'POST', "$id $request", $url, $fields );
		$status  = (int) wp_remote_retrieve_response_code( $answer );
		if ( 3 === intdiv( $status, 100 ) ) {
			throw self::sent_away( $url, (string) wp_remote_retrieve_header( $answer, 'location' ) );
		}
		if ( 401 === $status || 403 === $status ) {
			/* translators: 1: address, 2: HTTP status. */
			throw new Visit_Failed( sprintf( __( 'The form\'s own requests to %1$s are refused with HTTP status %2$d. A password, a firewall or a security plugin may keep this server from its own address, or keep visitors from the form: try to book without logging in.', 'booking-recovery-bridge' ), $url, $status ) );
		}
		return wp_remote_retrieve_body( $answer );
	}

	/**
	 * One request to this site.
	 *
	 * @param string                $verb   GET or POST.
	 * @param string                $name   Of the visit, and of the request.
	 * @param string                $url    Of this site.
	 * @param array<string, string> $fields Posted.
	 * @return array<string, mixed> WordPress's answer.
	 * @throws Visit_Failed Where nothing answers.
	 */
	private function ask( string $verb, string $name, string $url, array $fields ): array {
		$answer = wp_remote_request(
			$url,
			array(
				'method'              => $verb,
				'body'                => 'POST' === $verb ? $fields : null,
				'headers'             => array( Test_Visits::HEADER => $name ),
				'user-agent'          => self::AGENT,
				'timeout'             => max( 1.0, min( self::SECONDS_EACH, $this->deadline - microtime( true ) ) ),
				'redirection'         => 0,
				'cookies'             => array(),
				'limit_response_size' => self::LARGEST_PAGE,
				/** This filter is documented in wp-includes/class-wp-http-streams.php */
				'sslverify'           => apply_filters( 'https_local_ssl_verify', false, $url ),
			)
		);
		if ( is_wp_error( $answer ) ) {
			/* translators: 1: address of this site, 2: what went wrong. */
			throw new Visit_Failed( sprintf( __( 'This server cannot reach its own address %1$s (%2$s). Visitors may well do; ask your host to let the server connect to itself ("loopback requests"), then make another test visit.', 'booking-recovery-bridge' ), $url, $answer->get_error_message() ) );
		}
		return $answer;
	}

	/**
	 * Booknetic's answer to a request, if it is a good one.
	 *
	 * @param string $id   Of the visit.
	 * @param string $what Names the request in the visit's notes.
	 * @param string $body What was answered.
	 * @return array{ is_ok: bool, error: string, html: string }
	 * @throws Visit_Failed Where it is not.
	 */
	private function must_be_answered( string $id, string $what, string $body ): array {
		$answer = Booknetic_Panel::answer( $body );
		if ( null === $answer && ! $this->booknetic->is_ready() ) {
			throw new Visit_Failed( __( 'Booknetic is not active, is being updated, or its licence has run out.', 'booking-recovery-bridge' ) );
		}
		if ( null === $answer ) {
			throw new Visit_Failed( __( 'Something else than Booknetic answers the form\'s requests. Try to book without logging in; look into PHP\'s log for errors.', 'booking-recovery-bridge' ) );
		}
		if ( ! $answer['is_ok'] ) {
			/* translators: 1: name of a step, 2: Booknetic's words. */
			throw new Visit_Failed( sprintf( __( 'Booknetic refused the request "%1$s": %2$s', 'booking-recovery-bridge' ), $what, '' === $answer['error'] ? '?' : $answer['error'] ) );
		}
		$this->visits->add_notes( $id, array( self::ANSWERED . $what ) );
		return $answer;
	}

	/**
	 * The site sends visitors somewhere else.
	 */
	private static function sent_away( string $from, string $to ): Visit_Failed {
		/* translators: 1: address of this site, 2: host name. */
		return new Visit_Failed( sprintf( __( '%1$s sends its visitors on to %2$s. The robot follows nowhere else: correct the site\'s address in Settings > General, or what redirects there.', 'booking-recovery-bridge' ), $from, (string) wp_parse_url( $to, PHP_URL_HOST ) ) );
	}
}
