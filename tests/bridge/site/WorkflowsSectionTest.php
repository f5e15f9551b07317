<?php
/**
 * The form in which owners say which workflow sends which message.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

use Booking_Recovery\Message_Filter;
use Booking_Recovery\Policy;
use Booking_Recovery\Settings;
use Booking_Recovery\Workflows_Section;
use BookneticApp\Models\Workflow;
use BookneticApp\Models\WorkflowAction;

/**
 * @covers \Booking_Recovery\Workflows_Section
 */
final class WorkflowsSectionTest extends Site_Test_Case {

	protected function setUp(): void {
		parent::setUp();
		require_once ABSPATH . 'wp-admin/includes/template.php';
		$GLOBALS['wp_settings_errors'] = array();
		update_option( Settings::OPTION, array( 'recovery' => array( 'messages' => array( '1h', '1d', '3d' ) ) ) );
	}

	public function test_each_active_workflow_has_its_boxes_and_its_name(): void {
		$id = $this->add_named( 'Gentle <b>' );
		$this->gateway()->write_filter( $id, new Message_Filter( array( 1, 5 ), 'unpaid' ) );
		Workflow::where( 'id', $this->add_named( 'Off' ) )->update( array( 'is_active' => 0 ) );

		$html = $this->html();

		$this->assertStringContainsString( '<legend class="screen-reader-text">Gentle &lt;b&gt;</legend>', $html );
		$this->assertSame( 5, substr_count( $html, "name=\"booking_recovery[workflows][$id][numbers][]\"" ) );
		$this->assertSame( 2, substr_count( $html, "checked='checked'" ) );
		$this->assertMatchesRegularExpression( "/value=\"5\" checked='checked'> Message 5/", $html );
		$this->assertMatchesRegularExpression( "/<option value=\"unpaid\" selected='selected'>/", $html );
		$this->assertStringNotContainsString( 'Off', $html );
	}

	public function test_the_owner_is_warned_of_messages_that_nobody_would_send(): void {
		$this->gateway()->write_filter( $this->add_named( 'First' ), new Message_Filter( array( 1 ), '' ) );
		$this->gateway()->write_filter( $this->add_named( 'Second' ), new Message_Filter( array( 2 ), 'unfinished' ) );
		WorkflowAction::where( 'workflow_id', $this->add_named( 'All, and does nothing' ) )->delete();

		$html = $this->html();

		$this->assertStringNotContainsString( 'sends message 1', $html );
		$this->assertStringContainsString( '<p>No workflow sends message 2 to those whose payment is open.</p>', $html );
		$this->assertStringContainsString( '<p>No workflow sends message 3.</p>', $html );
		$this->assertStringNotContainsString( 'message 4', $html );
	}

	public function test_what_was_ticked_is_kept_and_everything_ticked_is_no_limit(): void {
		$first  = $this->add_named( 'First' );
		$second = $this->add_named( 'Second' );
		$third  = $this->add_named( 'Not in the form' );
		$this->gateway()->write_filter( $third, new Message_Filter( array( 3 ), '' ) );

		$this->receive(
			array(
				$first  => array( 'numbers' => array( '2', '1', '9', array() ), 'kind' => 'unpaid' ),
				$second => array( 'numbers' => array( '1', '2', '3' ), 'kind' => 'other' ),
				999     => array( 'numbers' => array( '1' ) ),
			)
		);

		$this->assertSame( '{"booking_recovery":{"numbers":[1,2],"kind":"unpaid"}}', Workflow::get( $first )->data );
		$this->assertNull( Workflow::get( $second )->data );
		$this->assertSame( '{"booking_recovery":{"numbers":[3]}}', Workflow::get( $third )->data );
		$this->assertSame( array( 'Saved.' ), array_column( get_settings_errors( Settings::OPTION ), 'message' ) );
	}

	public function test_a_workflow_without_any_message_is_refused(): void {
		$first  = $this->add_named( 'First' );
		$second = $this->add_named( 'Second' );

		$this->receive( array( $first => array( 'numbers' => array( '1' ) ), $second => array( 'kind' => '' ) ) );

		$this->assertNull( Workflow::get( $first )->data );
		$this->assertStringContainsString( '"Second"', get_settings_errors( Settings::OPTION )[0]['message'] );
	}

	public function test_what_booknetic_keeps_and_nobody_can_read_is_left_alone(): void {
		$first = $this->add_named( 'First' );
		Workflow::where( 'id', $first )->update( array( 'data' => 'a:0:{}' ) );

		$this->receive( array( $first => array( 'numbers' => array( '1' ) ) ) );

		$this->assertSame( 'a:0:{}', Workflow::get( $first )->data );
		$this->assertStringContainsString( '"First" could not be limited', get_settings_errors( Settings::OPTION )[0]['message'] );
	}

	public function test_without_workflows_there_is_no_form(): void {
		$this->assertStringContainsString( 'There is no active workflow', $this->html() );
		$this->assertStringNotContainsString( '<form', $this->html() );
	}

	public function test_until_the_sidecar_has_told_there_is_one_message(): void {
		delete_option( Settings::OPTION );
		$this->add_named( 'First' );

		$this->assertSame( 1, substr_count( $this->html(), 'type="checkbox"' ) );
	}

	private function section(): Workflows_Section {
		return new Workflows_Section( $this->gateway(), new Policy( new Settings() ) );
	}

	private function html(): string {
		ob_start();
		$this->section()->render();
		return (string) ob_get_clean();
	}

	private function receive( array $workflows ): void {
		$this->section()->receive( array( 'workflows' => $workflows ) );
	}

	private function add_named( string $name ): int {
		$id = $this->add_workflow();
		Workflow::where( 'id', $id )->update( array( 'name' => $name ) );
		return $id;
	}
}
