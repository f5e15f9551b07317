<?php
/**
 * Several businesses on one site, each with its own workflows and its own zone.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

require_once dirname( __DIR__ ) . '/site/Site_Test_Case.php';

use Booking_Recovery\Assumption;
use Booking_Recovery\Assumptions;
use Booking_Recovery\Message_Filter;
use Booking_Recovery\Outbox;
use Booking_Recovery\Policy;
use Booking_Recovery\Round_Trip;
use Booking_Recovery\Settings;
use Booking_Recovery\Workflows_Section;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Models\Workflow;
use BookneticApp\Providers\Core\Permission;
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\Helpers\Helper;

/**
 * @covers \Booking_Recovery\Booknetic_Gateway
 * @covers \Booking_Recovery\Event_Composer
 * @covers \Booking_Recovery\Recovery_Run
 */
final class TenantsTest extends Site_Test_Case {

	/**
	 * Ids of tenants: one in the site's zone, one in another.
	 *
	 * @var int
	 */
	private $north;

	/**
	 * The other.
	 *
	 * @var int
	 */
	private $south;

	protected function setUp(): void {
		parent::setUp();
		require_once ABSPATH . 'wp-admin/includes/template.php';
		$this->north = booknetic_stand_in_add_tenant( 'north', 'Sauna' );
		$this->south = booknetic_stand_in_add_tenant( 'south', 'Beach', 'Asia/Tokyo' );
	}

	protected function tearDown(): void {
		$this->assertNull( Permission::tenantId(), 'Whoever asks is who it was before.' );
		$this->assertSame( wp_timezone_string(), Date::zone()->getName() );
		booknetic_stand_in_remove_tenants();
		parent::tearDown();
	}

	public function test_only_the_tenants_own_workflows_send_and_count(): void {
		foreach ( array( $this->north, $this->south ) as $tenant_id ) {
			$this->add_named( "Of $tenant_id", $tenant_id );
		}
		$this->add_named( 'Of nobody', null );

		$answer = $this->send( 1, $this->south );
		$nobody = $this->send( 2, null );
		$gone   = $this->send( 3, $this->south + 1 );

		$this->assertSame( array( 'Of ' . $this->south, 'Of nobody' ), array_column( $this->letters, 'subject' ) );
		$this->assertSame( array( 'sent', 1 ), array( $answer['outcome'], $answer['workflows'] ) );
		$this->assertSame( array( 'sent', 1 ), array( $nobody['outcome'], $nobody['workflows'] ) );
		$this->assertSame( array( 'no_workflow', 0 ), array( $gone['outcome'], $gone['workflows'] ) );
	}

	public function test_the_tenants_workflow_runs_in_its_zone_and_what_it_throws_changes_nobody(): void {
		$seen = array();
		$this->add_driver(
			$this->south,
			static function () use ( &$seen ): void {
				$seen = array( Permission::tenantId(), Date::zone()->getName() );
				throw new Error( 'No more mail' );
			}
		);

		$answer = $this->send( 1, $this->south );

		$this->assertSame( array( $this->south, 'Asia/Tokyo' ), $seen );
		$this->assertSame( 'failed', $answer['outcome'] );
		$this->assertNull( Permission::tenantId() );
		$this->assertSame( wp_timezone_string(), Date::zone()->getName() );
	}

	public function test_a_time_in_a_tenants_form_is_in_its_zone(): void {
		$outbox = new Outbox();
		foreach ( array( $this->south, $this->north, null ) as $tenant_id ) {
			$outbox->add( 'session.step_reached', self::SESSION, $this->step( $tenant_id ) );
		}

		$starts = array_column( array_column( array_column( $this->events(), 'data' ), 'selection' ), 'starts_at' );

		$this->assertSame( array( '2031-05-06T00:30:00.000Z', '2031-05-06T07:30:00.000Z', '2031-05-06T07:30:00.000Z' ), $starts );
	}

	/**
	 * @dataProvider zones
	 */
	public function test_a_zone_may_be_written_in_several_ways( string $chosen, string $start, string $state ): void {
		$this->as( $this->south, static function () use ( $chosen ): void {
			Helper::setOption( 'timezone', $chosen );
		} );
		( new Outbox() )->add( 'session.step_reached', self::SESSION, $this->step( $this->south ) );

		$this->assertSame( "2031-05-06T$start.000Z", $this->events()[0]['data']['selection']['starts_at'] );
		$assumed = $this->as( $this->south, static function (): string {
			return array_column( array_map( static function ( Assumption $one ): array {
				return array( $one->name, $one->state( array(), array() ) );
			}, ( new Assumptions() )->all() ), 1, 0 )['timezone'];
		} );
		$this->assertSame( $state, $assumed );
	}

	public function zones(): array {
		return array(
			'by name'          => array( 'America/New_York', '13:30:00', Assumption::HOLDS ),
			'UTC'              => array( 'UTC', '09:30:00', Assumption::HOLDS ),
			'hours before'     => array( 'UTC+5.5', '04:00:00', Assumption::HOLDS ),
			'hours behind'     => array( 'UTC-3.5', '13:00:00', Assumption::HOLDS ),
			'less than one'    => array( 'UTC-0.5', '10:00:00', Assumption::HOLDS ),
			'none: the sites'  => array( '', '07:30:00', Assumption::UNSEEN ),
			'nobody knows'     => array( 'Mars/Olympus', '07:30:00', Assumption::BROKEN ),
		);
	}

	public function test_what_is_nobodys_is_looked_up_as_nobody_whoever_asks(): void {
		( new Outbox() )->add( 'session.step_reached', self::SESSION, $this->step( null ) );

		$events = $this->as( $this->south, function (): array {
			return $this->events();
		} );

		$this->assertSame( '2031-05-06T07:30:00.000Z', $events[0]['data']['selection']['starts_at'] );
	}

	public function test_news_of_a_booking_from_nobodys_request_is_looked_up_where_it_belongs(): void {
		$this->as( $this->south, function (): void {
			$choice = array( 'service' => Service::query()->fetch()->id, 'staff' => Staff::query()->fetch()->id, 'location' => 0 );
			$this->post( 'get_data', array( 'current_step' => 'confirm' ), $choice + $this->bookable() );
		} );
		$row = booknetic_stand_in_appointments()[0];
		Appointment::noTenant()->where( 'id', $row['id'] )->update( array( 'status' => 'rejected' ) );
		( new Outbox() )->add( 'booking.changed', null, array( 'booking_key' => $row['payment_id'] ) );

		$told = $this->events( 'booking.changed' )[0]['data'];

		$this->assertSame( (string) $this->south, $row['tenant_id'] );
		$this->assertSame( 'chloe@visitors.example', $told['contact']['email'] );
		$this->assertSame( 'rejected', $told['booking']['appointments'][0]['status'] );
	}

	public function test_all_tenants_workflows_are_counted_and_can_be_limited(): void {
		$norths = $this->add_named( 'Northern', $this->north );
		$this->add_named( 'Southern', $this->south );

		$section = new Workflows_Section( $this->gateway(), new Policy( new Settings() ) );
		$section->receive( array( 'workflows' => array( $norths => array( 'numbers' => array( '1' ), 'kind' => 'unpaid' ) ) ) );
		ob_start();
		$section->render();
		$html = (string) ob_get_clean();

		$this->assertSame( 2, $this->call( 'status', array( 'action' => 'status.read' ) )->get_data()['workflows'] );
		$this->assertSame( array( true, false ), array_map( static function ( array $workflow ): bool {
			return '' !== $workflow['filter']->kind();
		}, $this->gateway()->workflows() ) );
		$this->assertStringContainsString( sprintf( '<legend class="screen-reader-text">Southern (tenant %d)</legend>', $this->south ), $html );
		$this->assertStringContainsString( sprintf( '<p>No workflow sends message 1 to those who left the form unfinished. (tenant %d)</p>', $this->north ), $html );
		$this->assertStringNotContainsString( sprintf( 'unfinished. (tenant %d)', $this->south ), $html );
	}

	public function test_the_test_of_the_connection_finds_a_workflow_that_is_a_tenants(): void {
		$this->add_named( 'Southern', $this->south );
		$this->sidecar->on_message = function (): void {
			$this->call( 'status', array( 'action' => 'status.read' ) );
		};

		$stages = ( new Round_Trip( new Settings(), $this->check_in(), $this->delivery(), $this->gateway() ) )->go();

		$this->assertSame( Round_Trip::PASSED, end( $stages )['state'] );
	}

	/**
	 * Does something as a tenant would in its own request.
	 *
	 * @return mixed
	 */
	private function as( int $tenant_id, callable $act ) {
		return booknetic_stand_in_as_tenant( $tenant_id, $act );
	}

	private function step( ?int $tenant_id ): array {
		return array_filter( array( 'tenant_id' => $tenant_id ) ) + array(
			'step'      => 'date_time',
			'selection' => array( 'date' => '2031-05-06', 'time' => '09:30' ),
		);
	}

	private function send( int $number, ?int $tenant_id ): array {
		return $this->call( 'recoveries', $this->trigger_body( array_filter( array( 'tenant_id' => $tenant_id ) ) + array( 'recovery_id' => self::SESSION . ".$number", 'number' => $number ) ) )->get_data();
	}

	private function add_named( string $subject, ?int $tenant_id ): int {
		$add = static function () use ( $subject ): int {
			$id = booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', $subject, 'x', '{booking_recovery_email}' );
			Workflow::where( 'id', $id )->update( array( 'name' => $subject ) );
			return $id;
		};
		return null === $tenant_id ? $add() : $this->as( $tenant_id, $add );
	}

	private function add_driver( int $tenant_id, callable $work ): void {
		$this->register_driver( $work );
		$this->as( $tenant_id, static function (): void {
			booknetic_stand_in_add_workflow_with( 'booking_recovery_abandoned', 'remembering', array() );
		} );
	}
}
