<?php
/**
 * A list of people who want no messages.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Takes in what an owner has typed, or has from another program: a line a person, with whatever else stands in it.
 */
final class Opt_Out_List {

	public const MOST_LINES = 5000;

	/**
	 * Lines that are saved in one go: each by itself would have slow disks wait thousands of times.
	 */
	private const AT_ONCE = 500;

	/**
	 * Carries the wishes out.
	 *
	 * @var Contacts
	 */
	private $contacts;

	/**
	 * Tells the sidecar.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Takes who carries wishes out, and who hears of them.
	 */
	public function __construct( Contacts $contacts, Outbox $outbox ) {
		$this->contacts = $contacts;
		$this->outbox   = $outbox;
	}

	/**
	 * Writes to nobody on the list any more.
	 *
	 * @param string $text At most MOST_LINES of them.
	 * @param string $via  `admin` or `import`.
	 * @return array{ new: int, known: int, misread: int[] } How many lines were which, and the numbers of those that name nobody.
	 * @throws Try_Later Where it could not be written down; what was, has reached the sidecar too.
	 */
	public function take( string $text, string $via, int $now ): array {
		$report = array(
			'new'     => 0,
			'known'   => 0,
			'misread' => array(),
		);
		foreach ( array_chunk( self::lines( $text ), self::AT_ONCE, true ) as $lines ) {
			$this->save(
				function () use ( $lines, $via, $now, &$report ): void {
					foreach ( $lines as $number => $line ) {
						$people = self::people( $line );
						if ( array() === $people ) {
							$report['misread'][] = $number + 1;
						} else {
							++$report[ $this->opt_out( $people, $via, $now ) ? 'new' : 'known' ];
						}
					}
				}
			);
		}
		return $report;
	}

	/**
	 * Line number, counted from 0 => text; empty lines are left out.
	 *
	 * @return array<int, string>
	 */
	public static function lines( string $text ): array {
		// Spreadsheets begin their files with a mark of their own.
		$text = (string) preg_replace( '/\A\xEF\xBB\xBF/', '', $text );
		return array_filter( array_map( 'trim', (array) preg_split( '/\r\n|\r|\n/', $text ) ) );
	}

	/**
	 * Opts out whoever a line names; true where one of them had not said so before.
	 *
	 * @param array<int, array<string, string>> $people From people().
	 */
	private function opt_out( array $people, string $via, int $now ): bool {
		$is_news = false;
		foreach ( $people as $person ) {
			$person_keys = Person::keys( $person['email'] ?? null, $person['phone'] ?? null );
			if ( 0 < $this->contacts->update( Suppressions::OPT_OUT, $person_keys, $via, $now ) ) {
				$this->outbox->add( 'contact.opted_out', null, $person + array( 'via' => $via ) );
				$is_news = true;
			}
		}
		return $is_news;
	}

	/**
	 * Whom a line names: its cells may be anything else too, such as a name.
	 *
	 * @return array<int, array<string, string>> Each with `email` or `phone`.
	 */
	private static function people( string $line ): array {
		$people = array();
		foreach ( (array) preg_split( '/[,;\t<>]/', $line ) as $cell ) {
			$cell     = trim( (string) $cell, " \"'" );
			$people[] = array_filter(
				array(
					'email' => Person::email( $cell ),
					'phone' => Person::phone( $cell ),
				)
			);
		}
		return array_filter( $people );
	}

	/**
	 * Saves all of something or nothing: a wish that stands here has reached the outbox.
	 */
	private function save( callable $work ): void {
		global $wpdb;
		$wpdb->query( 'START TRANSACTION' );
		try {
			$work();
		} catch ( Try_Later $e ) {
			$wpdb->query( 'ROLLBACK' );
			throw $e;
		}
		$wpdb->query( 'COMMIT' );
	}
}
