<?php
/**
 * All that the bridge counts on in Booknetic.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Finds out what holds on this site. The list itself stands in the two files that know Booknetic.
 */
final class Assumptions {

	/**
	 * Seconds to look through Booknetic's files.
	 */
	private const PATIENCE     = 3.0;
	private const LARGEST_FILE = MB_IN_BYTES;

	/**
	 * Every one.
	 *
	 * @return Assumption[]
	 */
	public function all(): array {
		return array_merge( Booknetic_Events::assumptions(), Booknetic_Gateway::assumptions() );
	}

	/**
	 * What holds.
	 *
	 * @param string[] $notes Of a visit.
	 * @return array<string, string> Name => state. Empty where there is no Booknetic at all.
	 */
	public function states( array $notes ): array {
		$folder = Booknetic_Gateway::folder();
		if ( null === $folder ) {
			return array();
		}
		$all    = $this->all();
		$found  = self::search( $folder, array_merge( array(), ...array_column( $all, 'spellings' ) ) );
		$states = array();
		foreach ( $all as $assumption ) {
			$states[ $assumption->name ] = $assumption->state( $notes, $found );
		}
		return $states;
	}

	/**
	 * The same in words, what does not hold first.
	 *
	 * @param array<string, string> $states Name => state.
	 * @return array<int, array{ name: string, kind: string, state: string, text: string }>
	 */
	public function told( array $states ): array {
		$told = array(
			Assumption::BROKEN => array(),
			Assumption::UNSEEN => array(),
			Assumption::HOLDS  => array(),
		);
		foreach ( $this->all() as $assumption ) {
			$state = $states[ $assumption->name ] ?? null;
			if ( isset( $told[ $state ] ) ) {
				$told[ $state ][] = array(
					'name'  => $assumption->name,
					'kind'  => $assumption->kind,
					'state' => $state,
					'text'  => self::text( $state, $assumption->effect ),
				);
			}
		}
		return array_merge( ...array_values( $told ) );
	}

	/**
	 * What to say of it.
	 */
	private static function text( string $state, string $effect ): string {
		if ( Assumption::UNSEEN === $state ) {
			/* translators: %s: a sentence about what would not work. */
			return sprintf( __( 'This could not be seen here. If it does not hold: %s', 'booking-recovery-bridge' ), $effect );
		}
		return Assumption::BROKEN === $state ? $effect : '';
	}

	/**
	 * Which texts stand in the PHP files of a folder; those that may stand where nobody has looked are left out.
	 *
	 * @param string[] $texts To be found.
	 * @return array<string, bool>
	 */
	private static function search( string $folder, array $texts ): array {
		$deadline = microtime( true ) + self::PATIENCE;
		$found    = array();
		$missing  = $texts;
		$has_all  = true;
		foreach ( self::files( $folder ) as $file ) {
			if ( array() === $missing || microtime( true ) > $deadline ) {
				break;
			}
			$source  = $file->isReadable() && $file->getSize() <= self::LARGEST_FILE ? file_get_contents( $file->getPathname() ) : false;
			$has_all = $has_all && false !== $source;
			foreach ( $missing as $key => $text ) {
				if ( false !== $source && false !== strpos( $source, $text ) ) {
					$found[ $text ] = true;
					unset( $missing[ $key ] );
				}
			}
		}
		// Where not a single one is found, the files are not what is executed.
		$is_telling = $has_all && array() !== $found && microtime( true ) <= $deadline;
		return $is_telling ? $found + array_fill_keys( $missing, false ) : $found;
	}

	/**
	 * The PHP files below a folder.
	 *
	 * @return \Iterator<\SplFileInfo>
	 */
	private static function files( string $folder ): \Iterator {
		try {
			$all = new \RecursiveIteratorIterator( new \RecursiveDirectoryIterator( $folder, \FilesystemIterator::SKIP_DOTS ), \RecursiveIteratorIterator::LEAVES_ONLY, \RecursiveIteratorIterator::CATCH_GET_CHILD );
		} catch ( \UnexpectedValueException $e ) {
			return new \EmptyIterator();
		}
		return new \CallbackFilterIterator(
			$all,
			static function ( \SplFileInfo $file ): bool {
				return 'php' === $file->getExtension();
			}
		);
	}
}
