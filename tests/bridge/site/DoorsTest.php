<?php
/**
 * Every door of the plugin is closed to whoever may not come in; also doors that do not exist yet are found here.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Plugin;
use Booking_Recovery\Settings;
use Booking_Recovery\Settings_Form;

/**
 * @covers \Booking_Recovery\Signed_Routes
 * @covers \Booking_Recovery\Status_Page
 * @covers \Booking_Recovery\Test_Visit_Section
 * @covers \Booking_Recovery\Settings_Page
 */
final class DoorsTest extends Site_Test_Case {

	/**
	 * Role => id of a user who has it.
	 *
	 * @var array<string, int>
	 */
	private $made = array();

	protected function setUp(): void {
		parent::setUp();
		require_once ABSPATH . 'wp-admin/includes/user.php';
		require_once ABSPATH . 'wp-admin/includes/template.php';
		require_once ABSPATH . 'wp-admin/includes/plugin.php';
		require_once ABSPATH . 'wp-admin/includes/class-wp-screen.php';
		require_once ABSPATH . 'wp-admin/includes/screen.php';
		add_filter( 'wp_die_handler', array( $this, 'end' ) );
		add_filter( 'wp_die_ajax_handler', array( $this, 'end' ) );
		add_filter( 'wp_doing_ajax', '__return_true' );
		add_filter( 'wp_redirect', array( $this, 'refuse_to_leave' ) );
	}

	protected function tearDown(): void {
		foreach ( array( 'wp_die_handler', 'wp_die_ajax_handler', 'wp_doing_ajax', 'wp_redirect' ) as $hook ) {
			remove_all_filters( $hook );
		}
		wp_set_current_user( 0 );
		array_map( 'wp_delete_user', $this->made );
		$_POST    = array();
		$_REQUEST = array();
		parent::tearDown();
	}

	public function end(): callable {
		return static function ( $_message, $_title = '', $args = array() ): void {
			throw new DomainException( 'refused', is_array( $args ) ? (int) ( $args['response'] ?? 403 ) : (int) $args );
		};
	}

	public function refuse_to_leave(): void {
		$this->fail( 'Somebody was sent on who may not come in.' );
	}

	private function user( string $role ): int {
		$this->made[ $role ] = $this->made[ $role ] ?? wp_insert_user(
			array(
				'user_login' => "door-$role",
				'user_pass'  => wp_generate_password(),
				'role'       => $role,
			)
		);
		return $this->made[ $role ];
	}

	/**
	 * What the bridge hangs on WordPress's own entrances for the browsers of users and strangers.
	 *
	 * @return array<string, callable[]> Hook => callbacks.
	 */
	private function entrances(): array {
		$hung = array();
		foreach ( array( 1, 0 ) as $user ) {
			wp_set_current_user( $user );
			foreach ( $this->wired() as $hook => $callbacks ) {
				if ( 1 === preg_match( '/\A(wp_ajax|admin_post|admin_action|load)_/', (string) $hook ) ) {
					$hung[ $hook ] = array_column( array_merge( ...array_values( array_map( 'array_values', $callbacks->callbacks ) ) ), 'function' );
				}
			}
		}
		return $hung;
	}

	/**
	 * What the bridge hangs on hooks in a request of wp-admin.
	 *
	 * @return array<string, WP_Hook>
	 */
	private function wired(): array {
		$before = $GLOBALS['wp_filter'];
		set_current_screen( 'dashboard' );
		$GLOBALS['wp_filter'] = array();
		( new Plugin( WP_PLUGIN_DIR . '/booking-recovery-bridge/booking-recovery-bridge.php' ) )->wire();
		$wired = $GLOBALS['wp_filter'];

		$GLOBALS['wp_filter'] = $before;
		unset( $GLOBALS['current_screen'] );
		return $wired;
	}

	private function is_refused( callable $entrance ): bool {
		ob_start();
		try {
			$entrance();
			return false;
		} catch ( DomainException $e ) {
			return true;
		} finally {
			$said = (string) ob_get_clean();
			$this->assertStringNotContainsString( 'whsec_', $said );
		}
	}

	public function test_no_entrance_of_wp_admin_lets_in_who_may_not_or_brings_no_nonce(): void {
		$entrances = $this->entrances();
		$this->assertContains( 'admin_post_booking_recovery_open', array_keys( $entrances ) );
		$this->assertContains( 'wp_ajax_booking_recovery_visit', array_keys( $entrances ) );
		$this->assertSame( array(), preg_grep( '/_nopriv_/', array_keys( $entrances ) ), 'There is none for strangers.' );
		foreach ( $entrances as $hook => $callbacks ) {
			$action = (string) preg_replace( '/\A(wp_ajax|admin_post)_/', '', $hook );
			foreach ( $callbacks as $callback ) {
				foreach ( array( 'subscriber', 'customer', 'editor' ) as $role ) {
					wp_set_current_user( $this->user( $role ) );
					$_REQUEST = array( '_wpnonce' => wp_create_nonce( $action ), '_ajax_nonce' => wp_create_nonce( $action ), 'nonce' => wp_create_nonce( $action ) );
					$_POST    = $_REQUEST;
					$this->assertTrue( $this->is_refused( $callback ), "$hook as $role" );
				}
				wp_set_current_user( 1 );
				foreach ( array( array(), array( '_wpnonce' => 'x' ), array( '_wpnonce' => wp_create_nonce( 'another' ) ) ) as $fields ) {
					$_REQUEST = $fields;
					$_POST    = $fields;
					$this->assertTrue( $this->is_refused( $callback ), "$hook without a nonce" );
				}
			}
		}
		$this->assertSame( array(), $this->sidecar->asked );
		$this->assertSame( array(), $this->sidecar->messages );
	}

	/**
	 * @dataProvider buttons
	 */
	public function test_no_button_of_the_settings_works_without_a_nonce_or_for_who_may_not( string $button ): void {
		update_option( Settings::OPTION, array( 'paused' => true ) );
		$before = get_option( Settings::OPTION );
		$fields = array(
			'do'        => $button,
			'code'      => Sidecar::code(),
			'people'    => 'somebody@visitors.example',
			'paused'    => '',
			'recovery'  => array( 'abandon_after' => '1m' ),
			'workflows' => array( 1 => array() ),
		);
		$render = array( $this->settings_page(), 'render' );
		wp_set_current_user( 1 );
		foreach ( array( array(), array( '_wpnonce' => 'x' ), array( '_wpnonce' => wp_create_nonce( 'another' ) ) ) as $nonce ) {
			$_POST    = $nonce + array( Settings_Form::FIELD => $fields );
			$_REQUEST = $_POST;
			$this->assertTrue( $this->is_refused( $render ), 'without a nonce' );
		}
		wp_set_current_user( $this->user( 'subscriber' ) );
		$_POST    = array( '_wpnonce' => wp_create_nonce( Settings_Form::NONCE ), Settings_Form::FIELD => $fields );
		$_REQUEST = $_POST;
		ob_start();
		$render();

		$this->assertSame( '', ob_get_clean(), 'Who may not sees nothing.' );
		$this->assertSame( $before, get_option( Settings::OPTION ) );
		$this->assertSame( array(), $this->sidecar->messages );
	}

	public function buttons(): array {
		return array_map(
			static function ( string $button ): array {
				return array( $button );
			},
			array( 'connect', 'test', 'remove', 'choose', 'limit', 'opt_out', 'visit', 'something else' )
		);
	}

	public function test_every_route_refuses_whoever_has_not_signed_also_an_administrator(): void {
		$routes = array_filter(
			array_keys( rest_get_server()->get_routes( 'booking-recovery/v1' ) ),
			static function ( string $route ): bool {
				return '/booking-recovery/v1' !== $route;
			}
		);
		$this->assertGreaterThan( 7, count( $routes ) );
		foreach ( array( 0, 1 ) as $user ) {
			wp_set_current_user( $user );
			foreach ( $routes as $route ) {
				foreach ( array( 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD' ) as $method ) {
					foreach ( array( 'none', 'wrong', 'stale', 'other secret' ) as $signature ) {
						$request = new WP_REST_Request( $method, $route );
						$request->set_body( '{"site":"salon","action":"status.read"}' );
						$request->set_headers( Sidecar::headers( $request->get_body(), $signature ) + array( 'content-type' => 'application/json' ) );
						$answer = rest_get_server()->dispatch( $request );
						$answer = is_wp_error( $answer ) ? rest_convert_error_to_response( $answer ) : $answer;
						$this->assertSame( array( 401, 'rest_not_signed' ), array( $answer->get_status(), $answer->get_data()['code'] ), "$method $route, $signature" );
					}
				}
			}
		}
	}
}
