<?php
/**
 * What core registers with itself.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp;

use BookneticApp\Backend\Appointments\Helpers\ReminderService;
use BookneticApp\Drivers\EmailDriver;
use BookneticApp\Drivers\RecordingDriver;
use BookneticApp\Drivers\SlowDriver;
use BookneticApp\Drivers\ThrowingDriver;
use BookneticApp\Drivers\WebhookDriver;
use BookneticApp\Models\Appointment;
use BookneticApp\Providers\Common\CoreShortCodes;
use BookneticApp\Providers\Common\ShortCodeService;
use BookneticApp\Providers\Common\StandInGateway;
use BookneticApp\Providers\Common\WorkflowDriversManager;
use BookneticApp\Providers\Common\WorkflowEventsManager;
use BookneticApp\Providers\DB\Collection;

/**
 * Holds the managers, and turns what happens to appointments into workflow events.
 */
class Config {

	private const APPOINTMENT_PARAMS = array( 'appointment_id', 'location_id', 'service_id', 'staff_id', 'customer_id' );

	private static $workflowEventsManager;

	private static $workflowDriversManager;

	private static $shortCodeService;

	/**
	 * Rows as they were before a change, by appointment id: the hooks around a change do not pass them on.
	 *
	 * @var array<int,\BookneticApp\Providers\DB\Collection>
	 */
	private static $rowsBefore = array();

	public static function load() {
		self::$shortCodeService       = new ShortCodeService();
		self::$workflowDriversManager = new WorkflowDriversManager();
		self::$workflowEventsManager  = new WorkflowEventsManager( self::$workflowDriversManager, self::$shortCodeService );

		add_action( 'bkntc_init', array( self::class, 'registerCoreParts' ) );

		add_action( 'bkntc_payment_confirmed', array( self::class, 'triggerBookingNew' ), 1000 );
		add_action( 'bkntc_payment_confirmed_backend', array( self::class, 'triggerPaid' ), 1000 );
		add_action( 'bkntc_appointment_before_mutation', array( self::class, 'rememberRow' ), 1000 );
		add_action( 'bkntc_appointment_after_mutation', array( self::class, 'triggerChanges' ), 1000 );
		add_action( 'bkntc_cronjob', array( ReminderService::class, 'run' ) );
	}

	/**
	 * A TypeError before load(), that is while Booknetic has not started.
	 */
	public static function getWorkflowEventsManager(): WorkflowEventsManager {
		return self::$workflowEventsManager;
	}

	public static function getWorkflowDriversManager(): WorkflowDriversManager {
		return self::$workflowDriversManager;
	}

	public static function getShortCodeService(): ShortCodeService {
		return self::$shortCodeService;
	}

	public static function registerCoreParts() {
		self::registerEvents();

		foreach ( array( new EmailDriver(), new WebhookDriver(), new SlowDriver(), new ThrowingDriver(), new RecordingDriver() ) as $driver ) {
			self::$workflowDriversManager->register( $driver );
		}

		StandInGateway::register();

		self::$shortCodeService->registerShortCodesLazily( array( CoreShortCodes::class, 'register' ) );
		self::$shortCodeService->addReplacer( array( CoreShortCodes::class, 'replace' ) );
	}

	public static function triggerBookingNew( $appointmentId ) {
		self::triggerForAppointment( 'booking_new', Appointment::get( $appointmentId ) );
	}

	public static function triggerPaid( $appointmentId ) {
		self::triggerForAppointment( 'appointment_paid', Appointment::get( $appointmentId ) );
	}

	public static function rememberRow( $appointmentId ) {
		if ( null !== $appointmentId ) {
			self::$rowsBefore[ $appointmentId ] = Appointment::get( $appointmentId );
		}
	}

	/**
	 * A new appointment has no row from before, a deleted one no id after: both change nothing here.
	 */
	public static function triggerChanges( $appointmentId ) {
		$before = null === $appointmentId ? null : ( self::$rowsBefore[ $appointmentId ] ?? null );

		if ( null === $before ) {
			return;
		}

		unset( self::$rowsBefore[ $appointmentId ] );
		$after = Appointment::get( $appointmentId );

		if ( $before->starts_at !== $after->starts_at || $before->staff_id !== $after->staff_id ) {
			self::triggerForAppointment( 'booking_rescheduled', $after );
		}
		if ( $before->status !== $after->status ) {
			self::triggerForAppointment( 'booking_status_changed', $after );
		}
		if ( 'paid' !== $before->payment_status && 'paid' === $after->payment_status ) {
			self::triggerForAppointment( 'appointment_paid', $after );
		}
	}

	private static function registerEvents() {
		$of_appointments = array(
			'booking_new'            => __( 'New booking', 'booknetic' ),
			'booking_rescheduled'    => __( 'Booking rescheduled', 'booknetic' ),
			'booking_status_changed' => __( 'Booking status changed', 'booknetic' ),
			'booking_starts'         => __( 'Booking starts', 'booknetic' ),
			'booking_ends'           => __( 'Booking ends', 'booknetic' ),
			'appointment_paid'       => __( 'Appointment paid', 'booknetic' ),
		);

		foreach ( $of_appointments as $key => $title ) {
			self::$workflowEventsManager->get( $key )->setTitle( $title )->setAvailableParams( self::APPOINTMENT_PARAMS );
		}

		$of_customers = array(
			'customer_birthday'       => __( 'Birthday of a customer', 'booknetic' ),
			'customer_signup'         => __( 'Customer signs up', 'booknetic' ),
			'customer_forgot_password' => __( 'Customer forgot the password', 'booknetic' ),
			'customer_reset_password' => __( 'Customer has a new password', 'booknetic' ),
		);

		foreach ( $of_customers as $key => $title ) {
			self::$workflowEventsManager->get( $key )->setTitle( $title )->setAvailableParams( array( 'customer_id' ) );
		}

		self::$workflowEventsManager->get( 'new_wp_user_customer_created' )
			->setTitle( __( 'Customer has a new WordPress account', 'booknetic' ) )
			->setAvailableParams( array( 'customer_id', 'customer_password' ) );
	}

	/**
	 * What an event about an appointment hands to the drivers.
	 */
	public static function paramsOf( Collection $appointment ): array {
		$params = array( 'appointment_id' => (int) $appointment->id );

		foreach ( array( 'location_id', 'service_id', 'staff_id', 'customer_id' ) as $column ) {
			$params[ $column ] = (int) $appointment->$column;
		}

		return $params;
	}

	private static function triggerForAppointment( $event, $row ) {
		self::$workflowEventsManager->trigger( $event, self::paramsOf( $row ) );
	}
}
