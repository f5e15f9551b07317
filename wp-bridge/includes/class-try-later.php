<?php
/**
 * A refusal that time will change.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * The caller may ask again. The exception's code is the HTTP status.
 */
final class Try_Later extends \RuntimeException {

	/**
	 * What is in the way, as a REST error code.
	 *
	 * @var string
	 */
	public $reason;

	/**
	 * Seconds to wait.
	 *
	 * @var int
	 */
	public $seconds;

	/**
	 * Takes what to tell the caller.
	 */
	public function __construct( string $reason, string $message, int $status, int $seconds ) {
		parent::__construct( $message, $status );
		$this->reason  = $reason;
		$this->seconds = $seconds;
	}

	/**
	 * Booknetic is missing, switched off or half started.
	 */
	public static function booknetic_is_not_ready(): self {
		return new self( 'booknetic_not_ready', __( 'Booknetic is not ready on this site.', 'booking-recovery-bridge' ), 503, 60 );
	}
}
