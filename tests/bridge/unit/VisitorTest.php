<?php
/**
 * What is believed of a visitor's request.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Lock;
use Booking_Recovery\Test_Visits;
use Booking_Recovery\Visitor;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Visitor
 */
final class VisitorTest extends TestCase {

	protected function tearDown(): void {
		$_POST = array();
		unset( $_SERVER['REMOTE_ADDR'] );
		remove_all_filters( 'booking_recovery_visitor_address' );
		$this->store( array() );
		unset( $_SERVER['HTTP_USER_AGENT'] );
	}

	private function visitor(): Visitor {
		return new Visitor( new Test_Visits( new Lock() ) );
	}

	private function store( array $visits ): void {
		wp_cache_set( 'alloptions', array( Test_Visits::OPTION => $visits ) + wp_cache_get( 'alloptions', 'options' ), 'options' );
	}

	public function test_an_id_of_a_test_visit_is_only_the_robots_while_it_is_in_the_form(): void {
		$id    = Test_Visits::new_id();
		$visit = array(
			'began_at'   => Test_Visits::now(),
			'is_walking' => true,
		);

		$_POST[ Visitor::SESSION_FIELD ] = $id;
		$states = array(
			'under way'   => array( array( $id => $visit ), $id ),
			'another one' => array( array( Test_Visits::new_id() => $visit ), null ),
			'over'        => array( array( $id => array( 'is_walking' => false ) + $visit ), null ),
			'died'        => array( array( $id => array( 'began_at' => Test_Visits::now() - Test_Visits::LONGEST_WALK ) + $visit ), null ),
			'none'        => array( array(), null ),
		);
		foreach ( $states as $name => list( $visits, $taken ) ) {
			$this->store( $visits );
			$this->assertSame( $taken, $this->visitor()->session_id(), $name );
		}
	}

	/**
	 * @dataProvider session_ids
	 */
	public function test_only_ids_that_look_like_the_scripts_are_taken( $posted, ?string $id ): void {
		$_POST[ Visitor::SESSION_FIELD ] = $posted;

		$this->assertSame( $id, $this->visitor()->session_id() );
	}

	public function session_ids(): array {
		$id = '7f0c5d1e9a3b4c6d8e2f0a1b3c5d7e9f';
		return array(
			'the script\'s' => array( $id, $id ),
			'short'         => array( 'abc', null ),
			'line break'    => array( $id . "\n", null ),
			'quote'         => array( $id . "'", null ),
			'long'          => array( str_repeat( 'a', 65 ), null ),
			'list'          => array( array( $id ), null ),
			'missing'       => array( null, null ),
		);
	}

	/**
	 * @dataProvider pages
	 */
	public function test_the_page_lies_on_this_site_and_keeps_only_what_names_it( string $posted, string $page_url ): void {
		$_POST[ Visitor::PAGE_FIELD ] = $posted;

		$this->assertSame( $page_url, $this->visitor()->visit()['page_url'] );
	}

	public function pages(): array {
		return array(
			'path'             => array( '/book/', 'https://salon.example/book/' ),
			'foreign query'    => array( '/book/?utm_source=x&email=a@example.com&service=3&booking_recovery=tok', 'https://salon.example/book/' ),
			'plain permalink'  => array( '/?page_id=12&lang=de&gclid=9', 'https://salon.example/?page_id=12&lang=de' ),
			'hostile page_id'  => array( '/?page_id="><script>&p[]=1', 'https://salon.example/' ),
			'encoded path'     => array( '/%D7%A7%D7%9C%D7%90/', 'https://salon.example/%D7%A7%D7%9C%D7%90/' ),
			'another host'     => array( '//evil.example/book/', 'https://salon.example/' ),
			'whole address'    => array( 'https://evil.example/', 'https://salon.example/' ),
			'user in path'     => array( '@evil.example/', 'https://salon.example/' ),
			'backslashes'      => array( '/\\\\evil.example', 'https://salon.example/' ),
			'markup'           => array( '/<script>', 'https://salon.example/' ),
			'line break'       => array( "/book/\r\nX: y", 'https://salon.example/' ),
			'endless'          => array( '/' . str_repeat( 'a', 5000 ), 'https://salon.example/' ),
			'nothing'          => array( '', 'https://salon.example/' ),
		);
	}

	/**
	 * @dataProvider addresses
	 */
	public function test_only_an_address_of_the_public_internet_tells_visitors_apart( ?string $address, string $network ): void {
		$_SERVER['REMOTE_ADDR'] = $address;

		$this->assertSame( $network, $this->visitor()->network() );
	}

	public function addresses(): array {
		return array(
			'an old one'               => array( '203.0.113.7', '203.0.113.7' ),
			'the same, written anew'   => array( '::ffff:203.0.113.7', '203.0.113.7' ),
			'a new one'                => array( '2a02:908:1:2::7', '2a02090800010002' ),
			'its neighbour'            => array( '2a02:0908:0001:0002:ffff::1', '2a02090800010002' ),
			'next door'                => array( '2a02:908:1:3::7', '2a02090800010003' ),
			'below the shared ones'    => array( '100.63.255.255', '100.63.255.255' ),
			'a shared one'             => array( '100.64.0.1', '' ),
			'the last shared one'      => array( '100.127.255.255', '' ),
			'above the shared ones'    => array( '100.128.0.1', '100.128.0.1' ),
			'a private one'            => array( '192.168.1.7', '' ),
			'a private one, anew'      => array( '::ffff:10.0.0.7', '' ),
			'a private new one'        => array( 'fd00::7', '' ),
			'this machine'             => array( '127.0.0.1', '' ),
			'this machine, anew'       => array( '::1', '' ),
			'on the same wire'         => array( 'fe80::7', '' ),
			'none'                     => array( 'unix:', '' ),
			'nothing'                  => array( '', '' ),
			'not even that'            => array( null, '' ),
		);
	}

	public function test_a_site_behind_a_proxy_says_whose_request_it_is(): void {
		$_SERVER['REMOTE_ADDR'] = '198.51.100.1';
		add_filter(
			'booking_recovery_visitor_address',
			static function ( string $address ): string {
				return '198.51.100.1' === $address ? '203.0.113.7' : $address;
			}
		);

		$this->assertSame( '203.0.113.7', $this->visitor()->network() );
	}

	public function test_only_real_zones_are_taken(): void {
		foreach ( array( 'Europe/Berlin' => 'Europe/Berlin', 'Asia/Calcutta' => 'Asia/Calcutta', '-' => null, 'undefined' => null, 'Mars/Olympus' => null ) as $posted => $zone ) {
			$_POST['client_time_zone'] = $posted;
			$this->assertSame( $zone, $this->visitor()->visit()['client_timezone'], (string) $posted );
		}
	}

	public function test_devices_are_told_apart(): void {
		$agents = array(
			'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148'       => 'mobile',
			'Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0.0.0 Mobile Safari/537' => 'mobile',
			'Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/126.0.0.0 Safari/537.36'     => 'tablet',
			'Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0 Safari/537.36'              => 'desktop',
			''                                                                           => 'desktop',
		);
		foreach ( $agents as $agent => $device ) {
			$_SERVER['HTTP_USER_AGENT'] = $agent;
			$this->assertSame( $device, $this->visitor()->visit()['device'], $agent );
		}
	}
}
