<?php
/**
 * The wiring.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Makes every part and hangs it on its hooks, on one screen. What concerns Booknetic's hooks stands in Booknetic_Events.
 */
final class Plugin {

	public const CRON          = 'booking_recovery_tend';
	private const CRON_RHYTHM  = 'booking_recovery_rhythm';
	private const CRON_SECONDS = 5 * MINUTE_IN_SECONDS;

	/**
	 * The plugin's main file.
	 *
	 * @var string
	 */
	private $file;

	/**
	 * Takes the plugin's main file.
	 */
	public function __construct( string $file ) {
		$this->file = $file;
	}

	/**
	 * Waits for WordPress.
	 */
	public function run(): void {
		register_activation_hook( $this->file, array( Schema::class, 'make' ) );
		register_deactivation_hook( $this->file, array( self::class, 'stop' ) );
		add_filter( 'cron_schedules', array( self::class, 'add_rhythm' ) );
		// Before Booknetic starts, at 10, and after translations may be loaded.
		add_action( 'init', array( $this, 'wire' ), 1 );
	}

	/**
	 * Wires everything.
	 */
	public function wire(): void {
		load_plugin_textdomain( 'booking-recovery-bridge', false, dirname( plugin_basename( $this->file ) ) . '/languages' );
		Schema::ensure();
		$settings   = new Settings();
		$policy     = new Policy( $settings );
		$signer     = new Signer();
		$client     = new Sidecar_Client( $signer );
		$lock       = new Lock();
		$outbox     = new Outbox();
		$sessions   = new Sessions();
		$bookings   = new Bookings();
		$recoveries = new Recoveries();
		$suppressed = new Suppressions();
		$ledger     = new Consent_Ledger();
		$tokens     = new Opt_Out_Tokens();
		$contacts   = new Contacts( $suppressed, $outbox, $recoveries, $sessions, $ledger, $tokens );
		$booknetic  = new Booknetic_Gateway( $recoveries, new Recovery_Message() );
		$check_in   = new Check_In( $settings, $outbox, $booknetic );
		$composer   = new Event_Composer( $booknetic, $bookings, $suppressed, $check_in, $outbox );
		$delivery   = new Delivery( $settings, $outbox, $composer, $check_in, $client, $lock );
		$routes     = new Signed_Routes( $settings, $signer, $check_in );
		$round_trip = new Round_Trip( $settings, $check_in, $delivery, $booknetic );
		$consent    = new Consent( $policy, $ledger );
		$visits     = new Test_Visits( $lock );
		$visitor    = new Visitor( $visits );
		$honeypot   = new Honeypot();
		$rate       = new Address_Rate();
		$counted_on = new Assumptions();
		$stages     = new Visit_Stages( $outbox, $delivery, $recoveries, $suppressed, $check_in, $settings );
		$visit      = new Test_Visit( $visits, new Visit_Robot( $visits, $booknetic, $consent ), $stages, $counted_on, $lock );
		$tested     = new Test_Visit_Section( $visit, $delivery );
		$page       = new Settings_Page( $settings, $check_in, $outbox, $round_trip, $tested, new Choices_Section( $settings, $policy ), new Workflows_Section( $booknetic, $policy ), new Opt_Out_Section( new Opt_Out_List( $contacts, $outbox ), $suppressed ) );

		$health     = new Health( $settings, $policy, $outbox, $delivery, $check_in, $round_trip );
		$glance     = new Glance( new Summary( $settings, $client ) );
		$stuck      = new Stuck_Notice( $health, $outbox );

		$booknetic->listen();
		$events = new Booknetic_Events( $settings, $sessions, $bookings, $outbox, $booknetic, $visitor, $consent, new Bot_Signals( $visitor, $honeypot, $outbox ), $rate );
		if ( null !== $settings->connection() || is_multisite() ) {
			$events->listen_to_bookings();
			add_action( 'shutdown', array( $delivery, 'run_behind_response' ), PHP_INT_MAX );
		}
		if ( null !== $settings->connection() ) {
			$script = new Session_Script();
			$events->listen_to_visitors();
			( new Visit_Witness( $visits, $counted_on ) )->listen();
			$events->on_form( array( $script, 'need' ) );
			$events->on_contact_fields( array( $consent, 'render' ) );
			$events->on_contact_fields( array( $honeypot, 'render' ) );
			add_action( 'wp_footer', array( $script, 'print_inline' ) );
			add_action( 'init', array( $check_in, 'record_new_connection' ), 30 );
			add_action( 'admin_init', array( $check_in, 'record_changes' ) );
			add_action( 'add_option_' . Settings::OPTION, array( $check_in, 'record_settings' ), 10, 2 );
			add_action( 'update_option_' . Settings::OPTION, array( $check_in, 'record_settings' ), 10, 2 );
			add_action( self::CRON, array( $check_in, 'record_changes' ) );
			add_action( self::CRON, array( $delivery, 'run_in_background' ) );
		}
		foreach ( array( $outbox, $sessions, $bookings, $recoveries, $contacts, $tokens, $visits, $rate, $ledger ) as $kept ) {
			add_action( self::CRON, array( $kept, 'prune' ) );
		}

		add_action( self::CRON, array( $outbox, 'drop_hopeless' ) );

		add_action( 'wp_loaded', array( new Opt_Out_Page( $tokens, $contacts, $outbox ), 'serve' ) );
		( new Privacy( $contacts, $outbox, $suppressed, $ledger ) )->listen();

		add_filter( 'rest_pre_dispatch', array( $routes, 'refuse_strangers' ), 10, 3 );
		$controllers = array(
			new Recoveries_Controller( new Recovery_Run( $recoveries, new Last_Look( $bookings, $booknetic, $suppressed, $check_in ), $tokens, $booknetic, $lock ) ),
			new Conversions_Controller( new Conversions(), $booknetic ),
			new Contacts_Controller( $contacts ),
			new Suppressions_Controller( $suppressed ),
			new Outbox_Controller( $outbox, $composer ),
			new Visits_Controller( $visit ),
			new Status_Controller( $settings, $check_in, $outbox, $booknetic, $policy ),
		);
		add_action(
			'rest_api_init',
			static function () use ( $controllers, $routes ): void {
				foreach ( $controllers as $controller ) {
					$controller->register( $routes );
				}
			}
		);

		add_action( 'admin_menu', array( new Overview_Page( $health, $glance ), 'add_page' ) );
		add_action( 'admin_menu', array( $page, 'add_page' ) );
		add_action( 'admin_menu', array( $page, 'lead_on' ) );
		add_action( 'wp_dashboard_setup', array( new Dashboard_Widget( $health, $glance ), 'add' ) );
		add_filter( 'site_status_tests', array( new Site_Health( $health ), 'add_tests' ) );
		add_action( 'admin_post_' . Status_Page::ACTION, array( new Status_Page( $settings, $client ), 'open' ) );
		add_action( 'admin_post_' . Stuck_Notice::ACTION, array( $stuck, 'hide' ) );
		add_action( 'wp_ajax_' . Glance::ACTION, array( $glance, 'answer' ) );
		add_action( 'wp_ajax_' . Test_Visit_Section::ACTION, array( $tested, 'answer' ) );
		add_filter( 'pre_update_option_' . Settings::OPTION, array( Settings::class, 'count_change' ), 10, 2 );
		add_action( 'admin_init', array( self::class, 'start_cron' ) );
		add_action( 'admin_notices', array( $page, 'render_notice' ) );
		add_action( 'admin_notices', array( $stuck, 'render' ) );
		add_action( 'admin_notices', array( new Booknetic_Notice( $settings, $booknetic ), 'render' ) );
		// Before WordPress drops the blog's own tables.
		add_action( 'wp_uninitialize_site', array( Schema::class, 'remove_with' ), 5 );
	}

	/**
	 * Adds the rhythm of our cron event.
	 *
	 * @param array<string, array<string, mixed>> $schedules Of others.
	 * @return array<string, array<string, mixed>>
	 */
	public static function add_rhythm( $schedules ): array {
		$schedules[ self::CRON_RHYTHM ] = array(
			'interval' => self::CRON_SECONDS,
			'display'  => 'Booking Recovery',
		);
		return $schedules;
	}

	/**
	 * Schedules our cron event.
	 */
	public static function start_cron(): void {
		if ( false === wp_next_scheduled( self::CRON ) ) {
			wp_schedule_event( time() + self::CRON_SECONDS, self::CRON_RHYTHM, self::CRON );
		}
	}

	/**
	 * Leaves no cron event behind.
	 *
	 * @param bool $on_every_blog Whether the plugin is switched off for the whole network.
	 */
	public static function stop( bool $on_every_blog = false ): void {
		$clear = static function (): void {
			wp_clear_scheduled_hook( self::CRON );
		};
		if ( $on_every_blog ) {
			Network::in_every_blog( $clear );
		} else {
			$clear();
		}
	}
}
