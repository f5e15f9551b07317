<?php
/**
 * Booking Recovery > Settings: the owner's choices.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * When messages are sent, who may be written to, and whether any leave the site.
 */
final class Choices_Section {

	private const FIRST   = array( 'abandon_after', 'unpaid_after', 'messages', 'quiet_hours' );
	private const FURTHER = array( 'min_gap', 'contact_cooldown', 'cap_per_30_days', 'slot_lead_time', 'max_lateness', 'attribution_window', 'holdout_percent', 'retention' );
	private const CHOSEN  = array( 'consent', 'dry_run' );
	private const NUMBERS = array( 'cap_per_30_days', 'holdout_percent' );

	/**
	 * What stands in a field whose choice is: none.
	 */
	private const NONE = '-';

	/**
	 * What sidecars do unless their operator has changed it, as it would be typed.
	 */
	private const USUAL = array(
		'abandon_after'      => '15m',
		'unpaid_after'       => '30m',
		'messages'           => '45m',
		'quiet_hours'        => self::NONE,
		'consent'            => Consent::NOTICE,
		'dry_run'            => 'no',
		'min_gap'            => '6h',
		'contact_cooldown'   => '7d',
		'cap_per_30_days'    => '3',
		'slot_lead_time'     => '2h',
		'max_lateness'       => '24h',
		'attribution_window' => '7d',
		'retention'          => '90d',
		'holdout_percent'    => '0',
	);

	/**
	 * What the owner has set.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * What counts.
	 *
	 * @var Policy
	 */
	private $policy;

	/**
	 * Takes what the owner has set, and what counts.
	 */
	public function __construct( Settings $settings, Policy $policy ) {
		$this->settings = $settings;
		$this->policy   = $policy;
	}

	/**
	 * Takes the owner's choices in. An empty field leaves the choice to the sidecar. What is locked stays as it was, until
	 * it is unlocked again.
	 *
	 * @param array<string, mixed> $input  Fields of the form.
	 * @param array<string, mixed> $stored What stands.
	 * @return array<string, mixed>
	 */
	public function receive( array $input, array $stored ): array {
		$fields  = array_filter(
			array_merge( self::FIRST, self::CHOSEN, self::FURTHER ),
			function ( string $key ): bool {
				return ! $this->policy->is_locked( $key );
			}
		);
		$choices = array_diff_key( $stored['recovery'] ?? array(), array_flip( $fields ) );
		foreach ( $fields as $key ) {
			$typed = is_string( $input[ $key ] ?? null ) ? trim( $input[ $key ] ) : '';
			if ( '' === $typed ) {
				continue;
			}
			$choice = self::read( $key, $typed );
			if ( ! Choices::fits( $key, $choice ) ) {
				/* translators: 1: name of a field, 2: what it is for and how to write it. */
				Settings_Form::complain( sprintf( __( '"%1$s" does not look right. %2$s', 'booking-recovery-bridge' ), self::labels()[ $key ], self::help()[ $key ] ) );
				return $stored;
			}
			$choices[ $key ] = $choice;
		}
		return Settings::sanitize(
			array(
				'recovery' => $choices,
				'paused'   => ! empty( $input['paused'] ),
			) + $stored
		);
	}

	/**
	 * What was typed, in the shape of the sidecar's configuration.
	 *
	 * @return mixed
	 */
	private static function read( string $key, string $typed ) {
		if ( 'messages' === $key ) {
			return array_map( 'trim', explode( ',', $typed ) );
		}
		if ( 'dry_run' === $key ) {
			return 'yes' === $typed;
		}
		if ( in_array( $key, self::NUMBERS, true ) ) {
			return ctype_digit( $typed ) && strlen( $typed ) < 4 ? (int) $typed : $typed;
		}
		return 'quiet_hours' === $key && self::NONE === $typed ? '' : $typed;
	}

	/**
	 * A choice as it was typed, or chosen.
	 *
	 * @param mixed $choice Null where the sidecar decides.
	 */
	private static function written( $choice ): string {
		if ( is_bool( $choice ) ) {
			return $choice ? 'yes' : 'no';
		}
		if ( is_array( $choice ) ) {
			return implode( ', ', $choice );
		}
		return '' === $choice ? self::NONE : (string) $choice;
	}

	/**
	 * The form with the owner's choices.
	 */
	public function render(): void {
		$choices = $this->settings->recovery();
		echo '<h2 id="booking-recovery-messages-heading">' . esc_html__( 'Messages', 'booking-recovery-bridge' ) . '</h2>';
		echo '<p>' . esc_html__( 'Write a time as 15m, 2h or 1d. What is left empty is decided by the sidecar; its choice stands below each field.', 'booking-recovery-bridge' ) . '</p>';
		Settings_Form::open();
		echo '<table class="form-table" role="presentation"><tbody>';
		foreach ( array_merge( self::FIRST, self::CHOSEN ) as $key ) {
			$this->render_choice( $key, self::written( $choices[ $key ] ?? null ) );
		}
		printf(
			'<tr><th scope="row">%1$s</th><td><label><input type="checkbox" name="%2$s[paused]" value="1"%3$s> %4$s</label></td></tr>',
			esc_html( self::labels()['paused'] ),
			esc_attr( Settings_Form::FIELD ),
			checked( $this->settings->is_paused(), true, false ),
			esc_html__( 'Let no message leave this site for the time being', 'booking-recovery-bridge' )
		);
		echo '</tbody></table>';
		printf( '<details%1$s><summary>%2$s</summary><table class="form-table" role="presentation"><tbody>', array_intersect_key( $choices, array_flip( self::FURTHER ) ) ? ' open' : '', esc_html__( 'How often, how long, and for whom', 'booking-recovery-bridge' ) );
		foreach ( self::FURTHER as $key ) {
			$this->render_choice( $key, self::written( $choices[ $key ] ?? null ) );
		}
		echo '</tbody></table></details><p class="submit">';
		Settings_Form::button( 'choose', __( 'Save', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
	}

	/**
	 * A row of the form: the field, what it is for, and what the sidecar does.
	 *
	 * @param string $key   Of the choice.
	 * @param string $value The owner's; empty for none.
	 */
	private function render_choice( string $key, string $value ): void {
		$sidecars = self::written( $this->policy->sidecars( $key ) );
		if ( $this->policy->is_locked( $key ) ) {
			$field = $this->locked_field( $key, self::answers( $key )[ $sidecars ] ?? $sidecars );
		} elseif ( in_array( $key, self::CHOSEN, true ) ) {
			$field = $this->select_field( $key, array( '' => self::sidecars_answer( $key, $sidecars ) ) + self::answers( $key ), $value );
		} else {
			$field = $this->text_field( $key, $value );
		}
		printf(
			'<tr><th scope="row"><label for="booking-recovery-%1$s">%2$s</label></th><td>%3$s<p class="description" id="booking-recovery-%1$s-help">%4$s</p></td></tr>',
			esc_attr( $key ),
			esc_html( self::labels()[ $key ] ),
			$field,
			esc_html( $this->description( $key, $sidecars ) )
		);
	}

	/**
	 * What stands below a field.
	 *
	 * @param string $key      Of the choice.
	 * @param string $sidecars The sidecar's choice, as it would be typed; empty where it is not known.
	 */
	private function description( string $key, string $sidecars ): string {
		$usual = '' === $sidecars ? self::USUAL[ $key ] : $sidecars;
		$usual = self::NONE === $usual ? __( 'none', 'booking-recovery-bridge' ) : $usual;
		if ( $this->policy->is_locked( $key ) ) {
			$also = __( 'The sidecar\'s operator has locked this: it cannot be changed in WordPress.', 'booking-recovery-bridge' );
		} elseif ( in_array( $key, self::CHOSEN, true ) ) {
			$also = '';
		} elseif ( '' !== $sidecars ) {
			/* translators: %s: a time, a number, or "none". */
			$also = sprintf( __( 'The sidecar\'s choice: %s', 'booking-recovery-bridge' ), $usual );
		} else {
			/* translators: %s: a time, a number, or "none". */
			$also = sprintf( __( 'Usually: %s', 'booking-recovery-bridge' ), $usual );
		}
		return trim( self::help()[ $key ] . ' ' . $also );
	}

	/**
	 * A field for a text.
	 */
	private function text_field( string $key, string $value ): string {
		return sprintf( '<input type="text" id="booking-recovery-%1$s" name="%2$s[%1$s]" value="%3$s" class="regular-text" dir="ltr" aria-describedby="booking-recovery-%1$s-help">', esc_attr( $key ), esc_attr( Settings_Form::FIELD ), esc_attr( $value ) );
	}

	/**
	 * A field that only shows: it can be reached with the keyboard and read out, as one that is disabled cannot.
	 */
	private function locked_field( string $key, string $value ): string {
		return sprintf( '<input type="text" id="booking-recovery-%1$s" value="%2$s" class="regular-text" dir="auto" readonly aria-describedby="booking-recovery-%1$s-help">', esc_attr( $key ), esc_attr( $value ) );
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
		return sprintf( '<select id="booking-recovery-%1$s" name="%2$s[%1$s]" style="max-width:100%%" aria-describedby="booking-recovery-%1$s-help">%3$s</select>', esc_attr( $key ), esc_attr( Settings_Form::FIELD ), $options );
	}

	/**
	 * What leaving a choice to the sidecar means.
	 *
	 * @param string $key      Of the choice.
	 * @param string $sidecars The sidecar's; empty where it is not known.
	 */
	private static function sidecars_answer( string $key, string $sidecars ): string {
		if ( '' === $sidecars ) {
			/* translators: %s: one of the other answers to choose from. */
			return sprintf( __( 'As on the sidecar, usually: %s', 'booking-recovery-bridge' ), self::answers( $key )[ self::USUAL[ $key ] ] );
		}
		/* translators: %s: one of the other answers to choose from. */
		return sprintf( __( 'As on the sidecar: %s', 'booking-recovery-bridge' ), self::answers( $key )[ $sidecars ] );
	}

	/**
	 * What can be chosen where nothing is typed.
	 *
	 * @return array<string, string> Value => words.
	 */
	private static function answers( string $key ): array {
		if ( 'consent' === $key ) {
			return array(
				Consent::NOTICE => __( 'A line below the form\'s contact fields says so', 'booking-recovery-bridge' ),
				Consent::OPT_IN => __( 'Only those who tick a box', 'booking-recovery-bridge' ),
				'off'           => __( 'Nothing is shown', 'booking-recovery-bridge' ),
			);
		}
		return 'dry_run' !== $key ? array() : array(
			'no'  => __( 'No, send them', 'booking-recovery-bridge' ),
			'yes' => __( 'Yes: decide and show everything, send nothing', 'booking-recovery-bridge' ),
		);
	}

	/**
	 * What the choices are called.
	 *
	 * @return array<string, string>
	 */
	private static function labels(): array {
		return array(
			'abandon_after'      => __( 'A booking counts as left after', 'booking-recovery-bridge' ),
			'unpaid_after'       => __( 'A payment counts as given up after', 'booking-recovery-bridge' ),
			'messages'           => __( 'Messages are sent after', 'booking-recovery-bridge' ),
			'quiet_hours'        => __( 'Quiet hours', 'booking-recovery-bridge' ),
			'consent'            => __( 'Who may be written to', 'booking-recovery-bridge' ),
			'dry_run'            => __( 'Only try it out', 'booking-recovery-bridge' ),
			'paused'             => __( 'Pause', 'booking-recovery-bridge' ),
			'min_gap'            => __( 'Between two messages lie at least', 'booking-recovery-bridge' ),
			'contact_cooldown'   => __( 'Then the person is left alone for', 'booking-recovery-bridge' ),
			'cap_per_30_days'    => __( 'Messages in 30 days', 'booking-recovery-bridge' ),
			'slot_lead_time'     => __( 'No message so near the chosen time', 'booking-recovery-bridge' ),
			'max_lateness'       => __( 'No message that is so late', 'booking-recovery-bridge' ),
			'attribution_window' => __( 'A booking is won back within', 'booking-recovery-bridge' ),
			'retention'          => __( 'Names and addresses are kept for', 'booking-recovery-bridge' ),
			'holdout_percent'    => __( 'People left alone for comparison', 'booking-recovery-bridge' ),
		);
	}

	/**
	 * What they are for, and how those that are typed are written.
	 *
	 * @return array<string, string>
	 */
	private static function help(): array {
		return array(
			'abandon_after'      => __( 'How long a visitor must have done nothing in the form.', 'booking-recovery-bridge' ),
			'unpaid_after'       => __( 'The same for a booking whose online payment is still open.', 'booking-recovery-bridge' ),
			'messages'           => __( 'One to five times, counted from when the booking was left, with commas between them, each longer than the one before: 45m, 1d.', 'booking-recovery-bridge' ),
			'quiet_hours'        => __( 'When nobody is written to, in the site\'s time zone: 21:00-08:00. What falls into them goes out when they end. A hyphen for none.', 'booking-recovery-bridge' ),
			'consent'            => __( 'What the form says to visitors about messages. Who says no gets none.', 'booking-recovery-bridge' ),
			'dry_run'            => __( 'The status page shows what would have been sent.', 'booking-recovery-bridge' ),
			'min_gap'            => __( 'For one person, however many visits they make.', 'booking-recovery-bridge' ),
			'contact_cooldown'   => __( 'After the messages of one visit.', 'booking-recovery-bridge' ),
			'cap_per_30_days'    => __( 'The most that one person gets, a number from 1 to 100.', 'booking-recovery-bridge' ),
			'slot_lead_time'     => __( 'A message that would come too late goes out earlier, or not at all.', 'booking-recovery-bridge' ),
			'max_lateness'       => __( 'Where something kept it back, a message that is late by more than this is not sent.', 'booking-recovery-bridge' ),
			'attribution_window' => __( 'How long after a message a booking still counts as won back by it.', 'booking-recovery-bridge' ),
			'retention'          => __( 'How long after a visitor was last seen it is erased on the sidecar whose visit it was, once the visit is over; at least 1d.', 'booking-recovery-bridge' ),
			'holdout_percent'    => __( 'In percent, a number from 0 to 100. They get no message, and the report tells what messages really bring.', 'booking-recovery-bridge' ),
		);
	}
}
