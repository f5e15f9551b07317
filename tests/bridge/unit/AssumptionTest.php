<?php
/**
 * How it is found out whether Booknetic is as the bridge counts on.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Assumption;
use Booking_Recovery\Assumptions;
use Booking_Recovery\Booknetic_Events;
use Booking_Recovery\Booknetic_Gateway;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Assumption
 * @covers \Booking_Recovery\Assumptions
 */
final class AssumptionTest extends TestCase {

	private function state( Assumption $assumption, array $notes = array(), array $found = array() ): string {
		return $assumption->state( $notes, $found );
	}

	public function test_names_are_unique_since_states_are_kept_by_them(): void {
		$names = array_column( ( new Assumptions() )->all(), 'name' );

		$this->assertSame( $names, array_values( array_unique( $names ) ) );
		$this->assertGreaterThan( 40, count( $names ) );
	}

	public function test_names_are_the_same_in_every_language(): void {
		$names = array_column( ( new Assumptions() )->all(), 'name' );
		add_filter( 'gettext', 'strrev' );
		try {
			$this->assertSame( $names, array_column( ( new Assumptions() )->all(), 'name' ) );
			$this->assertSame( strrev( 'No message can be sent.' ), Booknetic_Gateway::assumptions()[0]->effect );
		} finally {
			remove_filter( 'gettext', 'strrev' );
		}
	}

	public function test_without_booknetic_nothing_is_claimed_of_it(): void {
		$this->assertSame( array(), ( new Assumptions() )->states( array() ) );
		foreach ( array_merge( Booknetic_Events::assumptions(), Booknetic_Gateway::assumptions() ) as $assumption ) {
			$this->assertNotSame( Assumption::HOLDS, $this->state( $assumption ), $assumption->name );
		}
	}

	/**
	 * @dataProvider methods
	 */
	public function test_a_method_must_take_what_is_passed( string $name, $owner, int $arguments, string $state ): void {
		$this->assertSame( $state, $this->state( Assumption::method( $name, $owner, $arguments, '' ) ) );
	}

	public function methods(): array {
		$object = new class() {
			public function one( $needed, $more = null ): array {
				return array( $needed, $more );
			}

			protected function hidden(): void {}
		};
		$magic  = new class() {
			public function __call( string $name, array $arguments ): array {
				return array( $name, $arguments );
			}
		};
		$give   = static function () use ( $object ) {
			return $object;
		};
		return array(
			'fits'         => array( 'X::one', $give, 1, Assumption::HOLDS ),
			'fits, too'    => array( 'X::one', $give, 2, Assumption::HOLDS ),
			'wants more'   => array( 'X::one', $give, 0, Assumption::BROKEN ),
			'takes less'   => array( 'X::one', $give, 3, Assumption::BROKEN ),
			'not public'   => array( 'X::hidden', $give, 0, Assumption::BROKEN ),
			'gone'         => array( 'X::two', $give, 0, Assumption::BROKEN ),
			'made up'      => array( 'X::two', get_class( $magic ), 0, Assumption::UNSEEN ),
			'no such class' => array( 'X::two', 'Nowhere\X', 0, Assumption::BROKEN ),
			'no object'    => array(
				'X::one',
				static function () {
					throw new TypeError();
				},
				1,
				Assumption::BROKEN,
			),
		);
	}

	public function test_a_property_must_be_there_for_everybody(): void {
		$this->assertSame( Assumption::HOLDS, $this->state( Assumption::properties( 'A', Assumption::class, array( 'name', 'kind' ), '' ) ) );
		$this->assertSame( Assumption::BROKEN, $this->state( Assumption::properties( 'A', Assumption::class, array( 'name', 'check' ), '' ) ) );
		$this->assertSame( Assumption::BROKEN, $this->state( Assumption::properties( 'A', Assumption::class, array( 'names' ), '' ) ) );
	}

	public function test_a_hook_that_did_not_fire_is_only_wrong_in_a_request_that_was_watched_and_answered(): void {
		$fires = Assumption::fires( 'bkntc_x', 'get_data', '' );

		$this->assertSame( Assumption::HOLDS, $this->state( $fires, array( 'holds:bkntc_x' ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $fires, array() ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $fires, array( 'answered:get_data' ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $fires, array( 'watched:get_data' ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $fires, array( 'answered:page', 'watched:page' ) ) );
		$this->assertSame( Assumption::BROKEN, $this->state( $fires, array( 'answered:get_data', 'watched:get_data' ) ) );
	}

	public function test_an_order_that_was_seen_to_be_otherwise_does_not_hold(): void {
		$order = Assumption::order(
			'first',
			'bkntc_x',
			0,
			'get_data',
			static function ( $passed ): ?bool {
				return $passed;
			},
			''
		);

		$this->assertSame( array( true, false, null ), array( $order->is_so( true ), $order->is_so( false ), $order->is_so( null ) ) );
		$this->assertSame( Assumption::BROKEN, $this->state( $order, array( $order->note( false ) ) ) );
		$this->assertSame( Assumption::HOLDS, $this->state( $order, array( $order->note( true ) ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $order ) );
	}

	public function test_what_is_not_spelt_out_in_files_that_were_all_read_does_not_hold(): void {
		$named   = Assumption::named( 'bkntc_x', '' );
		$answers = Assumption::answers( array( 'get_day_offs' ), '' );

		$this->assertSame( Assumption::HOLDS, $this->state( $named, array(), array( '"bkntc_x"' => true ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $named ) );
		$this->assertSame( Assumption::BROKEN, $this->state( $named, array(), array( '"bkntc_x"' => false, "'bkntc_x'" => false ) ) );
		$this->assertSame( Assumption::UNSEEN, $this->state( $answers, array(), array( 'function get_day_offs(' => false ) ) );
		$this->assertSame( Assumption::HOLDS, $this->state( $answers, array(), array( 'function get_day_offs(' => true ) ) );
	}
}
