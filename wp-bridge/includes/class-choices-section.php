<?php
/**
 * Settings > Booking recovery: the owner's choices.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * When messages are sent, who may be written to, and whether any leave the site.
 */
final class Choices_Section {

	private const TIMES = array( 'abandon_after', 'unpaid_after' );

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes what the owner has set.
	 */
	public function __construct( Settings $settings ) {
		$this->settings = $settings;
	}

	/**
	 * Takes the owner's choices in. An empty field leaves the choice to the sidecar.
	 *
	 * @param array<string, mixed> $input  Fields of the form.
	 * @param array<string, mixed> $stored What stands.
	 * @return array<string, mixed>
	 */
	public function receive( array $input, array $stored ): array {
		$choices = $stored['recovery'] ?? array();
		foreach ( array( 'abandon_after', 'unpaid_after', 'consent', 'messages', 'dry_run' ) as $key ) {
			$given = is_string( $input[ $key ] ?? null ) ? trim( $input[ $key ] ) : '';
			unset( $choices[ $key ] );
			if ( '' === $given ) {
				continue;
			}
			if ( 'messages' === $key ) {
				$given = array_map( 'trim', explode( ',', $given ) );
			}
			if ( 'dry_run' === $key ) {
				$given = 'yes' === $given;
			}
			if ( ! Choices::fits( $key, $given ) ) {
				/* translators: %s: name of a field. */
				Settings_Form::complain( sprintf( __( '%s does not look right. Write a time as 15m, 2h or 1d; several with commas between them, each longer than the one before, at most five.', 'booking-recovery-bridge' ), self::labels()[ $key ] ) );
				return $stored;
			}
			$choices[ $key ] = $given;
		}
		return Settings::sanitize(
			array(
				'recovery' => $choices,
				'paused'   => ! empty( $input['paused'] ),
			) + $stored
		);
	}

	/**
	 * The form with the owner's choices.
	 */
	public function render(): void {
		$choices = $this->settings->recovery();
		$labels  = self::labels();
		echo '<h2>' . esc_html__( 'Messages', 'booking-recovery-bridge' ) . '</h2>';
		echo '<p id="booking-recovery-times">' . esc_html__( 'Write a time as 15m, 2h or 1d. What is left empty is decided by the sidecar.', 'booking-recovery-bridge' ) . '</p>';
		Settings_Form::open();
		echo '<table class="form-table" role="presentation"><tbody>';
		foreach ( self::TIMES as $key ) {
			$this->render_row( $key, $this->text_field( $key, $choices[ $key ] ?? '' ) );
		}
		$this->render_row( 'messages', $this->text_field( 'messages', implode( ', ', $choices['messages'] ?? array() ) ) );
		$modes = array(
			''              => __( 'As on the sidecar, with a line below the form\'s contact fields', 'booking-recovery-bridge' ),
			Consent::NOTICE => __( 'A line below the form\'s contact fields says so', 'booking-recovery-bridge' ),
			Consent::OPT_IN => __( 'Only those who tick a box', 'booking-recovery-bridge' ),
			'off'           => __( 'Nothing is shown', 'booking-recovery-bridge' ),
		);
		$this->render_row( 'consent', $this->select_field( 'consent', $modes, $choices['consent'] ?? '' ) );
		$runs = array(
			''    => __( 'As on the sidecar', 'booking-recovery-bridge' ),
			'no'  => __( 'No, send them', 'booking-recovery-bridge' ),
			'yes' => __( 'Yes: decide and show everything, send nothing', 'booking-recovery-bridge' ),
		);
		$run  = isset( $choices['dry_run'] ) ? ( $choices['dry_run'] ? 'yes' : 'no' ) : '';
		$this->render_row( 'dry_run', $this->select_field( 'dry_run', $runs, $run ) );
		printf(
			'<tr><th scope="row">%1$s</th><td><label><input type="checkbox" name="%2$s[paused]" value="1"%3$s> %4$s</label></td></tr>',
			esc_html( $labels['paused'] ),
			esc_attr( Settings_Form::FIELD ),
			checked( $this->settings->is_paused(), true, false ),
			esc_html__( 'Let no message leave this site for the time being', 'booking-recovery-bridge' )
		);
		echo '</tbody></table><p class="submit">';
		Settings_Form::button( 'choose', __( 'Save', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
	}

	/**
	 * One row of the form.
	 *
	 * @param string $key   Of the choice.
	 * @param string $field HTML, escaped.
	 */
	private function render_row( string $key, string $field ): void {
		printf( '<tr><th scope="row"><label for="booking-recovery-%1$s">%2$s</label></th><td>%3$s</td></tr>', esc_attr( $key ), esc_html( self::labels()[ $key ] ), $field );
	}

	/**
	 * A field for a text.
	 */
	private function text_field( string $key, string $value ): string {
		return sprintf( '<input type="text" id="booking-recovery-%1$s" name="%2$s[%1$s]" value="%3$s" class="regular-text" dir="ltr" aria-describedby="booking-recovery-times">', esc_attr( $key ), esc_attr( Settings_Form::FIELD ), esc_attr( $value ) );
	}

	/**
	 * A field with some answers to choose from.
	 *
	 * @param string                $key     Of the choice.
	 * @param array<string, string> $answers Value => words.
	 */
	private function select_field( string $key, array $answers, string $value ): string {
		$options = '';
		foreach ( $answers as $answer => $words ) {
			$options .= sprintf( '<option value="%1$s"%2$s>%3$s</option>', esc_attr( (string) $answer ), selected( $value, (string) $answer, false ), esc_html( $words ) );
		}
		return sprintf( '<select id="booking-recovery-%1$s" name="%2$s[%1$s]" style="max-width:100%%">%3$s</select>', esc_attr( $key ), esc_attr( Settings_Form::FIELD ), $options );
	}

	/**
	 * What the choices are called.
	 *
	 * @return array<string, string>
	 */
	private static function labels(): array {
		return array(
			'abandon_after' => __( 'A booking counts as left after', 'booking-recovery-bridge' ),
			'unpaid_after'  => __( 'A payment counts as given up after', 'booking-recovery-bridge' ),
			'messages'      => __( 'Messages are sent after', 'booking-recovery-bridge' ),
			'consent'       => __( 'Who may be written to', 'booking-recovery-bridge' ),
			'dry_run'       => __( 'Only try it out', 'booking-recovery-bridge' ),
			'paused'        => __( 'Pause', 'booking-recovery-bridge' ),
		);
	}
}
