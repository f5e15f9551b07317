<?php
/**
 * Which messages a workflow is meant for.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Message_Filter;
use PHPUnit\Framework\TestCase;

/**
 * @covers \Booking_Recovery\Message_Filter
 */
final class MessageFilterTest extends TestCase {

	/**
	 * @dataProvider filters
	 */
	public function test_a_filter_lets_through_what_it_names( ?string $data, array $let_through ): void {
		$found = array();
		foreach ( array( 1, 2, 3 ) as $number ) {
			foreach ( Message_Filter::KINDS as $kind ) {
				if ( Message_Filter::in( $data )->admits( $number, $kind ) ) {
					$found[] = "$number $kind";
				}
			}
		}

		$this->assertSame( $let_through, $found );
	}

	public function filters(): array {
		$all = array( '1 unfinished', '1 unpaid', '2 unfinished', '2 unpaid', '3 unfinished', '3 unpaid' );
		return array(
			'numbers'            => array( '{"booking_recovery":{"numbers":[1,3]}}', array( '1 unfinished', '1 unpaid', '3 unfinished', '3 unpaid' ) ),
			'a kind'             => array( '{"booking_recovery":{"kind":"unpaid"}}', array( '1 unpaid', '2 unpaid', '3 unpaid' ) ),
			'both'               => array( '{"x":1,"booking_recovery":{"numbers":[2],"kind":"unfinished"}}', array( '2 unfinished' ) ),
			'none'               => array( null, $all ),
			'other filters'      => array( '{"statuses":["approved"]}', $all ),
			'no JSON'            => array( '{"booking_recovery":{"numbers":[1]', $all ),
			'no object'          => array( '"booking_recovery"', $all ),
			'a filter that is not' => array( '{"booking_recovery":"1"}', $all ),
			'texts for numbers'  => array( '{"booking_recovery":{"numbers":["1"]}}', $all ),
			'one number too high' => array( '{"booking_recovery":{"numbers":[1,6]}}', $all ),
			'an unknown kind'    => array( '{"booking_recovery":{"numbers":[1],"kind":"other"}}', $all ),
			'no list of numbers' => array( '{"booking_recovery":{"numbers":1}}', $all ),
			'no text for a kind' => array( '{"booking_recovery":{"kind":["unpaid"]}}', $all ),
		);
	}

	/**
	 * @dataProvider places
	 */
	public function test_everything_else_in_a_workflows_data_stays_as_it_was( ?string $data, string $with, string $without ): void {
		$limited = ( new Message_Filter( array( 1, 2 ), 'unpaid' ) )->put_in( $data );

		$this->assertSame( $with, $limited );
		$this->assertSame( $without, ( new Message_Filter( array(), '' ) )->put_in( $limited ) );
	}

	public function places(): array {
		$ours = '"booking_recovery":{"numbers":[1,2],"kind":"unpaid"}';
		return array(
			'nothing'       => array( null, "{{$ours}}", '{}' ),
			'an empty text' => array( '', "{{$ours}}", '{}' ),
			'an empty list' => array( '[]', "{{$ours}}", '{}' ),
			'other filters' => array( '{"a":{},"b":[],"c":1.0,"d":null}', '{"a":{},"b":[],"c":1.0,"d":null,' . $ours . '}', '{"a":{},"b":[],"c":1.0,"d":null}' ),
			'another of ours' => array( '{"booking_recovery":{"numbers":[5]},"a":"é"}', '{"a":"\u00e9",' . $ours . '}', '{"a":"\u00e9"}' ),
		);
	}

	/**
	 * @dataProvider no_places
	 */
	public function test_what_cannot_be_read_is_not_overwritten( string $data ): void {
		$this->expectException( InvalidArgumentException::class );

		( new Message_Filter( array( 1 ), '' ) )->put_in( $data );
	}

	public function no_places(): array {
		return array(
			'no JSON' => array( 'a:1:{i:0;s:1:"x";}' ),
			'a list'  => array( '[1]' ),
			'a text'  => array( '"x"' ),
		);
	}
}
