<?php
/**
 * Callbacks, against the ones that both sides must agree on.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

/**
 * @covers \Booking_Recovery\Signed_Routes
 * @covers \Booking_Recovery\Recoveries_Controller
 * @covers \Booking_Recovery\Conversions_Controller
 * @covers \Booking_Recovery\Contacts_Controller
 * @covers \Booking_Recovery\Suppressions_Controller
 * @covers \Booking_Recovery\Outbox_Controller
 * @covers \Booking_Recovery\Status_Controller
 * @covers \Booking_Recovery\Visits_Controller
 */
final class CallbacksTest extends Site_Test_Case {

	/**
	 * @dataProvider cases
	 */
	public function test_a_callback_is_answered_as_agreed( array $case ): void {
		if ( 0 !== ( $case['workflows'] ?? 1 ) ) {
			$this->add_workflow();
		}
		foreach ( $case['given'] ?? array() as $given ) {
			$this->assertSame( 200, $this->send( $given )->get_status() );
		}
		$stored = $this->stored();
		$sent   = count( $this->letters );

		$response = $this->send( $case );

		$answer = json_decode( (string) wp_json_encode( $response->get_data() ), true );
		$this->assertSame( $case['status'], $response->get_status(), (string) wp_json_encode( $answer ) );
		foreach ( $case['answer'] as $field => $value ) {
			$this->assertSame( $value, $answer[ $field ] ?? null, $field );
		}
		if ( isset( $case['field'] ) ) {
			$this->assertSame( array( $case['field'] ), array_keys( $answer['data']['params'] ) );
		}
		if ( 200 === $case['status'] ) {
			$this->assertSame( home_url(), $answer['origin']['home_url'] );
			$this->assertMatchesRegularExpression( '/\A[0-9a-f]{32}\z/', $answer['origin']['outbox_id'] );
		} else {
			$this->assertSame( $stored, $this->stored(), 'What is refused must leave nothing behind.' );
			$this->assertCount( $sent, $this->letters );
		}
	}

	public function cases(): array {
		$read = json_decode( (string) file_get_contents( dirname( __DIR__, 2 ) . '/contract/callbacks.json' ), true );
		return array_map(
			static function ( array $case ): array {
				return array( $case );
			},
			array_column( $read['cases'], null, 'name' )
		);
	}

	private function send( array $case ): WP_REST_Response {
		$raw = $case['raw'] ?? ( isset( $case['raw_length'] ) ? str_repeat( ' ', $case['raw_length'] ) : (string) json_encode( $case['body'] ) );
		$raw = str_replace( '{home}', trim( (string) json_encode( home_url() ), '"' ), $raw );
		return $this->call_raw( $case['route'], $raw, $case['signature'] ?? 'good' );
	}

	private function stored(): array {
		global $wpdb;
		$counts = array();
		foreach ( array( 'recoveries', 'conversions', 'outbox', 'suppressions', 'contact_requests' ) as $table ) {
			$counts[ $table ] = $wpdb->get_var( 'SELECT COUNT(*) FROM ' . Booking_Recovery\Schema::table( $table ) );
		}
		return $counts;
	}

	public function test_names_are_unique(): void {
		$read  = json_decode( (string) file_get_contents( dirname( __DIR__, 2 ) . '/contract/callbacks.json' ), true );
		$names = array_column( $read['cases'], 'name' );

		$this->assertSame( $names, array_values( array_unique( $names ) ) );
	}

	public function test_only_post_reaches_a_route(): void {
		$request = new WP_REST_Request( 'GET', '/booking-recovery/v1/status' );
		$request->set_headers( Sidecar::headers( '' ) );

		$this->assertSame( 404, rest_get_server()->dispatch( $request )->get_status() );
	}
}
