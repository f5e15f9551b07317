<?php
/**
 * All that the bridge asks of Booknetic.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

use BookneticApp\Config;
use BookneticApp\Models\Appointment;
use BookneticApp\Models\Customer;
use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Models\Workflow;
use BookneticApp\Models\WorkflowAction;
use BookneticApp\Models\WorkflowLog;
use BookneticApp\Providers\Core\Permission;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Providers\UI\TabUI;

/**
 * Calls into Booknetic, here and nowhere else. Booknetic may be missing, half started or of another version: questions
 * are then answered by null, and only what changes something throws.
 */
final class Booknetic_Gateway {

	private const EVENT           = 'booking_recovery_abandoned';
	private const RECOVERED_EVENT = 'booking_recovery_recovered';
	private const RECOVERED_KEYS  = array( 'appointment_id', 'location_id', 'service_id', 'staff_id', 'customer_id' );
	private const PARAM           = 'booking_recovery_id';
	private const TEST_PARAM      = 'booking_recovery_test';
	private const CODE_PREFIX     = 'booking_recovery_';
	private const CONVERSION_KEY  = 'booking_recovery_conversion';
	private const MODELS          = array(
		'service'  => Service::class,
		'staff'    => Staff::class,
		'location' => Location::class,
	);
	private const CODE_KINDS      = array(
		'email'        => 'email',
		'phone'        => 'phone',
		'link'         => 'url',
		'opt_out_link' => 'url',
	);
	private const STATUS_SPELLING = array(
		'cancelled' => 'canceled',
		'no-show'   => 'no_show',
		'noshow'    => 'no_show',
	);

	/**
	 * Where the texts of a message come from.
	 *
	 * @var Recoveries
	 */
	private $recoveries;

	/**
	 * Makes the texts.
	 *
	 * @var Recovery_Message
	 */
	private $message;

	/**
	 * Whether Booknetic has taken our event.
	 *
	 * @var bool
	 */
	private $is_registered = false;

	/**
	 * Takes where a message's texts come from.
	 */
	public function __construct( Recoveries $recoveries, Recovery_Message $message ) {
		$this->recoveries = $recoveries;
		$this->message    = $message;
	}

	/**
	 * Waits for Booknetic, and for what it registers itself at 10.
	 */
	public function listen(): void {
		add_action( 'bkntc_init', array( $this, 'register' ), 20 );
		add_action( 'bkntc_backend', array( $this, 'add_tab' ), 20 );
	}

	/**
	 * Shows staff, in Booknetic's window about an appointment, whether a message has brought it. Versions without such
	 * tabs do without.
	 */
	public function add_tab(): void {
		if ( ! class_exists( TabUI::class ) ) {
			return;
		}
		try {
			TabUI::get( 'appointments_info' )
				->item( 'booking_recovery' )
				->setTitle( __( 'Booking recovery', 'booking-recovery-bridge' ) )
				->addView( __DIR__ . '/view-conversion.php', array() )
				->setPriority( 100 );
		} catch ( \Throwable $e ) {
			Fault::note( $e );
		}
	}

	/**
	 * Whether a message has brought an appointment, for staff: a mark, empty where none has, and a sentence.
	 *
	 * @return array{ mark: string, text: string }
	 */
	public static function conversion( int $appointment_id ): array {
		$ways = array(
			'click'   => __( 'A message has brought this booking back: the customer followed its link.', 'booking-recovery-bridge' ),
			'session' => __( 'After a message the customer came back in the same browser and made this booking.', 'booking-recovery-bridge' ),
			'contact' => __( 'After a message somebody with the same address made this booking.', 'booking-recovery-bridge' ),
		);
		try {
			$written = json_decode( (string) Appointment::getData( $appointment_id, self::CONVERSION_KEY ), true );
		} catch ( \Throwable $e ) {
			$written = null;
		}
		if ( ! is_array( $written ) ) {
			return array(
				'mark' => '',
				'text' => __( 'No message has brought this booking back.', 'booking-recovery-bridge' ),
			);
		}
		$text        = $ways[ $written['attributed_by'] ?? '' ] ?? $ways['session'];
		$is_reversed = 'reversed' === ( $written['status'] ?? '' );
		return array(
			'mark' => $is_reversed ? __( 'No longer recovered', 'booking-recovery-bridge' ) : __( 'Recovered', 'booking-recovery-bridge' ),
			'text' => $is_reversed ? $text . ' ' . __( 'It does not count any more, since nothing of it is left.', 'booking-recovery-bridge' ) : $text,
		);
	}

	/**
	 * Offers "Booking abandoned" with its codes, and "Booking recovered" with Booknetic's own, to the owner's workflows. Runs once Booknetic has registered its own.
	 */
	public function register(): void {
		try {
			$events = Config::getWorkflowEventsManager();
			$events->get( self::EVENT )
				->setTitle( __( 'Booking abandoned', 'booking-recovery-bridge' ) )
				->setAvailableParams( array( self::PARAM, 'service_id', 'staff_id', 'location_id' ) );
			$events->get( self::RECOVERED_EVENT )
				->setTitle( __( 'Booking recovered', 'booking-recovery-bridge' ) )
				->setAvailableParams( self::RECOVERED_KEYS );
			$codes = Config::getShortCodeService();
			$codes->registerShortCodesLazily( array( $this, 'register_codes' ) );
			$codes->addReplacer( array( $this, 'replace_codes' ) );
			$this->is_registered = true;
		} catch ( \Throwable $e ) {
			// Booknetic stopped half-way, as it does while it is updated. is_ready() tells.
			$this->is_registered = false;
		}
	}

	/**
	 * Lists the codes when the owner writes a message.
	 *
	 * @param object $codes Booknetic's list.
	 */
	public function register_codes( $codes ): void {
		$codes->registerCategory( 'booking_recovery', __( 'Booking abandoned', 'booking-recovery-bridge' ) );
		$names = array(
			'first_name'   => __( 'First name', 'booking-recovery-bridge' ),
			'last_name'    => __( 'Last name', 'booking-recovery-bridge' ),
			'full_name'    => __( 'Full name', 'booking-recovery-bridge' ),
			'email'        => __( 'E-mail', 'booking-recovery-bridge' ),
			'phone'        => __( 'Phone', 'booking-recovery-bridge' ),
			'service'      => __( 'Service chosen', 'booking-recovery-bridge' ),
			'staff'        => __( 'Staff chosen', 'booking-recovery-bridge' ),
			'location'     => __( 'Location chosen', 'booking-recovery-bridge' ),
			'date'         => __( 'Date chosen', 'booking-recovery-bridge' ),
			'time'         => __( 'Time chosen', 'booking-recovery-bridge' ),
			'link'         => __( 'Link back to the booking form', 'booking-recovery-bridge' ),
			'slot'         => __( 'Whether the time chosen is still free, as a sentence', 'booking-recovery-bridge' ),
			'slot_state'   => __( 'The same for machines: free, taken, past or unknown', 'booking-recovery-bridge' ),
			'number'       => __( 'Number of the message', 'booking-recovery-bridge' ),
			'kind'         => __( 'What was left: unfinished or unpaid', 'booking-recovery-bridge' ),
			'opt_out_link' => __( 'Link to get no more of these messages, also for a List-Unsubscribe header', 'booking-recovery-bridge' ),
		);
		foreach ( $names as $code => $name ) {
			$codes->registerShortCode(
				self::CODE_PREFIX . $code,
				array(
					'name'     => $name,
					'category' => 'booking_recovery',
					'depends'  => self::PARAM,
					'kind'     => self::CODE_KINDS[ $code ] ?? '',
				)
			);
		}
	}

	/**
	 * Puts a recovery's texts in the place of its codes. Called for every message of every workflow.
	 *
	 * @param string|null               $text As the owner wrote it.
	 * @param array|\ArrayAccess|null   $data Parameters of the event.
	 * @return string|null
	 */
	public function replace_codes( $text, $data = array() ) {
		try {
			$id = is_string( $data[ self::PARAM ] ?? null ) ? $data[ self::PARAM ] : '';
			if ( '' === $id || ! is_string( $text ) || false === strpos( $text, '{' . self::CODE_PREFIX ) ) {
				return $text;
			}
			$texts = $this->message->texts( $this->recoveries->request( $id ) ?? array(), $this->zone() );
			foreach ( $texts as $code => $value ) {
				$text = str_replace( '{' . self::CODE_PREFIX . $code . '}', $value, $text );
			}
		} catch ( \Throwable $e ) {
			Fault::note( $e );
		}
		return $text;
	}

	/**
	 * Whether a workflow would run if it were triggered now.
	 */
	public function is_ready(): bool {
		try {
			return $this->is_registered && Config::getWorkflowEventsManager()->isEnabled();
		} catch ( \Throwable $e ) {
			return false;
		}
	}

	/**
	 * Booknetic's version, or null without Booknetic.
	 */
	public function version(): ?string {
		return $this->ask(
			static function (): string {
				return (string) Helper::getVersion();
			}
		);
	}

	/**
	 * The active workflows for abandoned bookings, whoever of several tenants they belong to.
	 *
	 * @return array<int, array{ id: int, name: string, tenant_id: ?int, filter: Message_Filter }>|null
	 */
	public function workflows(): ?array {
		return $this->ask(
			static function (): array {
				$found = array();
				foreach ( Workflow::noTenant()->where( 'when', self::EVENT )->where( 'is_active', 1 )->fetchAll() as $row ) {
					$found[] = self::workflow( $row );
				}
				return $found;
			}
		);
	}

	/**
	 * How many actions of a workflow would run.
	 *
	 * @param array<string, mixed> $workflow As workflows() gives it.
	 */
	public function actions( array $workflow ): int {
		return (int) $this->ask(
			function () use ( $workflow ): int {
				return $this->as_tenant(
					$workflow['tenant_id'],
					static function () use ( $workflow ): int {
						return (int) WorkflowAction::where( 'workflow_id', $workflow['id'] )->where( 'is_active', 1 )->count();
					}
				);
			}
		);
	}

	/**
	 * How many of them are meant for a message, and how many actions these have.
	 *
	 * @param array<string, mixed> $request What the sidecar asked to send.
	 * @return array{ workflows: int, actions: int }
	 */
	public function meant_for( array $request ): array {
		$meant = array_filter(
			$this->workflows() ?? array(),
			static function ( array $workflow ) use ( $request ): bool {
				return self::is_meant( $workflow, $request );
			}
		);
		return array(
			'workflows' => count( $meant ),
			'actions'   => (int) array_sum( array_map( array( $this, 'actions' ), $meant ) ),
		);
	}

	/**
	 * Has a workflow run for these messages alone. Booknetic keeps the filters of its own events in the same place.
	 *
	 * @throws \InvalidArgumentException Where there is no place for it.
	 */
	public function write_filter( int $workflow_id, Message_Filter $filter ): void {
		$row = Workflow::noTenant()->where( 'id', $workflow_id )->where( 'when', self::EVENT )->fetch();
		if ( null === $row ) {
			throw new \InvalidArgumentException( 'This workflow is gone.' );
		}
		Workflow::noTenant()->where( 'id', $workflow_id )->update( array( 'data' => $filter->put_in( $row['data'] ) ) );
	}

	/**
	 * A workflow in the bridge's words.
	 *
	 * @param \ArrayAccess|array<string, mixed> $row Workflow.
	 * @return array<string, mixed>
	 */
	private static function workflow( $row ): array {
		return array(
			'id'        => (int) $row['id'],
			'name'      => (string) $row['name'],
			'tenant_id' => self::has_tenants() && (int) $row['tenant_id'] > 0 ? (int) $row['tenant_id'] : null,
			'filter'    => Message_Filter::in( $row['data'] ),
		);
	}

	/**
	 * Whether a workflow is meant for a message: it is the same tenant's, and lets the message through.
	 *
	 * @param array<string, mixed> $workflow In the bridge's words.
	 * @param array<string, mixed> $request  What the sidecar asked to send.
	 */
	private static function is_meant( array $workflow, array $request ): bool {
		$tenant_id = self::has_tenants() ? $request['tenant_id'] ?? null : null;
		return $workflow['tenant_id'] === $tenant_id && $workflow['filter']->admits( $request['number'], $request['kind'] );
	}

	/**
	 * Where Booknetic's log of workflows ends now.
	 */
	public function end_of_log(): ?int {
		return $this->ask(
			static function (): int {
				global $wpdb;
				return (int) $wpdb->get_var( "SELECT MAX( id ) FROM {$wpdb->base_prefix}bkntc_workflow_logs" );
			}
		);
	}

	/**
	 * What Booknetic has logged of one recovery. Since 5.2 every action is in the log, with what it was given, and with
	 * its error where it failed; before, only what drivers like to log of what they handed over, and nothing tells for
	 * which recovery that was.
	 *
	 * @param string   $recovery_id The recovery.
	 * @param int|null $since       Where the log ended before it ran.
	 * @return array<int, array{ is_its_own: bool, error: ?string }> An entry each, of actions for abandoned bookings.
	 */
	public function logged( string $recovery_id, ?int $since ): array {
		return null === $since ? array() : $this->ask(
			static function () use ( $recovery_id, $since ): array {
				$found = array();
				foreach ( WorkflowLog::where( 'when', self::EVENT )->where( 'id', '>', $since )->fetchAll() as $row ) {
					$given = json_decode( (string) ( $row['event_data'] ?? '' ), true );
					$of    = is_array( $given ) ? $given[ self::PARAM ] ?? '' : null;
					if ( null === $of || $recovery_id === $of ) {
						$found[] = array(
							'is_its_own' => null !== $of,
							'error'      => 'error' === ( $row['status'] ?? '' ) ? (string) ( $row['error_message'] ?? '' ) : null,
						);
					}
				}
				return $found;
			}
		) ?? array();
	}

	/**
	 * Runs those of the owner's workflows that are meant for one recovery, to their end. The parameters name the recovery
	 * and no person, since Booknetic keeps them.
	 *
	 * @param string               $recovery_id The claimed recovery.
	 * @param array<string, mixed> $request     What the sidecar asked to send.
	 * @throws \Throwable What an action throws; the actions behind it did not run.
	 */
	public function trigger( string $recovery_id, array $request ): void {
		$params = array( self::PARAM => $recovery_id );
		foreach ( array_keys( self::MODELS ) as $kind ) {
			$id = (int) ( $request['selection'][ $kind ]['id'] ?? 0 );
			// Booknetic's own codes fail on a row that is gone.
			if ( null !== $this->name( $kind, $id ) ) {
				$params[ $kind . '_id' ] = $id;
			}
		}
		if ( true === ( $request['test'] ?? false ) ) {
			$params[ self::TEST_PARAM ] = true;
		}
		Config::getWorkflowEventsManager()->trigger(
			self::EVENT,
			$params,
			static function ( $row ) use ( $request ): bool {
				return self::is_meant( self::workflow( $row ), $request );
			}
		);
	}

	/**
	 * Something of each kind that a visitor might choose; 0 where there is nothing.
	 *
	 * @return array<string, int> Kind => id.
	 */
	public function some_choice(): array {
		return array_map(
			function ( string $model ): int {
				return (int) $this->ask(
					static function () use ( $model ) {
						return $model::where( 'id', '>', 0 )->fetch()['id'] ?? 0;
					}
				);
			},
			self::MODELS
		);
	}

	/**
	 * Where Booknetic's own files are, or null without Booknetic.
	 */
	public static function folder(): ?string {
		return class_exists( Config::class ) ? dirname( (string) ( new \ReflectionClass( Config::class ) )->getFileName() ) : null;
	}

	/**
	 * What this file counts on, and what will not work without it.
	 *
	 * @return Assumption[]
	 */
	public static function assumptions(): array {
		$sending    = __( 'No message can be sent.', 'booking-recovery-bridge' );
		$wording    = __( 'The codes of this plugin stay in messages as they are.', 'booking-recovery-bridge' );
		$reading    = __( 'Bookings are not noticed, so somebody who has booked may be written to.', 'booking-recovery-bridge' );
		$naming     = __( 'Messages do not name what was chosen.', 'booking-recovery-bridge' );
		$asking     = __( 'Nobody looks whether the customer has booked in another way before a message goes out.', 'booking-recovery-bridge' );
		$converting = __( 'Appointments do not show that a message has brought them.', 'booking-recovery-bridge' );
		$pricing    = __( 'It is not known how much money was won back.', 'booking-recovery-bridge' );
		$logging    = __( 'It is not known whether a workflow has logged what it did.', 'booking-recovery-bridge' );
		$tenants    = __( 'Tenants\' workflows are not found.', 'booking-recovery-bridge' );
		$zones      = __( 'The times in tenants\' forms are taken for times in the site\'s zone.', 'booking-recovery-bridge' );
		$groups     = __( 'Messages cannot tell whether a group has places left at the chosen time.', 'booking-recovery-bridge' );
		$slots      = __( 'Messages cannot tell whether the chosen time is still free.', 'booking-recovery-bridge' );
		$events     = static function () {
			return Config::getWorkflowEventsManager();
		};
		$event      = static function () {
			return Config::getWorkflowEventsManager()->get( self::EVENT );
		};
		$codes      = static function () {
			return Config::getShortCodeService();
		};
		$list       = array(
			Assumption::method( 'Config::getWorkflowEventsManager', Config::class, 0, $sending ),
			Assumption::method( 'WorkflowEventsManager::get', $events, 1, $sending ),
			Assumption::method( 'WorkflowEventsManager::isEnabled', $events, 0, $sending ),
			Assumption::method( 'WorkflowEventsManager::trigger', $events, 3, $sending ),
			Assumption::method( 'WorkflowEvent::setTitle', $event, 1, $sending ),
			Assumption::method( 'WorkflowEvent::setAvailableParams', $event, 1, $sending ),
			Assumption::fires( 'bkntc_init', 'get_data', $sending ),
			Assumption::order( 'Booknetic registers its own workflow events before bkntc_init comes to 20', 'bkntc_init', 20, 'get_data', array( self::class, 'has_own_events' ), $wording ),
			Assumption::method( 'Config::getShortCodeService', Config::class, 0, $wording ),
			Assumption::method( 'ShortCodeService::registerShortCodesLazily', $codes, 1, $wording ),
			Assumption::method( 'ShortCodeService::registerCategory', $codes, 2, $wording ),
			Assumption::method( 'ShortCodeService::registerShortCode', $codes, 2, $wording ),
			Assumption::method( 'ShortCodeService::addReplacer', $codes, 1, $wording ),
			self::rows( Workflow::class, array( 'id', 'when', 'is_active' ), $sending ),
			Assumption::fact( 'method', 'Workflow::noTenant', array( self::class, 'sees_all_tenants' ), $sending ),
			self::rows( Workflow::class, array( 'name', 'data', 'tenant_id' ), __( 'Workflows cannot be limited to some of the messages.', 'booking-recovery-bridge' ) ),
			self::rows( WorkflowAction::class, array( 'workflow_id', 'is_active' ), $sending ),
			self::rows( WorkflowLog::class, array( 'id', 'when' ), $logging ),
			self::table( 'bkntc_workflow_logs', array( 'id' ), $logging ),
			self::rows( Appointment::class, array( 'id', 'payment_id', 'payment_method', 'payment_status', 'status', 'starts_at', 'ends_at', 'created_at', 'service_id', 'staff_id', 'location_id', 'customer_id' ), $reading ),
			self::rows( Appointment::class, array( 'busy_from', 'busy_to' ), $slots ),
			self::rows( Service::class, array( 'duration' ), $slots ),
			self::rows( Service::class, array( 'max_capacity' ), $groups ),
			self::rows( Appointment::class, array( 'weight' ), $groups ),
			self::rows( Customer::class, array( 'id', 'email', 'phone_number', 'first_name', 'last_name' ), $asking ),
			self::table( 'bkntc_customers', array( 'id', 'email', 'phone_number' ), $asking ),
			self::rows( Service::class, array( 'id', 'name', 'price' ), $naming ),
			self::rows( Staff::class, array( 'id', 'name' ), $naming ),
			self::rows( Location::class, array( 'id', 'name' ), $naming ),
			Assumption::method( 'Appointment::getData', Appointment::class, 2, $converting ),
			Assumption::method( 'Appointment::setData', Appointment::class, 3, $converting ),
			Assumption::method( 'Appointment::deleteData', Appointment::class, 2, $converting ),
			self::table( 'bkntc_appointment_prices', array( 'appointment_id', 'price', 'negative_or_positive' ), $pricing ),
			Assumption::method( 'Helper::getVersion', Helper::class, 0, __( 'The sidecar does not know Booknetic\'s version.', 'booking-recovery-bridge' ) ),
			Assumption::method( 'Helper::getOption', Helper::class, 2, $pricing ),
			Assumption::method( 'Helper::isSaaSVersion', Helper::class, 0, $tenants ),
			Assumption::method( 'Permission::tenantId', Permission::class, 0, $tenants ),
			Assumption::method( 'Permission::setTenantId', Permission::class, 1, $tenants ),
		);
		if ( self::has_tenants() ) {
			$list[] = Assumption::fact( 'option', 'timezone', array( self::class, 'has_readable_zone' ), $zones );
		}
		if ( class_exists( TabUI::class ) ) {
			$list[] = Assumption::method( 'TabUI::get', TabUI::class, 1, $converting );
		}
		return $list;
	}

	/**
	 * Whether Booknetic's own events are among those that workflows can begin with; null where it does not tell.
	 */
	public static function has_own_events(): ?bool {
		$events = Config::getWorkflowEventsManager();
		return method_exists( $events, 'getAll' ) ? isset( $events->getAll()['booking_new'] ) : null;
	}

	/**
	 * Whether rows of all tenants can be asked for at once.
	 */
	public static function sees_all_tenants(): bool {
		return Workflow::noTenant()->where( 'id', '>', 0 )->count() >= 0;
	}

	/**
	 * Whether the zone that was chosen in Booknetic can be understood; null where none was.
	 */
	public static function has_readable_zone(): ?bool {
		$chosen = (string) Helper::getOption( 'timezone', '' );
		return '' === $chosen ? null : null !== self::read_zone( $chosen );
	}

	/**
	 * That one of Booknetic's tables has columns of these names.
	 *
	 * @param string   $table   Without the prefix of all.
	 * @param string[] $columns Their names.
	 */
	private static function table( string $table, array $columns, string $effect ): Assumption {
		return Assumption::columns(
			$table,
			static function ( array $columns ) use ( $table ): void {
				global $wpdb;
				$wpdb->get_results( 'SELECT ' . implode( ', ', $columns ) . " FROM {$wpdb->base_prefix}$table LIMIT 0" );
			},
			$columns,
			$effect
		);
	}

	/**
	 * That a model has rows with columns of these names.
	 *
	 * @param string   $model   Class.
	 * @param string[] $columns Their names.
	 */
	private static function rows( string $model, array $columns, string $effect ): Assumption {
		return Assumption::columns(
			(string) substr( (string) strrchr( $model, '\\' ), 1 ),
			static function ( array $columns ) use ( $model ): void {
				$query = $model::where( 'id', '>', 0 );
				foreach ( $columns as $column ) {
					$query = $query->where( $column, '' );
				}
				$query->count();
			},
			$columns,
			$effect
		);
	}

	/**
	 * The tenant whose form this is, or null where there are no tenants.
	 */
	public function tenant_id(): ?int {
		$id = (int) $this->ask(
			static function () {
				return Permission::tenantId();
			}
		);
		return $id > 0 ? $id : null;
	}

	/**
	 * The tenant to whom appointments belong, or null where there are no tenants.
	 *
	 * @param int[] $appointment_ids Theirs; those that are gone tell nothing.
	 */
	public function tenant_of( array $appointment_ids ): ?int {
		return $this->ask(
			static function () use ( $appointment_ids ): ?int {
				foreach ( $appointment_ids as $appointment_id ) {
					$row = Appointment::noTenant()->get( $appointment_id );
					if ( null !== $row ) {
						return (int) $row['tenant_id'] > 0 ? (int) $row['tenant_id'] : null;
					}
				}
				return null;
			}
		);
	}

	/**
	 * Does something as a tenant's site would: Booknetic shows each tenant only its own, and in its own zone. Whoever's
	 * request this is gets it back as it was.
	 *
	 * @param int|null $tenant_id Null for what belongs to none.
	 * @param callable $work      Calls into Booknetic.
	 * @return mixed What it returns.
	 */
	public function as_tenant( ?int $tenant_id, callable $work ) {
		if ( $tenant_id === $this->tenant_id() || ! class_exists( Permission::class ) ) {
			return $work();
		}
		$before = Permission::tenantId();
		Permission::setTenantId( $tenant_id );
		try {
			return $work();
		} finally {
			Permission::setTenantId( $before );
		}
	}

	/**
	 * The zone of the dates and times in the form: each tenant may have chosen its own.
	 */
	public function zone(): \DateTimeZone {
		$chosen = self::has_tenants() ? $this->ask(
			static function (): ?\DateTimeZone {
				return self::read_zone( (string) Helper::getOption( 'timezone', '' ) );
			}
		) : null;
		return $chosen ?? wp_timezone();
	}

	/**
	 * A zone by its name, or by its distance from UTC in hours; null for anything else.
	 */
	private static function read_zone( string $name ): ?\DateTimeZone {
		if ( 1 === preg_match( '/\AUTC([+-])(\d{1,2}(?:\.\d{1,2})?)\z/', $name, $parts ) ) {
			$minutes = (int) round( 60 * (float) $parts[2] );
			$name    = sprintf( '%s%02d:%02d', $parts[1], intdiv( $minutes, 60 ), $minutes % 60 );
		}
		try {
			return '' === $name ? null : new \DateTimeZone( $name );
		} catch ( \Exception $e ) {
			return null;
		}
	}

	/**
	 * Whether this is a site of several businesses.
	 */
	private static function has_tenants(): bool {
		try {
			return (bool) Helper::isSaaSVersion();
		} catch ( \Throwable $e ) {
			return false;
		}
	}

	/**
	 * Whether somebody's time is `free` or `taken` for so many people; `unknown` where that cannot be told. Those who begin
	 * at the same time with the same service are one group, as far as it has places.
	 *
	 * @param string $booking_key Of the visitor's own booking, which takes nothing from them.
	 */
	public function slot( int $staff_id, int $service_id, int $start, int $people, string $booking_key ): string {
		return null === $this->name( 'staff', $staff_id ) ? 'unknown' : $this->ask(
			static function () use ( $staff_id, $service_id, $start, $people, $booking_key ): string {
				$service = Service::get( $service_id );
				$end     = $start + MINUTE_IN_SECONDS * max( 1, (int) ( $service['duration'] ?? 1 ) );
				$group   = 0;
				foreach ( Appointment::where( 'staff_id', $staff_id )->where( 'busy_from', '<', $end )->where( 'busy_to', '>', $start )->fetchAll() as $row ) {
					if ( self::describe( $row )['booking_key'] === $booking_key || ! self::holds_its_time( $row ) ) {
						continue;
					}
					if ( (int) $row['service_id'] !== $service_id || (int) $row['starts_at'] !== $start ) {
						return 'taken';
					}
					$group += max( 1, (int) ( $row['weight'] ?? 1 ) );
				}
				$places = (int) ( $service['max_capacity'] ?? 0 );
				if ( 0 === $group || ( $places > 0 && $group + $people <= $places ) ) {
					return 'free';
				}
				return $places > 0 ? 'taken' : 'unknown';
			}
		) ?? 'unknown';
	}

	/**
	 * Whether an appointment keeps others from its time: as long as its status says so, paid or not.
	 *
	 * @param \ArrayAccess|array<string, mixed> $row Appointment.
	 */
	private static function holds_its_time( $row ): bool {
		return Bookings::is_live( array( 'status' => self::STATUS_SPELLING[ $row['status'] ] ?? $row['status'] ) );
	}

	/**
	 * Appointments that somebody has made since a time, or that others have made for them.
	 *
	 * @param string|null $email Normalised.
	 * @param string|null $phone Normalised.
	 * @return array<int, array<string, mixed>> As appointment() gives them.
	 */
	public function appointments_since( ?string $email, ?string $phone, int $since ): array {
		return $this->ask(
			static function () use ( $email, $phone, $since ): array {
				$found = array();
				foreach ( self::customers( $email, $phone ) as $customer_id ) {
					foreach ( Appointment::where( 'customer_id', $customer_id )->where( 'created_at', '>=', $since )->fetchAll() as $row ) {
						$found[] = self::describe( $row );
					}
				}
				return $found;
			}
		) ?? array();
	}

	/**
	 * Customers that somebody is, however staff have written address and number down.
	 *
	 * @param string|null $email Normalised.
	 * @param string|null $phone Normalised.
	 * @return int[] Ids; of several tenants perhaps, whose appointments Booknetic keeps apart.
	 */
	private static function customers( ?string $email, ?string $phone ): array {
		global $wpdb;
		$either = array();
		if ( null !== $email ) {
			$either[] = $wpdb->prepare( 'LOWER( TRIM( email ) ) = %s', $email );
		}
		if ( null !== $phone ) {
			// Any signs may stand between the digits; which ones do no harm, Person knows.
			$either[] = $wpdb->prepare( 'phone_number LIKE %s', '%' . implode( '%', str_split( substr( $phone, 1 ) ) ) );
		}
		$found = array();
		$rows  = array() === $either ? array() : $wpdb->get_results( "SELECT id, email, phone_number FROM {$wpdb->base_prefix}bkntc_customers WHERE " . implode( ' OR ', $either ), ARRAY_A );
		foreach ( (array) $rows as $row ) {
			if ( array() !== array_intersect( Person::keys( $email, $phone ), Person::keys( $row['email'], $row['phone_number'] ) ) ) {
				$found[] = (int) $row['id'];
			}
		}
		return $found;
	}

	/**
	 * What a visitor's whole choice costs, as Booknetic reckons it in the running request.
	 *
	 * @param object $requests Booknetic's cart.
	 */
	public function cart_total( $requests ): ?float {
		return $this->ask(
			static function () use ( $requests ): float {
				return (float) $requests->getSubTotal( true );
			}
		);
	}

	/**
	 * What a service costs for one person, without extras and discounts.
	 */
	public function price( int $service_id ): ?float {
		return $service_id < 1 ? null : $this->ask(
			static function () use ( $service_id ): ?float {
				$row = Service::get( $service_id );
				return null === $row ? null : (float) $row['price'];
			}
		);
	}

	/**
	 * An amount in the site's currency, or null where that is not known.
	 *
	 * @return array{ amount: string, currency: string }|null
	 */
	public function money( float $amount ): ?array {
		return $this->ask(
			static function () use ( $amount ): ?array {
				$currency = (string) Helper::getOption( 'currency', 'USD' );
				return 1 !== preg_match( '/\A[A-Z]{3}\z/', $currency ) ? null : array(
					'amount'   => number_format( $amount, 2, '.', '' ),
					'currency' => $currency,
				);
			}
		);
	}

	/**
	 * Runs the owner's workflows for a booking that was won back, about its first appointment that still stands.
	 *
	 * @param int[] $appointment_ids All of the booking.
	 * @throws \Throwable What an action throws; the actions behind it did not run.
	 */
	public function announce( array $appointment_ids ): void {
		$appointments = array_filter( array_map( array( $this, 'appointment' ), $appointment_ids ) );
		$live         = array_filter( $appointments, array( Bookings::class, 'is_live' ) );
		if ( array() === $live ) {
			return;
		}
		array_multisort( array_column( $live, 'starts_at' ), $live );
		$params = array();
		foreach ( self::RECOVERED_KEYS as $key ) {
			$id = 'appointment_id' === $key ? $live[0]['id'] : $live[0][ $key ];
			if ( $id > 0 ) {
				$params[ $key ] = $id;
			}
		}
		Config::getWorkflowEventsManager()->trigger( self::RECOVERED_EVENT, $params );
	}

	/**
	 * Name of a `service`, `staff` or `location`, or null where there is no such row.
	 */
	public function name( string $kind, int $id ): ?string {
		$model = self::MODELS[ $kind ];
		return $id < 1 ? null : $this->ask(
			static function () use ( $model, $id ): ?string {
				$row = $model::get( $id );
				return null === $row ? null : (string) $row['name'];
			}
		);
	}

	/**
	 * An appointment in the bridge's words; times are Unix seconds.
	 *
	 * @return array<string, mixed>|null
	 */
	public function appointment( int $id ): ?array {
		return $this->ask(
			static function () use ( $id ): ?array {
				$row = Appointment::get( $id );
				return null === $row ? null : self::describe( $row );
			}
		);
	}

	/**
	 * All appointments of a booking that still exist.
	 *
	 * @return array<int, array<string, mixed>>
	 */
	public function appointments( string $booking_key ): array {
		return $this->ask(
			static function () use ( $booking_key ): array {
				$found = array();
				foreach ( Appointment::where( 'payment_id', $booking_key )->fetchAll() as $row ) {
					$found[] = self::describe( $row );
				}
				return $found;
			}
		) ?? array();
	}

	/**
	 * What appointments cost, or null where it cannot be told.
	 *
	 * @param int[] $appointment_ids Theirs.
	 * @return array{ amount: string, currency: string }|null
	 */
	public function total( array $appointment_ids ): ?array {
		return $this->ask(
			function () use ( $appointment_ids ): ?array {
				global $wpdb;
				if ( array() === $appointment_ids ) {
					return null;
				}
				$list = implode( ',', array_map( 'intval', $appointment_ids ) );
				$sum  = $wpdb->get_var( "SELECT SUM( price * negative_or_positive ) FROM {$wpdb->base_prefix}bkntc_appointment_prices WHERE appointment_id IN ( $list )" );
				return null === $sum ? null : $this->money( (float) $sum );
			}
		);
	}

	/**
	 * How a customer can be reached.
	 *
	 * @return array<string, mixed>|null
	 */
	public function contact( int $customer_id ): ?array {
		return $customer_id < 1 ? null : $this->ask(
			static function () use ( $customer_id ): ?array {
				$row = Customer::get( $customer_id );
				return null === $row ? null : array(
					'email'       => Person::email( $row['email'] ),
					'phone'       => Person::phone( $row['phone_number'] ),
					'first_name'  => Person::name( $row['first_name'] ),
					'last_name'   => Person::name( $row['last_name'] ),
					'customer_id' => $customer_id,
				);
			}
		);
	}

	/**
	 * Writes beside an appointment that a recovery has brought it.
	 *
	 * @param int                  $appointment_id The appointment; one that is gone is passed over.
	 * @param array<string, mixed> $conversion     What is written.
	 */
	public function write_conversion( int $appointment_id, array $conversion ): void {
		if ( null !== Appointment::get( $appointment_id ) ) {
			Appointment::setData( $appointment_id, self::CONVERSION_KEY, wp_json_encode( $conversion ) );
		}
	}

	/**
	 * Takes that back.
	 */
	public function erase_conversion( int $appointment_id ): void {
		Appointment::deleteData( $appointment_id, self::CONVERSION_KEY );
	}

	/**
	 * Takes back all that was ever written so. Booknetic may not run any more, and its table may be gone.
	 */
	public static function erase_all_conversions(): void {
		global $wpdb;
		$shown = $wpdb->suppress_errors( true );
		$wpdb->delete( $wpdb->base_prefix . 'bkntc_data', array( 'data_key' => self::CONVERSION_KEY ) );
		$wpdb->suppress_errors( $shown );
	}

	/**
	 * Takes all filters out of the owner's workflows. Booknetic may not run any more, and its table may be gone.
	 */
	public static function erase_all_filters(): void {
		global $wpdb;
		$table = $wpdb->base_prefix . 'bkntc_workflows';
		$none  = new Message_Filter( array(), '' );
		$shown = $wpdb->suppress_errors( true );
		$like  = '%' . $wpdb->esc_like( '"' . Message_Filter::KEY . '"' ) . '%';
		foreach ( (array) $wpdb->get_results( $wpdb->prepare( "SELECT id, data FROM $table WHERE data LIKE %s", $like ), ARRAY_A ) as $row ) {
			try {
				$wpdb->update( $table, array( 'data' => $none->put_in( $row['data'] ) ), array( 'id' => $row['id'] ) );
			} catch ( \InvalidArgumentException $e ) {
				// It only looks like ours.
				continue;
			}
		}
		$wpdb->suppress_errors( $shown );
	}

	/**
	 * A row of Booknetic in the bridge's words.
	 *
	 * @param \ArrayAccess|array<string, mixed> $row Appointment.
	 * @return array<string, mixed>
	 */
	private static function describe( $row ): array {
		$payment = (string) $row['payment_status'];
		$status  = 'canceled' === $payment ? 'canceled' : (string) $row['status'];
		$key     = (string) $row['payment_id'];
		return array(
			'id'             => (int) $row['id'],
			'booking_key'    => 1 === preg_match( '/\A[A-Za-z0-9_-]{1,64}\z/', $key ) ? $key : 'appointment-' . (int) $row['id'],
			'starts_at'      => (int) $row['starts_at'],
			'ends_at'        => (int) $row['ends_at'],
			'status'         => self::STATUS_SPELLING[ $status ] ?? $status,
			'service_id'     => (int) $row['service_id'],
			'staff_id'       => (int) $row['staff_id'],
			'location_id'    => (int) $row['location_id'],
			'customer_id'    => (int) $row['customer_id'],
			'payment_method' => (string) $row['payment_method'],
			'payment_status' => $payment,
			'created_at'     => (int) $row['created_at'],
		);
	}

	/**
	 * The answer to a question, or null where Booknetic cannot be asked.
	 *
	 * @param callable $question Calls into Booknetic.
	 * @return mixed
	 */
	private function ask( callable $question ) {
		try {
			return $question();
		} catch ( \Throwable $e ) {
			return null;
		}
	}
}
