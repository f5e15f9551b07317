<?php
/**
 * The contact form.
 *
 * @package BookneticStandIn
 *
 * @var array $view As filtered by bkntc_booking_panel_information_step_parameters.
 */

declare( strict_types = 1 );

$booknetic_phone_required = 'on' === $view['phone_is_required'];
?>
<div class="booknetic_information_form">
	<div class="booknetic_form_group">
		<label for="bkntc_input_email"><?php esc_html_e( 'E-mail', 'booknetic' ); ?> <span aria-hidden="true">*</span></label>
		<input type="email" id="bkntc_input_email" class="bkntc_input_identifier_input" name="email" value="<?php echo esc_attr( $view['email'] ); ?>" data-customer-id="<?php echo (int) $view['customer_id']; ?>" autocomplete="email" required>
	</div>
	<p class="booknetic_known_customer" aria-live="polite"></p>
	<div class="booknetic_form_group booknetic_hidden_for_known">
		<label for="bkntc_input_name"><?php echo esc_html( $view['show_only_name'] ? __( 'Name', 'booknetic' ) : __( 'First name', 'booknetic' ) ); ?> <span aria-hidden="true">*</span></label>
		<input type="text" id="bkntc_input_name" name="first_name" dir="auto" value="<?php echo esc_attr( $view['name'] ); ?>" autocomplete="given-name" required>
	</div>
	<div class="booknetic_form_group booknetic_hidden_for_known"<?php echo $view['show_only_name'] ? ' hidden' : ''; ?>>
		<label for="bkntc_input_surname"><?php esc_html_e( 'Last name', 'booknetic' ); ?> <?php if ( ! $view['show_only_name'] ) : ?><span aria-hidden="true">*</span><?php endif; ?></label>
		<input type="text" id="bkntc_input_surname" name="last_name" dir="auto" value="<?php echo esc_attr( $view['show_only_name'] ? '' : $view['surname'] ); ?>" autocomplete="family-name"<?php echo $view['show_only_name'] ? '' : ' required'; ?>>
	</div>
	<div class="booknetic_form_group booknetic_hidden_for_known">
		<label for="bkntc_input_phone"><?php esc_html_e( 'Phone', 'booknetic' ); ?><?php echo $booknetic_phone_required ? ' <span aria-hidden="true">*</span>' : ''; ?></label>
		<input type="tel" id="bkntc_input_phone" name="phone" value="<?php echo esc_attr( $view['phone'] ); ?>" placeholder="+49 …" autocomplete="tel"<?php echo $booknetic_phone_required ? ' required' : ''; ?>>
	</div>
	<?php do_action( 'bkntc_after_information_inputs', $view['service'] ); ?>
</div>
