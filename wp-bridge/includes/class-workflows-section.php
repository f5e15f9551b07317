<?php
/**
 * Booking Recovery > Settings: which workflow sends which message.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Lets the owner limit each workflow to some of the messages, and says which of them nobody would send.
 */
final class Workflows_Section {

	/**
	 * Keeps the workflows.
	 *
	 * @var Booknetic_Gateway
	 */
	private $booknetic;

	/**
	 * Knows how many messages there are.
	 *
	 * @var Policy
	 */
	private $policy;

	/**
	 * Takes who knows.
	 */
	public function __construct( Booknetic_Gateway $booknetic, Policy $policy ) {
		$this->booknetic = $booknetic;
		$this->policy    = $policy;
	}

	/**
	 * Takes in what the owner has ticked. All messages ticked is no limit, so that it holds for messages added later.
	 *
	 * @param array<string, mixed> $input Fields of the form.
	 */
	public function receive( array $input ): void {
		$workflows = $this->booknetic->workflows() ?? array();
		$shown     = $this->shown( $workflows );
		$filters   = array();
		foreach ( $workflows as $workflow ) {
			$typed = $input['workflows'][ $workflow['id'] ] ?? null;
			if ( ! is_array( $typed ) ) {
				continue;
			}
			$numbers = array_values( array_intersect( range( 1, $shown ), array_map( 'intval', array_filter( (array) ( $typed['numbers'] ?? array() ), 'is_string' ) ) ) );
			if ( array() === $numbers ) {
				/* translators: %s: name of a workflow. */
				Settings_Form::complain( sprintf( __( 'Tick at least one message for "%s", or switch the workflow off in Booknetic.', 'booking-recovery-bridge' ), $workflow['name'] ) );
				return;
			}
			$kind                       = in_array( $typed['kind'] ?? '', Message_Filter::KINDS, true ) ? $typed['kind'] : '';
			$filters[ $workflow['id'] ] = new Message_Filter( count( $numbers ) === $shown ? array() : $numbers, $kind );
		}
		$this->write( $workflows, $filters );
	}

	/**
	 * Prints the form.
	 */
	public function render(): void {
		echo '<h2 id="booking-recovery-workflows">' . esc_html__( 'Workflows', 'booking-recovery-bridge' ) . '</h2>';
		$workflows = $this->booknetic->workflows();
		if ( null === $workflows ) {
			echo '<p>' . esc_html__( 'Which workflow sends which message can be chosen here while Booknetic runs.', 'booking-recovery-bridge' ) . '</p>';
			return;
		}
		if ( array() === $workflows ) {
			echo '<p>' . esc_html__( 'There is no active workflow for the event "Booking abandoned". Make one in Booknetic, under Workflows.', 'booking-recovery-bridge' ) . '</p>';
			return;
		}
		echo '<p>' . esc_html__( 'Every active workflow for the event "Booking abandoned" runs for every message, unless you limit it here. So each message can have a text of its own.', 'booking-recovery-bridge' ) . '</p>';
		$this->render_warnings( $this->warnings( $workflows ) );
		Settings_Form::open();
		echo '<table class="form-table" role="presentation"><tbody>';
		foreach ( $workflows as $workflow ) {
			$this->render_workflow( $workflow, $this->shown( $workflows ) );
		}
		echo '</tbody></table><p class="submit">';
		Settings_Form::button( 'limit', __( 'Save', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
	}

	/**
	 * Writes what has changed.
	 *
	 * @param array<int, array<string, mixed>> $workflows As the gateway gives them.
	 * @param array<int, Message_Filter>       $filters   By the workflow's id.
	 */
	private function write( array $workflows, array $filters ): void {
		foreach ( $workflows as $workflow ) {
			$filter = $filters[ $workflow['id'] ] ?? $workflow['filter'];
			try {
				// Objects with the same values: what has not changed is not touched.
				if ( $filter != $workflow['filter'] ) {
					$this->booknetic->write_filter( $workflow['id'], $filter );
				}
			} catch ( \Throwable $e ) {
				Fault::note( $e );
				/* translators: %s: name of a workflow. */
				add_settings_error( Settings::OPTION, 'wrong', sprintf( __( 'The workflow "%s" could not be limited: what Booknetic keeps beside it cannot be read or changed.', 'booking-recovery-bridge' ), $workflow['name'] ) );
			}
		}
		if ( array() === get_settings_errors( Settings::OPTION ) ) {
			add_settings_error( Settings::OPTION, 'saved', __( 'Saved.', 'booking-recovery-bridge' ), 'success' );
		}
	}

	/**
	 * How many messages can be chosen from: those that are sent, and those that a workflow is limited to.
	 *
	 * @param array<int, array<string, mixed>> $workflows As the gateway gives them.
	 */
	private function shown( array $workflows ): int {
		$named = array_map(
			static function ( Message_Filter $filter ): int {
				return $filter->highest();
			},
			array_column( $workflows, 'filter' )
		);
		return max( array_merge( array( $this->sent() ), $named ) );
	}

	/**
	 * How many messages are sent to somebody who does not come back; one where the sidecar has not told yet.
	 */
	private function sent(): int {
		return max( 1, count( (array) $this->policy->in_force( 'messages' ) ) );
	}

	/**
	 * Which messages no workflow would send, for each tenant apart.
	 *
	 * @param array<int, array<string, mixed>> $workflows As the gateway gives them.
	 * @return string[] Sentences.
	 */
	private function warnings( array $workflows ): array {
		$warnings = array();
		foreach ( array_unique( array_column( $workflows, 'tenant_id' ) ) as $tenant_id ) {
			$theirs = array_filter(
				$workflows,
				function ( array $workflow ) use ( $tenant_id ): bool {
					return $workflow['tenant_id'] === $tenant_id && $this->booknetic->actions( $workflow ) > 0;
				}
			);
			for ( $number = 1; $number <= $this->sent(); $number++ ) {
				$warning = self::warning( $number, array_column( $theirs, 'filter' ) );
				if ( '' !== $warning ) {
					$warnings[] = $warning . self::of_tenant( $tenant_id );
				}
			}
		}
		return $warnings;
	}

	/**
	 * To whom no workflow would send a message; '' where somebody sends it to everyone.
	 *
	 * @param Message_Filter[] $filters Of the workflows that do something.
	 */
	private static function warning( int $number, array $filters ): string {
		$missing = array_filter(
			Message_Filter::KINDS,
			static function ( string $kind ) use ( $number, $filters ): bool {
				foreach ( $filters as $filter ) {
					if ( $filter->admits( $number, $kind ) ) {
						return false;
					}
				}
				return true;
			}
		);
		$text    = '';
		if ( Message_Filter::KINDS === $missing ) {
			/* translators: %s: number of a message. */
			$text = __( 'No workflow sends message %s.', 'booking-recovery-bridge' );
		} elseif ( in_array( 'unpaid', $missing, true ) ) {
			/* translators: %s: number of a message. */
			$text = __( 'No workflow sends message %s to those whose payment is open.', 'booking-recovery-bridge' );
		} elseif ( array() !== $missing ) {
			/* translators: %s: number of a message. */
			$text = __( 'No workflow sends message %s to those who left the form unfinished.', 'booking-recovery-bridge' );
		}
		return sprintf( $text, number_format_i18n( $number ) );
	}

	/**
	 * Whose it is, where there are several tenants.
	 */
	private static function of_tenant( ?int $tenant_id ): string {
		/* translators: %d: number of a tenant. */
		return null === $tenant_id ? '' : ' ' . sprintf( __( '(tenant %d)', 'booking-recovery-bridge' ), $tenant_id );
	}

	/**
	 * Prints what nobody would send.
	 *
	 * @param string[] $warnings Sentences.
	 */
	private function render_warnings( array $warnings ): void {
		if ( array() === $warnings ) {
			return;
		}
		echo '<div class="notice notice-warning inline">';
		foreach ( $warnings as $warning ) {
			echo '<p>' . esc_html( $warning ) . '</p>';
		}
		echo '</div>';
	}

	/**
	 * Prints one workflow's row.
	 *
	 * @param array<string, mixed> $workflow As the gateway gives it.
	 * @param int                  $shown    How many messages can be chosen from.
	 */
	private function render_workflow( array $workflow, int $shown ): void {
		$name   = $workflow['name'] . self::of_tenant( $workflow['tenant_id'] );
		$field  = Settings_Form::FIELD . '[workflows][' . $workflow['id'] . ']';
		$filter = $workflow['filter'];
		printf( '<tr><th scope="row">%1$s</th><td><fieldset><legend class="screen-reader-text">%1$s</legend><p>', esc_html( $name ) );
		for ( $number = 1; $number <= $shown; $number++ ) {
			printf(
				'<label style="padding-inline-end:1.5em"><input type="checkbox" name="%1$s[numbers][]" value="%2$d"%3$s> %4$s</label>',
				esc_attr( $field ),
				(int) $number,
				checked( $filter->admits_number( $number ), true, false ),
				/* translators: %s: number of a message. */
				esc_html( sprintf( __( 'Message %s', 'booking-recovery-bridge' ), number_format_i18n( $number ) ) )
			);
		}
		printf( '</p><p><label>%1$s <select name="%2$s[kind]" style="max-width:100%%">', esc_html__( 'For', 'booking-recovery-bridge' ), esc_attr( $field ) );
		$chosen = $filter->kind();
		$kinds  = array(
			''           => __( 'everyone', 'booking-recovery-bridge' ),
			'unfinished' => __( 'those who left the form unfinished', 'booking-recovery-bridge' ),
			'unpaid'     => __( 'those whose payment is open', 'booking-recovery-bridge' ),
		);
		foreach ( $kinds as $kind => $words ) {
			printf( '<option value="%1$s"%2$s>%3$s</option>', esc_attr( $kind ), selected( $chosen, $kind, false ), esc_html( $words ) );
		}
		echo '</select></label></p></fieldset></td></tr>';
	}
}
