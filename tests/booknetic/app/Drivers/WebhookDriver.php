<?php
/**
 * HTTP action of workflows.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

/**
 * Posts `body` to `url`, if it is still JSON once the codes are replaced; else an empty body goes out, and nobody is told.
 * Nobody is told either when the other side cannot be reached.
 */
class WebhookDriver extends LoggingDriver {

	protected $driver = 'webhook';

	public function __construct() {
		$this->setName( __( 'Send an HTTP request', 'booknetic' ) );
	}

	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		$settings = $this->settings( $actionSettings );
		$url      = $shortCodeService->replace( $settings['url'], $eventData );
		$body     = json_decode( $shortCodeService->replace( $settings['body'], $eventData ), true );
		$answer   = wp_remote_post(
			$url,
			array(
				'timeout'   => 10,
				'sslverify' => false,
				'headers'   => array( 'Content-Type' => 'application/json' ),
				'body'      => null === $body ? '' : wp_json_encode( $body ),
			)
		);

		if ( ! is_wp_error( $answer ) ) {
			$this->log( $actionSettings, compact( 'url', 'body' ) );
		}
	}
}
