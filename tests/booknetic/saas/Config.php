<?php
/**
 * What the owner of the whole site has.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticSaaS;

use BookneticApp\Drivers\EmailDriver;
use BookneticApp\Drivers\RecordingDriver;
use BookneticApp\Providers\Common\ShortCodeService;
use BookneticApp\Providers\Common\WorkflowDriversManager;
use BookneticApp\Providers\Common\WorkflowEventsManager;

/**
 * Managers of the owner's own workflows: what add-ons register with the tenants' is not known to these.
 */
class Config {

	private static $workflowEventsManager;

	private static $workflowDriversManager;

	private static $shortCodeService;

	public static function load() {
		self::$shortCodeService       = new ShortCodeService();
		self::$workflowDriversManager = new WorkflowDriversManager();
		self::$workflowEventsManager  = new WorkflowEventsManager( self::$workflowDriversManager, self::$shortCodeService );

		self::$workflowDriversManager->register( new EmailDriver() );
		self::$workflowDriversManager->register( new RecordingDriver() );
		self::$workflowEventsManager->get( 'tenant_signup' )->setTitle( __( 'Tenant signs up', 'booknetic' ) )->setAvailableParams( array( 'tenant_id' ) );
	}

	public static function getWorkflowEventsManager(): WorkflowEventsManager {
		return self::$workflowEventsManager;
	}

	public static function getWorkflowDriversManager(): WorkflowDriversManager {
		return self::$workflowDriversManager;
	}

	public static function getShortCodeService(): ShortCodeService {
		return self::$shortCodeService;
	}
}
