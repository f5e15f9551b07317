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
	 * Wires everything. Parts that only some requests need are made when their hooks are called.
	 */
	public function wire(): void {
		load_plugin_textdomain( 'booking-recovery-bridge', false, dirname( plugin_basename( $this->file ) ) . '/languages' );
		Schema::ensure();
		$parts        = new Parts();
		$outbox       = $parts->get( Outbox::class );
		$is_connected = null !== $parts->get( Settings::class )->connection();

		$parts->get( Booknetic_Gateway::class )->listen();
		if ( $is_connected || is_multisite() ) {
			Booknetic_Events::listen_to_bookings( $parts );
			add_action(
				'shutdown',
				static function () use ( $outbox, $parts ): void {
					if ( array() !== $outbox->grown() ) {
						self::work_behind_response( $parts );
					}
				},
				PHP_INT_MAX
			);
		}
		if ( $is_connected ) {
			self::wire_form( $parts );
			self::wire_check_in( $parts );
			add_action( self::CRON, $parts->call( Delivery::class, 'run_in_background' ) );
		}
		foreach ( array( Outbox::class, Sessions::class, Bookings::class, Recoveries::class, Contacts::class, Opt_Out_Tokens::class, Test_Visits::class, Address_Rate::class, Consent_Ledger::class ) as $kept ) {
			add_action( self::CRON, $parts->call( $kept, 'prune' ) );
		}
		add_action( self::CRON, array( $outbox, 'drop_hopeless' ) );
		if ( ! wp_doing_ajax() && isset( $_GET[ Opt_Out_Tokens::PARAM ] ) ) {
			add_action( 'wp_loaded', $parts->call( Opt_Out_Page::class, 'serve' ) );
		}
		add_filter( 'wp_privacy_personal_data_exporters', $parts->call( Privacy::class, 'add_exporter' ) );
		add_filter( 'wp_privacy_personal_data_erasers', $parts->call( Privacy::class, 'add_eraser' ) );
		add_filter( 'site_status_tests', $parts->call( Site_Health::class, 'add_tests' ) );
		add_filter( 'pre_update_option_' . Settings::OPTION, array( Settings::class, 'count_change' ), 10, 2 );
		// Before WordPress drops the blog's own tables.
		add_action( 'wp_uninitialize_site', array( Schema::class, 'remove_with' ), 5 );
		self::wire_routes( $parts );
		if ( is_admin() && is_user_logged_in() ) {
			self::wire_admin( $parts );
		}
	}

	/**
	 * What visitors see, and what they do in the form.
	 */
	private static function wire_form( Parts $parts ): void {
		$script = $parts->get( Session_Script::class );
		Booknetic_Events::listen_to_visitors( $parts );
		Booknetic_Events::on_form( array( $script, 'need' ) );
		Booknetic_Events::on_contact_fields( $parts->call( Consent::class, 'render' ) );
		Booknetic_Events::on_contact_fields( $parts->call( Honeypot::class, 'render' ) );
		add_action( 'wp_footer', array( $script, 'print_inline' ) );
		if ( '' !== Test_Visits::header() ) {
			$parts->get( Visit_Witness::class )->listen();
		}
	}

	/**
	 * Tells the sidecar who and where this site is.
	 */
	private static function wire_check_in( Parts $parts ): void {
		// A visitor's request tells it behind its answer.
		if ( ! wp_doing_ajax() ) {
			add_action( 'init', $parts->call( Check_In::class, 'record_new_connection' ), 30 );
			add_action( 'admin_init', $parts->call( Check_In::class, 'record_changes' ) );
		}
		add_action( 'add_option_' . Settings::OPTION, $parts->call( Check_In::class, 'record_settings' ), 10, 2 );
		add_action( 'update_option_' . Settings::OPTION, $parts->call( Check_In::class, 'record_settings' ), 10, 2 );
		add_action( self::CRON, $parts->call( Check_In::class, 'record_changes' ) );
	}

	/**
	 * What the sidecar calls.
	 */
	private static function wire_routes( Parts $parts ): void {
		add_filter( 'rest_pre_dispatch', $parts->call( Signed_Routes::class, 'refuse_strangers' ), 10, 3 );
		add_action(
			'rest_api_init',
			static function () use ( $parts ): void {
				foreach ( array( Recoveries_Controller::class, Conversions_Controller::class, Contacts_Controller::class, Suppressions_Controller::class, Outbox_Controller::class, Visits_Controller::class, Status_Controller::class ) as $controller ) {
					$parts->get( $controller )->register( $parts->get( Signed_Routes::class ) );
				}
			}
		);
	}

	/**
	 * What the owner and staff see.
	 */
	private static function wire_admin( Parts $parts ): void {
		add_action( 'admin_menu', $parts->call( Overview_Page::class, 'add_page' ) );
		add_action( 'admin_menu', $parts->call( Settings_Page::class, 'add_page' ) );
		add_action( 'admin_menu', $parts->call( Settings_Page::class, 'lead_on' ) );
		add_action( 'wp_dashboard_setup', $parts->call( Dashboard_Widget::class, 'add' ) );
		add_action( 'admin_notices', $parts->call( Settings_Page::class, 'render_notice' ) );
		add_action( 'admin_notices', $parts->call( Stuck_Notice::class, 'render' ) );
		add_action( 'admin_notices', $parts->call( Booknetic_Notice::class, 'render' ) );
		if ( ! wp_doing_ajax() ) {
			add_action( 'admin_init', array( self::class, 'start_cron' ) );
			add_action( 'admin_init', array( Privacy::class, 'suggest_policy' ) );
		}
		add_action( 'admin_post_' . Status_Page::ACTION, $parts->call( Status_Page::class, 'open' ) );
		add_action( 'admin_post_' . Stuck_Notice::ACTION, $parts->call( Stuck_Notice::class, 'hide' ) );
		add_action( 'wp_ajax_' . Glance::ACTION, $parts->call( Glance::class, 'answer' ) );
		add_action( 'wp_ajax_' . Test_Visit_Section::ACTION, $parts->call( Test_Visit_Section::class, 'answer' ) );
	}

	/**
	 * What a request that has added events does once the visitor has its answer.
	 */
	private static function work_behind_response( Parts $parts ): void {
		try {
			Response::send();
			$parts->get( Booknetic_Events::class )->remember();
			self::start_cron();
			$parts->get( Delivery::class )->run_behind_response();
		} catch ( \Throwable $e ) {
			Fault::note( $e );
		}
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
