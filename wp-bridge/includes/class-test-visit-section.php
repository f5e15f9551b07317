<?php
/**
 * Booking Recovery > Settings: the test visit.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * A button, and how far the robot has come. With JavaScript this goes on by itself, else by a link.
 */
final class Test_Visit_Section {

	public const ACTION    = 'booking_recovery_visit';
	private const ELEMENT  = 'booking-recovery-visit';
	private const ARGUMENT = 'visit';

	/**
	 * What is begun and shown.
	 *
	 * @var Test_Visit
	 */
	private $visit;

	/**
	 * Brings the robot's events to the sidecar where this server cannot do so behind its responses.
	 *
	 * @var Delivery
	 */
	private $delivery;

	/**
	 * Takes what is begun and shown.
	 */
	public function __construct( Test_Visit $visit, Delivery $delivery ) {
		$this->visit    = $visit;
		$this->delivery = $delivery;
	}

	/**
	 * Makes a visit for the administrator whose request this is. The form carries the visit's id, so that sending it
	 * again makes no second one.
	 *
	 * @return string The id of the visit to show.
	 */
	public function begin(): string {
		$id = self::id_in( $_POST[ Settings_Form::FIELD ][ self::ARGUMENT ] ?? null ) ?? Test_Visits::new_id();
		try {
			$own = wp_get_current_user()->user_email;
			$this->visit->begin( $id, null === Person::email( $own ) ? (string) get_option( 'admin_email' ) : $own );
			// The sidecar would come for them, but perhaps in a quarter of an hour, and the owner is looking on.
			if ( ! Response::can_go_early() ) {
				$this->delivery->run_now();
			}
		} catch ( Try_Later $e ) {
			$id = $this->visit->under_way() ?? $id;
		}
		return $id;
	}

	/**
	 * Prints the section.
	 *
	 * @param string|null $begun The id of the visit that this request has begun.
	 */
	public function render( ?string $begun ): void {
		$id     = $begun ?? self::id_in( $_GET[ self::ARGUMENT ] ?? null ) ?? $this->visit->under_way();
		$report = null === $id ? null : $this->visit->read( $id );
		echo '<h2 id="booking-recovery-test-visit">' . esc_html__( 'Test visit', 'booking-recovery-bridge' ) . '</h2>';
		echo '<p>' . esc_html__( 'A robot opens this site\'s form, types your e-mail address and leaves. A moment later the message of your workflow should be in your mailbox. Nothing is booked, and nothing is counted.', 'booking-recovery-bridge' ) . '</p>';
		echo '<p>' . esc_html__( 'Trying the form yourself while you are logged in tells nothing: visits of people who work for this site are left out. For that, use a private window of your browser.', 'booking-recovery-bridge' ) . '</p>';
		Settings_Form::open();
		printf( '<input type="hidden" name="%1$s[%2$s]" value="%3$s"><p class="submit">', esc_attr( Settings_Form::FIELD ), esc_attr( self::ARGUMENT ), esc_attr( Test_Visits::new_id() ) );
		Settings_Form::button( 'visit', __( 'Make a test visit', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
		if ( null !== $report ) {
			wp_enqueue_script( self::ELEMENT, plugins_url( 'assets/test-visit.js', __DIR__ ), array(), VERSION, true );
			$this->render_report( $report );
		}
	}

	/**
	 * Answers the script with how far a visit has come.
	 */
	public function answer(): void {
		check_ajax_referer( self::ACTION );
		$id     = self::id_in( $_GET[ self::ARGUMENT ] ?? null );
		$report = null === $id || ! current_user_can( Settings_Form::CAPABILITY ) ? null : $this->visit->read( $id );
		if ( null === $report ) {
			wp_die( '', '', array( 'response' => 404 ) );
		}
		$this->render_report( $report );
		wp_die( '', '', array( 'response' => 200 ) );
	}

	/**
	 * How far a visit has come.
	 *
	 * @param array<string, mixed> $report As the contract has it.
	 */
	private function render_report( array $report ): void {
		$poll = add_query_arg(
			array(
				'action'       => self::ACTION,
				self::ARGUMENT => $report['visit_id'],
				'_wpnonce'     => wp_create_nonce( self::ACTION ),
			),
			admin_url( 'admin-ajax.php' )
		);
		printf( '<div id="%1$s" data-is-over="%2$s" data-address="%3$s">', esc_attr( self::ELEMENT ), $report['is_over'] ? '1' : '', esc_url( $poll ) );
		$this->render_headline( $report );
		$this->render_stages( $report['stages'] );
		$this->render_assumptions( $report['assumptions'] );
		echo '</div>';
	}

	/**
	 * All of it in a sentence, which is read aloud whenever it changes.
	 *
	 * @param array<string, mixed> $report As the contract has it.
	 */
	private function render_headline( array $report ): void {
		$stages  = array_column( $report['stages'], 'title', 'state' );
		$passed  = count( array_keys( array_column( $report['stages'], 'state' ), Visit_Stages::PASSED, true ) );
		$classes = $report['is_over'] ? 'notice-error' : 'notice-info';
		if ( $report['passed'] ) {
			$classes = 'notice-success';
			$text    = __( 'The whole way works, from the form to the message.', 'booking-recovery-bridge' );
		} elseif ( isset( $stages[ Visit_Stages::FAILED ] ) ) {
			/* translators: %s: name of a stage. */
			$text = sprintf( __( 'This did not happen: "%s". Bookings are not affected.', 'booking-recovery-bridge' ), $stages[ Visit_Stages::FAILED ] );
		} else {
			/* translators: 1: how many stages are passed, 2: how many there are. */
			$text = sprintf( __( 'Under way: %1$s of %2$s stages are passed.', 'booking-recovery-bridge' ), number_format_i18n( $passed ), number_format_i18n( count( $report['stages'] ) ) );
		}
		printf( '<div class="notice inline %1$s"><p role="status"><strong>%2$s</strong></p>', esc_attr( $classes ), esc_html( $text ) );
		if ( ! $report['is_over'] ) {
			printf(
				'<p><a href="%1$s">%2$s</a></p>',
				esc_url( add_query_arg( self::ARGUMENT, $report['visit_id'], Settings_Form::address() ) ),
				esc_html__( 'Look how far it has come', 'booking-recovery-bridge' )
			);
		}
		echo '</div>';
	}

	/**
	 * The stages, each with its time.
	 *
	 * @param array<int, array<string, mixed>> $stages In their order.
	 */
	private function render_stages( array $stages ): void {
		$words = array(
			Visit_Stages::PASSED    => __( 'Passed', 'booking-recovery-bridge' ),
			Visit_Stages::FAILED    => __( 'Failed', 'booking-recovery-bridge' ),
			Visit_Stages::WAITING   => __( 'Waiting', 'booking-recovery-bridge' ),
			Visit_Stages::NOT_TRIED => __( 'Not tried', 'booking-recovery-bridge' ),
		);
		printf(
			'<table class="widefat striped"><thead><tr><th scope="col">%1$s</th><th scope="col">%2$s</th><th scope="col">%3$s</th></tr></thead><tbody>',
			esc_html__( 'Stage', 'booking-recovery-bridge' ),
			esc_html__( 'State', 'booking-recovery-bridge' ),
			esc_html__( 'Reached after', 'booking-recovery-bridge' )
		);
		foreach ( $stages as $stage ) {
			/* translators: %s: a number of seconds. */
			$time = null === $stage['ms'] ? '' : sprintf( __( '%s s', 'booking-recovery-bridge' ), number_format_i18n( $stage['ms'] / 1000, 1 ) );
			printf(
				'<tr><th scope="row"><strong>%1$s</strong>%2$s</th><td>%3$s</td><td>%4$s</td></tr>',
				esc_html( $stage['title'] ),
				'' === $stage['text'] ? '' : '<br><span dir="auto" style="overflow-wrap:anywhere">' . esc_html( $stage['text'] ) . '</span>',
				esc_html( $words[ $stage['state'] ] ),
				esc_html( $time )
			);
		}
		echo '</tbody></table>';
	}

	/**
	 * What the bridge counts on in Booknetic: what does not hold in the open, all else folded.
	 *
	 * @param array<int, array<string, string>> $assumptions Those that do not hold first.
	 */
	private function render_assumptions( array $assumptions ): void {
		if ( array() === $assumptions ) {
			return;
		}
		$by_state = array(
			Assumption::BROKEN => array(),
			Assumption::UNSEEN => array(),
			Assumption::HOLDS  => array(),
		);
		foreach ( $assumptions as $assumption ) {
			$by_state[ $assumption['state'] ][] = $assumption;
		}
		$broken = $by_state[ Assumption::BROKEN ];
		if ( array() !== $broken ) {
			/* translators: %s: a number. */
			$text = _n( '%s thing that this plugin counts on is not so in this version of Booknetic:', '%s things that this plugin counts on are not so in this version of Booknetic:', count( $broken ), 'booking-recovery-bridge' );
			echo '<div class="notice notice-error inline"><p><strong>' . esc_html( sprintf( $text, number_format_i18n( count( $broken ) ) ) ) . '</strong></p>';
			self::render_list( $broken );
			echo '</div>';
		}
		$headings = array(
			/* translators: %s: a number. */
			Assumption::UNSEEN => __( 'Counted on in Booknetic, and not to be seen in a test visit: %s', 'booking-recovery-bridge' ),
			/* translators: %s: a number. */
			Assumption::HOLDS  => __( 'Counted on in Booknetic, and so it is: %s', 'booking-recovery-bridge' ),
		);
		foreach ( $headings as $state => $heading ) {
			if ( array() !== $by_state[ $state ] ) {
				echo '<details data-state="' . esc_attr( $state ) . '"><summary style="padding-block:.5em">' . esc_html( sprintf( $heading, number_format_i18n( count( $by_state[ $state ] ) ) ) ) . '</summary>';
				self::render_list( $by_state[ $state ] );
				echo '</details>';
			}
		}
	}

	/**
	 * Assumptions by their names.
	 *
	 * @param array<int, array<string, string>> $assumptions Of one state.
	 */
	private static function render_list( array $assumptions ): void {
		$kinds = array(
			'class'    => __( 'Class', 'booking-recovery-bridge' ),
			'method'   => __( 'Method', 'booking-recovery-bridge' ),
			'property' => __( 'Property', 'booking-recovery-bridge' ),
			'table'    => __( 'Table', 'booking-recovery-bridge' ),
			'hook'     => __( 'Hook', 'booking-recovery-bridge' ),
			'order'    => __( 'Order', 'booking-recovery-bridge' ),
			'role'     => __( 'Role', 'booking-recovery-bridge' ),
			'option'   => __( 'Option', 'booking-recovery-bridge' ),
		);
		echo '<ul class="ul-disc">';
		foreach ( $assumptions as $assumption ) {
			printf(
				'<li style="overflow-wrap:anywhere">%1$s <code dir="ltr">%2$s</code> %3$s</li>',
				esc_html( $kinds[ $assumption['kind'] ] ),
				esc_html( $assumption['name'] ),
				esc_html( $assumption['text'] )
			);
		}
		echo '</ul>';
	}

	/**
	 * The id of a visit, or null.
	 *
	 * @param mixed $given Of a request.
	 */
	private static function id_in( $given ): ?string {
		return is_string( $given ) && 1 === preg_match( '/' . Test_Visits::ID . '/', $given ) ? $given : null;
	}
}
