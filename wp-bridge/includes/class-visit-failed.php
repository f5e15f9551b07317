<?php
/**
 * Why the robot of a test visit came no further.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Its message is for the owner: what is wrong, and what to do.
 */
final class Visit_Failed extends \RuntimeException {
}
