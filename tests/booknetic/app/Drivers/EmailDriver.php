<?php
/**
 * E-mail action of workflows.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

/**
 * Sends the action's subject and body, as HTML, to each address of its To.
 */
class EmailDriver extends LoggingDriver {

	protected $driver = 'email';

	public function __construct() {
		$this->setName( __( 'Send an e-mail', 'booknetic' ) );
	}

	/**
	 * Logs what went out and to whom; a mail that was not accepted leaves no trace.
	 */
	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		$settings = $this->settings( $actionSettings );

		$to      = $shortCodeService->replace( $settings['to'] ?? '', $eventData );
		$subject = $shortCodeService->replace( $settings['subject'] ?? '', $eventData );
		$body    = $shortCodeService->replace( $settings['body'] ?? '', $eventData );

		foreach ( array_filter( array_map( 'trim', explode( ',', $to ) ) ) as $address ) {
			if ( wp_mail( $address, $subject, $body, array( 'Content-Type: text/html; charset=UTF-8' ) ) ) {
				$this->log( $actionSettings, array( 'to' => $address ) + compact( 'subject', 'body' ) );
			}
		}
	}
}
