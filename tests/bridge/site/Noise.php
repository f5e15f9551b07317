<?php
/**
 * Inputs that nobody has thought of.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

/**
 * Makes the same noise for the same seed.
 */
final class Noise {

	private const PIECES = array( '', '0', '-1', '99999999999999999999', "\0", "\r\nBcc: x@y.example", '"', "'", '\\', '<script>alert(1)</script>', '\'; DROP TABLE wp_users; -- ', '%s %d %1$s', "\xc3\x28", "\xed\xa0\x80", '😀', "\u{202e}txt.exe", '{{', '../../', 'https://u:p@h/?q#f', 'http://127.0.0.1', 'whsec_', 'v1,', ' ', 'é', '[]', 'null', '1e9', 'x@y.example' );

	/**
	 * What was last made.
	 *
	 * @var mixed
	 */
	private $last;

	public function __construct( int $seed ) {
		mt_srand( $seed );
	}

	/**
	 * For the message of an assertion.
	 */
	public function seen(): string {
		return 'Noise: ' . var_export( $this->last, true );
	}

	public function below( int $limit ): int {
		return mt_rand( 0, $limit - 1 );
	}

	public function piece(): string {
		return self::PIECES[ $this->below( count( self::PIECES ) ) ];
	}

	/**
	 * A text of any bytes.
	 */
	public function text(): string {
		$text = '';
		for ( $i = $this->below( 6 ); $i >= 0; $i-- ) {
			$text .= 0 === $this->below( 3 ) ? chr( $this->below( 256 ) ) : $this->piece();
		}
		return 0 === $this->below( 40 ) ? str_repeat( $text, 2000 ) : $text;
	}

	/**
	 * A value of any type.
	 *
	 * @return mixed
	 */
	public function anything( int $depth = 0 ) {
		$made = array( null, true, false, 0, -1, PHP_INT_MAX, 1.5, NAN, $this->text(), $this->piece() );
		if ( $depth < 4 && 0 === $this->below( 3 ) ) {
			$value = array();
			for ( $i = $this->below( 4 ); $i > 0; $i-- ) {
				$value[ 0 === $this->below( 2 ) ? $i : $this->piece() ] = $this->anything( $depth + 1 );
			}
		} else {
			$value = $made[ $this->below( count( $made ) ) ];
		}
		$this->last = $value;
		return $value;
	}

	/**
	 * A text with some of it changed, taken out, put in or said twice.
	 */
	public function mutated( string $text ): string {
		for ( $i = $this->below( 3 ); $i >= 0; $i-- ) {
			$at   = $this->below( strlen( $text ) + 1 );
			$span = $this->below( 4 );
			$put  = array( '', chr( $this->below( 256 ) ), $this->piece(), substr( $text, $at, 20 ) )[ $this->below( 4 ) ];
			$text = substr( $text, 0, $at ) . $put . (string) substr( $text, $at + $span );
		}
		$this->last = $text;
		return $text;
	}

	/**
	 * Nested values with one or two of them replaced, changed or taken out.
	 *
	 * @param array<mixed> $values What would be good.
	 * @return array<mixed>
	 */
	public function changed( array $values ): array {
		for ( $i = $this->below( 2 ); $i >= 0; $i-- ) {
			$place = &$values;
			while ( is_array( $place ) && array() !== $place && ( $place === $values || 0 === $this->below( 2 ) ) ) {
				$place = &$place[ array_keys( $place )[ $this->below( count( $place ) ) ] ];
			}
			$place = is_string( $place ) && 0 === $this->below( 2 ) ? $this->mutated( $place ) : $this->anything();
			unset( $place );
		}
		$this->last = $values;
		return is_array( $values ) ? $values : array( $values );
	}
}
