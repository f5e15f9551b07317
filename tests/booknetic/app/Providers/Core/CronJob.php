<?php
/**
 * Work that is due from time to time.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Core;

use BookneticApp\Providers\Helpers\Helper;

/**
 * WordPress's schedule has no part in this: any request to the site may find that a minute has passed, and has the work done
 * in a request that the site makes to itself; WordPress's own cron does it at once.
 */
class CronJob {

	private const EVERY = 60;

	private const ACTION = 'bkntc_background_process';

	private const LAST_RUN = 'cron_job_runned_on';

	public static function init() {
		add_action( 'wp_ajax_' . self::ACTION, array( self::class, 'run' ) );
		add_action( 'wp_ajax_nopriv_' . self::ACTION, array( self::class, 'run' ) );

		if ( time() - (int) Helper::getOption( self::LAST_RUN, 0, false ) < self::EVERY ) {
			return;
		}

		Helper::setOption( self::LAST_RUN, time(), false );

		if ( wp_doing_cron() ) {
			self::run();

			return;
		}

		wp_remote_post(
			admin_url( 'admin-ajax.php' ),
			array(
				'timeout'   => 0.01,
				'blocking'  => false,
				'sslverify' => false,
				'body'      => array( 'action' => self::ACTION ),
			)
		);
	}

	/**
	 * Whose request this is does not matter to the work, and nothing of it may be believed to be the visitor's.
	 */
	public static function run() {
		do_action( 'bkntc_cronjob' );
	}
}
