<?php
/**
 * What tests on a whole site share.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Assumptions;
use Booking_Recovery\Bookings;
use Booking_Recovery\Booknetic_Gateway;
use Booking_Recovery\Check_In;
use Booking_Recovery\Choices_Section;
use Booking_Recovery\Consent;
use Booking_Recovery\Consent_Ledger;
use Booking_Recovery\Contacts;
use Booking_Recovery\Delivery;
use Booking_Recovery\Event_Composer;
use Booking_Recovery\Lock;
use Booking_Recovery\Opt_Out_List;
use Booking_Recovery\Opt_Out_Section;
use Booking_Recovery\Opt_Out_Tokens;
use Booking_Recovery\Outbox;
use Booking_Recovery\Policy;
use Booking_Recovery\Recoveries;
use Booking_Recovery\Recovery_Message;
use Booking_Recovery\Round_Trip;
use Booking_Recovery\Schema;
use Booking_Recovery\Sessions;
use Booking_Recovery\Settings;
use Booking_Recovery\Settings_Page;
use Booking_Recovery\Sidecar_Client;
use Booking_Recovery\Signer;
use Booking_Recovery\Status_Page;
use Booking_Recovery\Suppressions;
use Booking_Recovery\Test_Visit;
use Booking_Recovery\Test_Visit_Section;
use Booking_Recovery\Test_Visits;
use Booking_Recovery\Visit_Robot;
use Booking_Recovery\Visit_Stages;
use Booking_Recovery\Visitor;
use Booking_Recovery\Workflows_Section;
use BookneticApp\Config;
use BookneticApp\Frontend\Controller\Ajax;
use BookneticApp\Providers\Common\WorkflowDriver;
use PHPUnit\Framework\TestCase;

/**
 * Begins each test with nothing stored and nothing sent; mail is kept instead of sent.
 */
abstract class Site_Test_Case extends TestCase {

	protected const SESSION = '7f0c5d1e9a3b4c6d8e2f0a1b3c5d7e9f';
	protected const OTHER   = 'aa0c5d1e9a3b4c6d8e2f0a1b3c5d7e9f';
	private const TABLES    = array( 'outbox', 'sessions', 'bookings', 'recoveries', 'conversions', 'suppressions', 'opt_out_tokens', 'contact_requests', 'address_rates', 'consents' );
	private const OPTIONS   = array( Check_In::OPTION, Check_In::CALL_OPTION, Delivery::OPTION, Test_Visits::OPTION, Policy::OPTION, Sidecar_Client::OPTION, Outbox::UNWRITTEN_OPTION );

	/**
	 * Mail: to, subject, message.
	 *
	 * @var array<int, array<string, mixed>>
	 */
	protected $letters = array();

	/**
	 * The other side.
	 *
	 * @var Sidecar
	 */
	protected $sidecar;

	/**
	 * What was set on the site before.
	 *
	 * @var mixed
	 */
	private $settings;

	protected function setUp(): void {
		$this->forget();
		$this->settings = get_option( Settings::OPTION );
		delete_option( Settings::OPTION );
		$this->letters = array();
		$this->sidecar = new Sidecar();
		add_filter( 'pre_wp_mail', array( $this, 'keep_letter' ), 10, 2 );
		add_filter( 'pre_http_request', array( $this->sidecar, 'answer' ), 10, 3 );
	}

	protected function tearDown(): void {
		remove_all_filters( 'pre_wp_mail' );
		remove_all_filters( 'pre_http_request' );
		delete_option( Settings::OPTION );
		if ( false !== $this->settings ) {
			add_option( Settings::OPTION, $this->settings );
		}
		$this->forget();
	}

	public function keep_letter( $_unused, array $letter ): bool {
		$this->letters[] = $letter;
		return true;
	}

	private function forget(): void {
		global $wpdb;
		foreach ( self::TABLES as $table ) {
			$wpdb->query( 'TRUNCATE TABLE ' . Schema::table( $table ) );
		}
		array_map( 'delete_option', self::OPTIONS );
		booknetic_stand_in_clear();
		$_POST = array();
	}

	protected function add_workflow(): int {
		return booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', '{booking_recovery_first_name}: {booking_recovery_service}', '<a href="{booking_recovery_link}">{booking_recovery_date}, {booking_recovery_time}</a> {service_name}', '{booking_recovery_email}' );
	}

	/**
	 * A driver called `remembering`, which does what it is told and remembers what it was given.
	 */
	protected function register_driver( callable $work ): WorkflowDriver {
		$driver       = new class() extends WorkflowDriver {
			public $driver = 'remembering';
			public $params = array();
			public $work;

			public function handle( $event_data, $_action, $_codes ) {
				$this->params[] = $event_data;
				( $this->work )();
			}
		};
		$driver->work = $work;
		Config::getWorkflowDriversManager()->register( $driver );
		return $driver;
	}

	/**
	 * A visitor's request to the form.
	 *
	 * @return array<string, mixed> What the form answers.
	 */
	protected function post( string $method, array $fields = array(), array $item = array(), ?string $session_id = self::SESSION ): array {
		$this->visit( $fields, array( $item ), $session_id );
		$answer = ( new Ajax() )->$method();
		$passed = apply_filters( 'bkntc_after_frontend_request_' . $method, $answer );
		$this->assertSame( $answer, $passed, 'Booknetic\'s answer must pass untouched.' );
		$this->end_request();
		return $passed;
	}

	/**
	 * The visitor has the answer, and the bridge does what it has put off. Nothing else is hung as late as that.
	 */
	protected function end_request(): void {
		foreach ( $GLOBALS['wp_filter']['shutdown']->callbacks[ PHP_INT_MAX ] as $put_off ) {
			$put_off['function']();
		}
		$_POST = array();
	}

	/**
	 * Makes the running request a visitor's.
	 */
	protected function visit( array $fields, array $cart, ?string $session_id = self::SESSION ): void {
		$cart  = array_map(
			static function ( array $item ): array {
				return $item + array(
					'location'      => 1,
					'service'       => 1,
					'staff'         => 1,
					'customer_id'   => -1,
					'customer_data' => array(),
				);
			},
			$cart
		);
		$_POST = wp_slash(
			array_filter(
				$fields + array(
					Visitor::SESSION_FIELD => $session_id,
					Visitor::PAGE_FIELD    => '/book/?utm_source=x',
					'cart'                 => (string) json_encode( $cart ),
					'current'              => '0',
					'payment_method'       => 'local',
				),
				'is_string'
			)
		);
	}

	/**
	 * A time that is free, with a person to book it.
	 *
	 * @return array<string, mixed> An item of a cart.
	 */
	protected function bookable( int $days = 3 ): array {
		$day = new DateTimeImmutable( "+$days days", wp_timezone() );
		while ( (int) $day->format( 'N' ) > 5 ) {
			$day = $day->modify( '+1 day' );
		}
		return array(
			'date'          => $day->format( 'Y-m-d' ),
			'time'          => '10:00',
			'customer_data' => array(
				'email'      => 'chloe@visitors.example',
				'first_name' => 'Chloë',
				'last_name'  => 'Ñandú',
				'phone'      => '',
			),
		);
	}

	/**
	 * A visitor books.
	 */
	protected function book( ?string $session_id = self::SESSION, int $days = 3 ): int {
		$answer = $this->post( 'get_data', array( 'current_step' => 'confirm' ), $this->bookable( $days ), $session_id );
		$this->assertSame( 'ok', $answer['status'], (string) json_encode( $answer ) );
		return (int) $answer['id'];
	}

	protected function call( string $route, array $body ): WP_REST_Response {
		return $this->call_raw( $route, (string) json_encode( $body + array( 'site' => Sidecar::SITE ) ) );
	}

	protected function call_raw( string $route, string $body, string $signature = 'good' ): WP_REST_Response {
		$request = new WP_REST_Request( 'POST', '/booking-recovery/v1/' . $route );
		$request->set_body( $body );
		$request->set_headers( Sidecar::headers( $body, $signature ) + array( 'content-type' => 'application/json' ) );
		$answer = rest_get_server()->dispatch( $request );
		return is_wp_error( $answer ) ? rest_convert_error_to_response( $answer ) : rest_ensure_response( $answer );
	}

	/**
	 * What the sidecar reads from the outbox.
	 *
	 * @return array<int, array<string, mixed>>
	 */
	protected function events( string $type = '' ): array {
		$answer = $this->call( 'outbox', array( 'action' => 'outbox.read', 'after_seq' => 0, 'limit' => 500 ) );
		$this->assertSame( 200, $answer->get_status() );
		$events = json_decode( (string) wp_json_encode( $answer->get_data()['events'] ), true );
		return array_values(
			array_filter(
				$events,
				static function ( array $event ) use ( $type ): bool {
					return '' === $type || $type === $event['type'];
				}
			)
		);
	}

	protected function types(): array {
		return array_column( $this->events(), 'type' );
	}

	protected function gateway(): Booknetic_Gateway {
		return new Booknetic_Gateway( new Recoveries(), new Recovery_Message() );
	}

	protected function check_in(): Check_In {
		return new Check_In( new Settings(), new Outbox(), $this->gateway() );
	}

	protected function delivery( ?Outbox $outbox = null ): Delivery {
		$outbox = $outbox ?? new Outbox();
		return new Delivery( new Settings(), $outbox, new Event_Composer( $this->gateway(), new Bookings(), new Suppressions(), $this->check_in(), $outbox ), $this->check_in(), new Sidecar_Client( new Signer() ), new Lock() );
	}

	protected function test_visit( bool $is_ready = true ): Test_Visit {
		$gateway = $this->gateway();
		if ( $is_ready ) {
			$gateway->register();
		}
		$visits  = new Test_Visits( new Lock() );
		$stages  = new Visit_Stages( new Outbox(), $this->delivery(), new Recoveries(), new Suppressions(), $this->check_in(), new Settings() );
		return new Test_Visit( $visits, new Visit_Robot( $visits, $gateway, new Consent( new Policy( new Settings() ), new Consent_Ledger() ) ), $stages, new Assumptions(), new Lock() );
	}

	protected function settings_page(): Settings_Page {
		return new Settings_Page( new Settings(), $this->check_in(), new Outbox(), new Round_Trip( new Settings(), $this->check_in(), $this->delivery(), $this->gateway() ), new Test_Visit_Section( $this->test_visit(), $this->delivery() ), new Choices_Section( new Settings(), new Policy( new Settings() ) ), new Workflows_Section( $this->gateway(), new Policy( new Settings() ) ), $this->opt_outs() );
	}

	protected function opt_outs(): Opt_Out_Section {
		$contacts = new Contacts( new Suppressions(), new Outbox(), new Recoveries(), new Sessions(), new Consent_Ledger(), new Opt_Out_Tokens() );
		return new Opt_Out_Section( new Opt_Out_List( $contacts, new Outbox() ), new Suppressions() );
	}

	protected function status_page(): Status_Page {
		return new Status_Page( new Settings(), new Sidecar_Client( new Signer() ) );
	}

	protected function owners_page(): string {
		require_once ABSPATH . 'wp-admin/includes/template.php';
		require_once ABSPATH . 'wp-admin/includes/plugin.php';
		wp_set_current_user( 1 );
		ob_start();
		$this->settings_page()->render();
		wp_set_current_user( 0 );
		return (string) ob_get_clean();
	}

	protected function trigger_body( array $other = array() ): array {
		return $other + array(
			'action'       => 'recoveries.trigger',
			'recovery_id'  => self::SESSION . '.1',
			'session_id'   => self::SESSION,
			'number'       => 1,
			'contact'      => array(
				'email'      => 'chloe@visitors.example',
				'first_name' => 'Chloë',
			),
			'selection'    => array(
				'service' => array(
					'id'   => 1,
					'name' => 'Färben & Schneiden',
				),
				'staff'   => array( 'id' => 999 ),
				'date'    => '2199-01-02',
				'time'    => '10:30',
			),
			'page_url'     => home_url( '/book/' ),
			'resume_token' => 'tok_12345678',
		);
	}
}
