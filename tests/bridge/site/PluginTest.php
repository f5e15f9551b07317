<?php
/**
 * What the plugin adds to a site, and what it leaves behind.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Lock;
use Booking_Recovery\Message_Filter;
use Booking_Recovery\Outbox;
use Booking_Recovery\Plugin;
use Booking_Recovery\Policy;
use Booking_Recovery\Schema;
use Booking_Recovery\Settings;
use Booking_Recovery\Sidecar_Client;
use Booking_Recovery\Signer;
use Booking_Recovery\Status_Page;
use Booking_Recovery\Stuck_Notice;
use Booking_Recovery\Summary;
use Booking_Recovery\Test_Visits;

/**
 * @covers \Booking_Recovery\Plugin
 * @covers \Booking_Recovery\Schema
 * @covers \Booking_Recovery\Session_Script
 * @covers \Booking_Recovery\Settings_Page
 */
final class PluginTest extends Site_Test_Case {

	private function footer(): string {
		ob_start();
		do_action( 'wp_footer' );
		return (string) ob_get_clean();
	}

	public function test_only_pages_with_a_form_carry_the_script(): void {
		$this->assertStringNotContainsString( 'booking_recovery', $this->footer() );

		do_shortcode( '[booknetic]' );

		$this->assertSame( 1, substr_count( $this->footer(), "KEY = 'booking_recovery'" ) );
	}

	public function test_the_page_names_the_connection_and_shows_no_secret(): void {
		$page = $this->owners_page();

		$this->assertStringContainsString( 'Connected to http://127.0.0.1:9 as site salon.', $page );
		$this->assertStringContainsString( 'BOOKING_RECOVERY_CODE', $page );
		$this->assertStringNotContainsString( 'whsec_', $page );
		$this->assertStringNotContainsString( 'brc1.', $page );
	}

	public function test_the_page_tells_of_a_clock_that_is_off(): void {
		update_option( Sidecar_Client::OPTION, 3660 );

		$this->assertStringContainsString( 'The clock of this server is 1 hour behind the sidecar', $this->owners_page() );
	}

	public function test_strangers_see_no_page(): void {
		ob_start();
		$this->settings_page()->render();

		$this->assertSame( '', ob_get_clean() );
	}

	public function test_nothing_is_left_of_a_removed_plugin(): void {
		global $wpdb;
		$kept = get_option( Settings::OPTION );
		Plugin::start_cron();
		$this->gateway()->write_conversion( $this->book(), array( 'status' => 'active' ) );
		$this->gateway()->write_filter( $this->add_workflow(), new Message_Filter( array( 1 ), '' ) );
		( new Test_Visits( new Lock() ) )->add( Test_Visits::new_id(), '', array(), Test_Visits::now() );
		( new Policy( new Settings() ) )->hear( array( 'defaults' => array( 'consent' => 'opt_in' ) ) );
		( new Summary( new Settings(), new Sidecar_Client( new Signer() ) ) )->refresh();
		update_user_option( 1, Stuck_Notice::OPTION, 'since.0' );

		$this->assertSame( '', $this->uninstall() );
		wp_cache_flush();
		$tables  = $wpdb->get_col( "SHOW TABLES LIKE '%booking\\_recovery%'" );
		$options = $wpdb->get_col( "SELECT option_name FROM $wpdb->options WHERE option_name LIKE 'booking\\_recovery%' OR option_name LIKE '\\_transient%booking\\_recovery%'" );
		$hidden  = $wpdb->get_col( "SELECT meta_value FROM $wpdb->usermeta WHERE meta_key LIKE '%booking\\_recovery%'" );
		$cron    = wp_next_scheduled( Plugin::CRON );
		$beside  = $wpdb->get_col( "SELECT data_value FROM {$wpdb->base_prefix}bkntc_data" );
		$filters = $wpdb->get_col( "SELECT data FROM {$wpdb->base_prefix}bkntc_workflows" );
		Schema::ensure();
		update_option( Settings::OPTION, $kept );

		$this->assertSame( array( array(), array(), array(), false, array(), array( '{}' ) ), array( $tables, $options, $hidden, $cron, $beside, $filters ) );
		$this->assertNotSame( '', ( new Outbox() )->id() );
	}

	public function test_an_older_versions_tables_are_brought_up_to_date(): void {
		global $wpdb;
		$wpdb->query( 'ALTER TABLE ' . Schema::table( 'sessions' ) . ' DROP COLUMN person_key' );
		$wpdb->query( 'ALTER TABLE ' . Schema::table( 'conversions' ) . ' DROP COLUMN announced_at' );
		$wpdb->query( 'DROP TABLE ' . Schema::table( 'suppressions' ) );
		( new Outbox() )->add( 'site.checked_in', null, array() );
		$name = ( new Outbox() )->id();
		update_option( 'booking_recovery_schema', '1' );

		Schema::ensure();

		foreach ( array( 'sessions' => 'person_key', 'conversions' => 'announced_at', 'suppressions' => 'person_key' ) as $table => $column ) {
			$this->assertSame( $column, $wpdb->get_var( 'SHOW COLUMNS FROM ' . Schema::table( $table ) . " LIKE '$column'" ) );
		}
		$this->assertSame( array( $name, 1 ), array( ( new Outbox() )->id(), ( new Outbox() )->last_seq() ) );
	}

	/**
	 * As WordPress does it: in a request in which the plugin is not active any more.
	 */
	private function uninstall(): string {
		$code = '$wp_filter = array( "pre_option_active_plugins" => array( 10 => array( array( "function" => static function () { return array(); }, "accepted_args" => 0 ) ) ) );'
			. 'require "wp-load.php"; if ( class_exists( "Booking_Recovery\Plugin" ) ) { exit( "It is active." ); }'
			. 'define( "WP_UNINSTALL_PLUGIN", "booking-recovery-bridge/booking-recovery-bridge.php" ); require WP_PLUGIN_DIR . "/booking-recovery-bridge/uninstall.php";';
		return (string) shell_exec( 'cd ' . escapeshellarg( ABSPATH ) . ' && ' . escapeshellarg( PHP_BINARY ) . ' -r ' . escapeshellarg( $code ) . ' 2>&1' );
	}

	public function test_only_who_may_change_the_site_is_logged_in_there(): void {
		$this->sidecar->says = array( '/bridge/salon/login' => array( 'url' => 'https://status.example/in?t=1' ) );
		$editor              = wp_insert_user( array( 'user_login' => 'writer', 'user_pass' => 'x', 'user_email' => 'writer@example.com', 'role' => 'editor' ) );
		try {
			$this->assertSame( 'You may not do that.', $this->opens_the_status_page( $editor ) );
			$this->assertSame( array(), $this->sidecar->asked );
			$this->assertSame( 'https://status.example/in?t=1', $this->opens_the_status_page( 1 ) );
			$this->sidecar->says = array();
			$this->assertStringContainsString( 'test the connection', $this->opens_the_status_page( 1 ) );
		} finally {
			require_once ABSPATH . 'wp-admin/includes/user.php';
			wp_delete_user( $editor );
		}
	}

	/**
	 * Presses the button; what is said, or where it leads, is not gone to.
	 */
	private function opens_the_status_page( int $user ): string {
		$stop = static function ( $said ): void {
			throw new RuntimeException( $said );
		};
		$die  = static function () use ( $stop ): callable {
			return $stop;
		};
		add_filter( 'wp_redirect', $stop );
		add_filter( 'wp_die_handler', $die );
		wp_set_current_user( $user );
		$_REQUEST['_wpnonce'] = wp_create_nonce( Status_Page::ACTION );
		try {
			$this->status_page()->open();
		} catch ( RuntimeException $e ) {
			return $e->getMessage();
		} finally {
			remove_filter( 'wp_redirect', $stop );
			remove_filter( 'wp_die_handler', $die );
			wp_set_current_user( 0 );
			unset( $_REQUEST['_wpnonce'] );
		}
	}

	public function test_the_sidecars_log_in_is_asked_for_signed_and_used_only_if_it_is_an_address(): void {
		$addresses = array( 'https://status.example/in?t=1' => 'https://status.example/in?t=1', '/in?t=1' => 'http://127.0.0.1:9/in?t=1', 'javascript:alert(1)' => null, '' => null );
		foreach ( $addresses as $said => $used ) {
			$this->sidecar->says = array( '/bridge/salon/login' => array( 'url' => $said ) );
			$this->assertSame( $used, $this->status_page()->log_in( 'ann' ) );
		}
		$this->assertSame( array( 'site' => 'salon', 'action' => 'login.create', 'user' => 'ann', 'role' => 'support' ), $this->sidecar->asked[0] );
		$this->sidecar->says = array();
		$this->assertNull( $this->status_page()->log_in( 'ann' ) );
	}
}
