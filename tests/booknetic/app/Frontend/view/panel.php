<?php
/**
 * The booking panel.
 *
 * @package BookneticStandIn
 *
 * @var array $view info, steps, first, first_html.
 */

declare( strict_types = 1 );

use BookneticApp\Providers\Core\Permission;

$booknetic_number = 0;
$booknetic_tenant = Permission::tenantId();
?>
<div class="booknetic_appointment" id="booknetic_theme_1" data-info="<?php echo esc_attr( wp_json_encode( $view['info'] ) ); ?>" data-steps="<?php echo esc_attr( wp_json_encode( $view['steps'] ) ); ?>"<?php echo null === $booknetic_tenant ? '' : ' data-tenant_id="' . (int) $booknetic_tenant . '"'; ?>>
	<div class="booknetic_appointment_steps">
		<ol class="booknetic_appointment_steps_body">
			<?php foreach ( $view['steps'] as $booknetic_step ) : ?>
				<?php $booknetic_number += $booknetic_step['hidden'] ? 0 : 1; ?>
				<li class="booknetic_appointment_step_element<?php echo $booknetic_step['hidden'] ? ' booknetic_menu_hidden' : ''; ?><?php echo $booknetic_step['id'] === $view['first']['id'] ? ' booknetic_active_step' : ''; ?>" data-step-id="<?php echo esc_attr( $booknetic_step['id'] ); ?>">
					<span class="booknetic_badge" aria-hidden="true"><?php echo (int) $booknetic_number; ?></span>
					<span class="booknetic_step_title"><?php echo esc_html( $booknetic_step['title'] ); ?></span>
				</li>
			<?php endforeach; ?>
		</ol>
	</div>
	<div class="booknetic_appointment_container">
		<h2 class="booknetic_appointment_container_header" tabindex="-1"><?php echo esc_html( $view['first']['head_title'] ); ?></h2>
		<div class="booknetic_appointment_container_body">
			<div data-step-id="<?php echo esc_attr( $view['first']['id'] ); ?>"><?php echo $view['first_html']; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped in its own view. ?></div>
		</div>
		<p class="booknetic_warning_message" role="alert" hidden></p>
		<div class="booknetic_appointment_container_footer">
			<button type="button" class="booknetic_prev_step" hidden><?php esc_html_e( 'Back', 'booknetic' ); ?></button>
			<button type="button" class="booknetic_next_step"><?php esc_html_e( 'Next step', 'booknetic' ); ?></button>
			<button type="button" class="booknetic_confirm_booking_btn" hidden><?php esc_html_e( 'Confirm booking', 'booknetic' ); ?></button>
		</div>
	</div>
	<div class="booknetic_payment_waiting" role="status" hidden>
		<h2 tabindex="-1"><?php esc_html_e( 'Waiting for your payment', 'booknetic' ); ?></h2>
		<p><?php esc_html_e( 'Please finish it in the window that has opened.', 'booknetic' ); ?> <a class="booknetic_payment_link" target="_blank"><?php esc_html_e( 'Open the payment page', 'booknetic' ); ?></a></p>
	</div>
	<div class="booknetic_payment_failed" role="alert" hidden>
		<h2 tabindex="-1"><?php esc_html_e( 'The payment did not go through', 'booknetic' ); ?></h2>
		<p><?php esc_html_e( 'You can try again, or choose another way to pay.', 'booknetic' ); ?></p>
		<button type="button" class="booknetic_try_again_btn"><?php esc_html_e( 'Try again', 'booknetic' ); ?></button>
	</div>
	<div class="booknetic_appointment_finished" role="status" hidden>
		<div class="booknetic_appointment_finished_icon" aria-hidden="true">✓</div>
		<h2 class="booknetic_appointment_finished_title" tabindex="-1"><?php esc_html_e( 'Thank you, your booking is in!', 'booknetic' ); ?></h2>
		<p><?php esc_html_e( 'Your confirmation number:', 'booknetic' ); ?> <strong class="booknetic_appointment_finished_code"></strong></p>
	</div>
</div>
