<?php
/**
 * Booking Recovery > Settings: people who want no messages.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Takes in whom the owner was told of, by phone or by another program, and names nobody.
 */
final class Opt_Out_Section {

	private const FILE         = 'booking_recovery_list';
	private const MOST_NUMBERS = 50;

	/**
	 * Web servers that nobody has told otherwise let not much more through.
	 */
	private const LARGEST_FILE = 512 * KB_IN_BYTES;

	/**
	 * Takes lists in.
	 *
	 * @var Opt_Out_List
	 */
	private $list;

	/**
	 * Knows how many there are.
	 *
	 * @var Suppressions
	 */
	private $suppressions;

	/**
	 * Takes who takes lists in, and who knows how many there are.
	 */
	public function __construct( Opt_Out_List $opt_out_list, Suppressions $suppressions ) {
		$this->list         = $opt_out_list;
		$this->suppressions = $suppressions;
	}

	/**
	 * Takes in what was typed, or a file.
	 *
	 * @param array<string, mixed> $input Fields of the form.
	 */
	public function receive( array $input ): void {
		$typed = is_string( $input['people'] ?? null ) ? trim( $input['people'] ) : '';
		$file  = $_FILES[ self::FILE ] ?? array( 'error' => UPLOAD_ERR_NO_FILE );
		if ( UPLOAD_ERR_NO_FILE === $file['error'] ) {
			$this->take( $typed, 1 === count( Opt_Out_List::lines( $typed ) ) ? 'admin' : 'import' );
		} elseif ( '' !== $typed ) {
			Settings_Form::complain( __( 'Type, or choose a file, but not both at once: else nobody could say which line is meant.', 'booking-recovery-bridge' ) );
		} elseif ( UPLOAD_ERR_OK !== $file['error'] || $file['size'] > self::LARGEST_FILE || ! is_uploaded_file( $file['tmp_name'] ) ) {
			/* translators: %s: a size, such as 512 KB. */
			Settings_Form::complain( sprintf( __( 'The file did not arrive. It may have at most %s.', 'booking-recovery-bridge' ), size_format( self::LARGEST_FILE ) ) );
		} else {
			$this->take( (string) file_get_contents( $file['tmp_name'] ), 'import' );
		}
	}

	/**
	 * Takes a list in, and tells what came of it.
	 */
	private function take( string $text, string $via ): void {
		$count = count( Opt_Out_List::lines( $text ) );
		if ( false !== strpos( $text, "\0" ) ) {
			Settings_Form::complain( __( 'This is no text. In a spreadsheet, save the list as CSV (UTF-8).', 'booking-recovery-bridge' ) );
		} elseif ( 0 === $count ) {
			Settings_Form::complain( __( 'The list is empty.', 'booking-recovery-bridge' ) );
		} elseif ( $count > Opt_Out_List::MOST_LINES ) {
			/* translators: %s: a number. */
			Settings_Form::complain( sprintf( __( 'The list has more than %s lines. Cut it into several.', 'booking-recovery-bridge' ), number_format_i18n( Opt_Out_List::MOST_LINES ) ) );
		} else {
			try {
				$this->tell( $this->list->take( $text, $via, time() ) );
			} catch ( Try_Later $e ) {
				add_settings_error( Settings::OPTION, 'opted_out', $e->getMessage() . ' ' . __( 'Please send the list again: who is known already does no harm.', 'booking-recovery-bridge' ) );
			}
		}
	}

	/**
	 * Tells what came of a list. Lines are told by their numbers: this page names nobody.
	 *
	 * @param array{ new: int, known: int, misread: int[] } $report Of the list.
	 */
	private function tell( array $report ): void {
		/* translators: 1 and 2: numbers. */
		$text    = sprintf( __( 'Lines with people who get no messages from now on: %1$s. Lines with people who were known already: %2$s.', 'booking-recovery-bridge' ), number_format_i18n( $report['new'] ), number_format_i18n( $report['known'] ) );
		$misread = $report['misread'];
		if ( array() !== $misread ) {
			$numbers = array_map( 'number_format_i18n', array_slice( $misread, 0, self::MOST_NUMBERS ) );
			$numbers = implode( ', ', $numbers ) . ( count( $misread ) > self::MOST_NUMBERS ? ' …' : '' );
			/* translators: 1: a number, 2: some numbers. */
			$text .= ' ' . sprintf( __( 'Lines that name nobody: %1$s (%2$s).', 'booking-recovery-bridge' ), number_format_i18n( count( $misread ) ), $numbers );
		}
		add_settings_error( Settings::OPTION, 'opted_out', $text, array() === $misread ? 'success' : 'warning' );
	}

	/**
	 * The form.
	 */
	public function render(): void {
		$count = $this->suppressions->count();
		echo '<h2 id="booking-recovery-opt-outs">' . esc_html__( 'People who want no messages', 'booking-recovery-bridge' ) . '</h2>';
		/* translators: %s: a number. */
		echo '<p>' . esc_html( sprintf( _n( '%s e-mail address or phone number gets no messages, be it that somebody used the link in one, or was entered here or on the sidecar.', '%s e-mail addresses and phone numbers get no messages, be it that somebody used the link in one, or was entered here or on the sidecar.', $count, 'booking-recovery-bridge' ), number_format_i18n( $count ) ) );
		echo ' ' . esc_html__( 'Only hashes of them are kept, so they cannot be listed.', 'booking-recovery-bridge' ) . '</p>';
		Settings_Form::open( true );
		printf(
			'<p><label for="booking-recovery-people">%1$s</label></p><p><textarea id="booking-recovery-people" name="%2$s[people]" rows="4" class="large-text code" dir="ltr" autocomplete="off" spellcheck="false" aria-describedby="booking-recovery-people-help"></textarea></p>',
			esc_html__( 'E-mail addresses and phone numbers, one a line', 'booking-recovery-bridge' ),
			esc_attr( Settings_Form::FIELD )
		);
		printf(
			'<p><label for="booking-recovery-list">%1$s</label> <input type="file" id="booking-recovery-list" name="%2$s" accept=".csv,.txt,text/csv,text/plain" style="max-width:100%%" aria-describedby="booking-recovery-people-help"></p>',
			esc_html__( 'or a file with them, CSV or text', 'booking-recovery-bridge' ),
			esc_attr( self::FILE )
		);
		printf(
			'<p class="description" id="booking-recovery-people-help">%1$s %2$s</p><p class="submit">',
			/* translators: 1: a number, 2: a size, such as 512 KB. */
			esc_html( sprintf( __( 'Phone numbers with their country: +49 170 1234567. Other columns do not matter. At most %1$s lines and %2$s at once.', 'booking-recovery-bridge' ), number_format_i18n( Opt_Out_List::MOST_LINES ), (string) size_format( self::LARGEST_FILE ) ) ),
			esc_html__( 'Such a wish is taken back on the sidecar, by its operator, when the person asks for it: "booking-recovery opt-out SITE --undo".', 'booking-recovery-bridge' )
		);
		Settings_Form::button( 'opt_out', __( 'Write to them no more', 'booking-recovery-bridge' ), '' );
		echo '</p></form>';
	}
}
