<?php
/**
 * Plugin Name:       Booking Recovery Bridge
 * Description:       Reports what visitors do in a Booknetic booking form to a Booking Recovery sidecar, and lets Booknetic's own workflows write to those who left without booking.
 * Version:           0.1.0
 * Requires at least: 5.6
 * Requires PHP:      7.4
 * Author:            The Booking Recovery authors
 * License:           MIT
 * License URI:       https://opensource.org/licenses/MIT
 * Text Domain:       booking-recovery-bridge
 * Domain Path:       /languages
 * Update URI:        false
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const VERSION = '0.1.0';

require_once __DIR__ . '/includes/class-network.php';
require_once __DIR__ . '/includes/class-schema.php';
require_once __DIR__ . '/includes/class-lock.php';
require_once __DIR__ . '/includes/class-fault.php';
require_once __DIR__ . '/includes/class-person.php';
require_once __DIR__ . '/includes/class-signer.php';
require_once __DIR__ . '/includes/class-connection.php';
require_once __DIR__ . '/includes/class-sidecar-client.php';
require_once __DIR__ . '/includes/class-status-page.php';
require_once __DIR__ . '/includes/class-choices.php';
require_once __DIR__ . '/includes/class-settings.php';
require_once __DIR__ . '/includes/class-policy.php';
require_once __DIR__ . '/includes/class-round-trip.php';
require_once __DIR__ . '/includes/class-health.php';
require_once __DIR__ . '/includes/class-site-health.php';
require_once __DIR__ . '/includes/class-stuck-notice.php';
require_once __DIR__ . '/includes/class-summary.php';
require_once __DIR__ . '/includes/class-glance.php';
require_once __DIR__ . '/includes/class-overview-page.php';
require_once __DIR__ . '/includes/class-dashboard-widget.php';
require_once __DIR__ . '/includes/class-settings-form.php';
require_once __DIR__ . '/includes/class-choices-section.php';
require_once __DIR__ . '/includes/class-workflows-section.php';
require_once __DIR__ . '/includes/class-test-visit-section.php';
require_once __DIR__ . '/includes/class-opt-out-list.php';
require_once __DIR__ . '/includes/class-opt-out-section.php';
require_once __DIR__ . '/includes/class-settings-page.php';
require_once __DIR__ . '/includes/class-sessions.php';
require_once __DIR__ . '/includes/class-bookings.php';
require_once __DIR__ . '/includes/class-recoveries.php';
require_once __DIR__ . '/includes/class-conversions.php';
require_once __DIR__ . '/includes/class-outbox.php';
require_once __DIR__ . '/includes/class-suppressions.php';
require_once __DIR__ . '/includes/class-consent-ledger.php';
require_once __DIR__ . '/includes/class-contacts.php';
require_once __DIR__ . '/includes/class-opt-out-tokens.php';
require_once __DIR__ . '/includes/class-opt-out-page.php';
require_once __DIR__ . '/includes/class-privacy.php';
require_once __DIR__ . '/includes/class-test-visits.php';
require_once __DIR__ . '/includes/class-visitor.php';
require_once __DIR__ . '/includes/class-consent.php';
require_once __DIR__ . '/includes/class-honeypot.php';
require_once __DIR__ . '/includes/class-address-rate.php';
require_once __DIR__ . '/includes/class-bot-signals.php';
require_once __DIR__ . '/includes/class-recovery-message.php';
require_once __DIR__ . '/includes/class-message-filter.php';
require_once __DIR__ . '/includes/class-assumption.php';
require_once __DIR__ . '/includes/class-booknetic-gateway.php';
require_once __DIR__ . '/includes/class-booknetic-events.php';
require_once __DIR__ . '/includes/class-booknetic-notice.php';
require_once __DIR__ . '/includes/class-session-script.php';
require_once __DIR__ . '/includes/class-check-in.php';
require_once __DIR__ . '/includes/class-event-composer.php';
require_once __DIR__ . '/includes/class-delivery.php';
require_once __DIR__ . '/includes/class-try-later.php';
require_once __DIR__ . '/includes/class-signed-routes.php';
require_once __DIR__ . '/includes/class-last-look.php';
require_once __DIR__ . '/includes/class-recovery-run.php';
require_once __DIR__ . '/includes/class-recoveries-controller.php';
require_once __DIR__ . '/includes/class-conversions-controller.php';
require_once __DIR__ . '/includes/class-contacts-controller.php';
require_once __DIR__ . '/includes/class-suppressions-controller.php';
require_once __DIR__ . '/includes/class-outbox-controller.php';
require_once __DIR__ . '/includes/class-status-controller.php';
require_once __DIR__ . '/includes/class-assumptions.php';
require_once __DIR__ . '/includes/class-booknetic-panel.php';
require_once __DIR__ . '/includes/class-visit-failed.php';
require_once __DIR__ . '/includes/class-visit-robot.php';
require_once __DIR__ . '/includes/class-visit-witness.php';
require_once __DIR__ . '/includes/class-visit-stages.php';
require_once __DIR__ . '/includes/class-test-visit.php';
require_once __DIR__ . '/includes/class-visits-controller.php';
require_once __DIR__ . '/includes/class-plugin.php';

( new Plugin( __FILE__ ) )->run();
