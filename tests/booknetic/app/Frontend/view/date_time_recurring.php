<?php
/**
 * The date and time step of a service that recurs: every week on the first day's weekday.
 *
 * @package BookneticStandIn
 *
 * @var array $view days: first and last that can be booked; times: list of H:i.
 */

declare( strict_types = 1 );

list( $booknetic_first, $booknetic_last ) = $view['days'];
?>
<div class="booknetic_recurring booknetic_information_form">
	<?php foreach ( array( 'recurring_start_date' => __( 'First day', 'booknetic' ), 'recurring_end_date' => __( 'Last day', 'booknetic' ) ) as $booknetic_name => $booknetic_label ) : ?>
		<label class="booknetic_form_group">
			<?php echo esc_html( $booknetic_label ); ?>
			<input type="date" name="<?php echo esc_attr( $booknetic_name ); ?>" min="<?php echo esc_attr( $booknetic_first ); ?>" max="<?php echo esc_attr( $booknetic_last ); ?>" required>
		</label>
	<?php endforeach; ?>
	<label class="booknetic_form_group">
		<?php esc_html_e( 'Time, every week', 'booknetic' ); ?>
		<select name="recurring_time">
			<?php foreach ( $view['times'] as $booknetic_time ) : ?>
				<option><?php echo esc_html( $booknetic_time ); ?></option>
			<?php endforeach; ?>
		</select>
	</label>
</div>
