<?php
/**
 * The bridge's tables and options: made, brought up to date, removed.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Knows every name that the bridge leaves in the database.
 */
final class Schema {

	private const VERSION = '5';
	private const OPTION  = 'booking_recovery_schema';
	private const TABLES  = array( 'outbox', 'sessions', 'recoveries', 'conversions', 'suppressions', 'opt_out_tokens', 'contact_requests', 'address_rates', 'consents' );
	private const SHARED  = 'bookings';
	private const OPTIONS = array( self::OPTION, Settings::OPTION, Policy::OPTION, Outbox::OPTION, Outbox::DROPPED_OPTION, Outbox::UNWRITTEN_OPTION, Check_In::OPTION, Check_In::CALL_OPTION, Delivery::OPTION, Sidecar_Client::OPTION, Test_Visits::OPTION );

	/**
	 * The full name of a table on the current blog. The one about Booknetic's appointments is shared by all blogs of a
	 * network, as those are.
	 */
	public static function table( string $name ): string {
		global $wpdb;
		return ( self::SHARED === $name ? $wpdb->base_prefix : $wpdb->prefix ) . 'booking_recovery_' . $name;
	}

	/**
	 * Makes the tables where this version has not made them yet. Updates run no activation hook, hence the option.
	 */
	public static function ensure(): void {
		if ( self::VERSION === get_option( self::OPTION ) || wp_doing_ajax() ) {
			return;
		}
		self::make();
	}

	/**
	 * Makes what is missing of the tables, also where somebody has taken it away. For the activation of the plugin.
	 */
	public static function make(): void {
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		dbDelta( self::definitions() );
		add_option( Outbox::OPTION, Outbox::new_id() );
		update_option( self::OPTION, self::VERSION );
	}

	/**
	 * Removes everything of a blog that is being deleted.
	 *
	 * @param \WP_Site $blog The blog.
	 */
	public static function remove_with( $blog ): void {
		Network::in_blog(
			(int) $blog->id,
			static function (): void {
				global $wpdb;
				self::remove();
				$wpdb->delete( self::table( self::SHARED ), array( 'blog_id' => get_current_blog_id() ), '%d' );
			}
		);
	}

	/**
	 * Removes everything that is the current blog's alone.
	 */
	public static function remove(): void {
		global $wpdb;
		foreach ( self::TABLES as $name ) {
			$wpdb->query( 'DROP TABLE IF EXISTS ' . self::table( $name ) );
		}
		foreach ( self::OPTIONS as $option ) {
			delete_option( $option );
		}
		delete_transient( Summary::TRANSIENT );
		delete_metadata( 'user', 0, $wpdb->get_blog_prefix() . Stuck_Notice::OPTION, '', true );
		wp_clear_scheduled_hook( Plugin::CRON );
	}

	/**
	 * Removes what no blog has alone, and what is left of blogs that were deleted while the bridge was not there to see.
	 */
	public static function remove_shared(): void {
		global $wpdb;
		$like  = $wpdb->esc_like( $wpdb->base_prefix ) . '%' . $wpdb->esc_like( 'booking_recovery_' ) . '%';
		$names = implode( '|', array_merge( self::TABLES, array( self::SHARED ) ) );
		foreach ( $wpdb->get_col( $wpdb->prepare( 'SHOW TABLES LIKE %s', $like ) ) as $table ) {
			if ( 1 === preg_match( '/\A' . preg_quote( $wpdb->base_prefix, '/' ) . "(\d+_)?booking_recovery_($names)\z/", $table ) ) {
				$wpdb->query( "DROP TABLE $table" );
			}
		}
	}

	/**
	 * One CREATE TABLE a table, in the spelling that dbDelta compares by.
	 *
	 * @return string[]
	 */
	private static function definitions(): array {
		$id      = 'varchar(64) CHARACTER SET ascii COLLATE ascii_bin';
		$sha256  = 'char(64) CHARACTER SET ascii COLLATE ascii_bin';
		$charset = $GLOBALS['wpdb']->get_charset_collate();
		$bodies  = array(
			'outbox'           => "seq bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				type varchar(40) NOT NULL,
				session_id $id,
				occurred_at bigint(20) unsigned NOT NULL,
				data longtext NOT NULL,
				delivered_at int(10) unsigned,
				PRIMARY KEY  (seq),
				KEY delivered_at (delivered_at),
				KEY session_id (session_id)",
			'sessions'         => "session_id $id NOT NULL,
				step_hash char(32) NOT NULL DEFAULT '',
				contact_hash char(32) NOT NULL DEFAULT '',
				token_hash char(32) NOT NULL DEFAULT '',
				person_key $sha256 NOT NULL DEFAULT '',
				signals tinyint(3) unsigned NOT NULL DEFAULT 0,
				seen_at int(10) unsigned NOT NULL,
				PRIMARY KEY  (session_id),
				KEY seen_at (seen_at),
				KEY person_key (person_key)",
			'bookings'         => "appointment_id bigint(20) unsigned NOT NULL,
				blog_id bigint(20) unsigned NOT NULL DEFAULT 1,
				booking_key $id NOT NULL,
				session_id $id,
				appointment text NOT NULL,
				created_at int(10) unsigned NOT NULL,
				confirmed_at int(10) unsigned,
				deleted_at int(10) unsigned,
				PRIMARY KEY  (appointment_id),
				KEY booking_key (booking_key),
				KEY session_id (session_id)",
			'recoveries'       => 'recovery_id varchar(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
				request mediumtext,
				answer text,
				claimed_at int(10) unsigned NOT NULL,
				PRIMARY KEY  (recovery_id),
				KEY claimed_at (claimed_at)',
			'conversions'      => "conversion_id $id NOT NULL,
				revision bigint(20) unsigned NOT NULL,
				conversion mediumtext NOT NULL,
				announced_at int(10) unsigned,
				PRIMARY KEY  (conversion_id)",
			'suppressions'     => "cursor_no bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				person_key $sha256 NOT NULL,
				op varchar(16) NOT NULL,
				via varchar(16) NOT NULL,
				at int(10) unsigned NOT NULL,
				PRIMARY KEY  (cursor_no),
				UNIQUE KEY person_key (person_key)",
			'opt_out_tokens'   => "token_hash $sha256 NOT NULL,
				person_key $sha256 NOT NULL DEFAULT '',
				seen_at int(10) unsigned NOT NULL,
				PRIMARY KEY  (token_hash,person_key)",
			'consents'         => "id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
				session_id $id NOT NULL,
				person_key $sha256 NOT NULL,
				basis varchar(16) NOT NULL,
				wording text NOT NULL,
				page varchar(1000) NOT NULL,
				at int(10) unsigned NOT NULL,
				PRIMARY KEY  (id),
				KEY session_id (session_id),
				KEY person_key (person_key),
				KEY at (at)",
			'contact_requests' => "request_id $id NOT NULL,
				answer text NOT NULL,
				done_at int(10) unsigned NOT NULL,
				PRIMARY KEY  (request_id),
				KEY done_at (done_at)",
			'address_rates'    => "network_hash $sha256 NOT NULL,
				hour int(10) unsigned NOT NULL,
				given int(10) unsigned NOT NULL,
				PRIMARY KEY  (network_hash,hour)",
		);
		$sql     = array();
		foreach ( $bodies as $name => $body ) {
			$lines = preg_replace( '/^\s+/m', '', $body );
			$sql[] = 'CREATE TABLE ' . self::table( $name ) . " (\n$lines\n) ENGINE=InnoDB $charset;";
		}
		return $sql;
	}
}
