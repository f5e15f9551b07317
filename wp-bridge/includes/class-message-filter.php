<?php
/**
 * For which messages a workflow is meant.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * What stands under our key in the JSON that Booknetic keeps beside each workflow for the filters of its own events.
 */
final class Message_Filter {

	public const KEY   = 'booking_recovery';
	public const KINDS = array( 'unfinished', 'unpaid' );

	/**
	 * Numbers of the messages; none for all.
	 *
	 * @var int[]
	 */
	private $numbers;

	/**
	 * What was left undone; '' for either.
	 *
	 * @var string
	 */
	private $kind;

	/**
	 * Takes what it lets through.
	 *
	 * @param int[] $numbers None for all.
	 */
	public function __construct( array $numbers, string $kind ) {
		$this->numbers = $numbers;
		$this->kind    = $kind;
	}

	/**
	 * The filter in a workflow's data. One that cannot be read lets everything through: rather the wrong text than none.
	 *
	 * @param string|null $data JSON.
	 */
	public static function in( ?string $data ): self {
		$found   = json_decode( (string) $data, true );
		$found   = is_array( $found ) ? $found[ self::KEY ] ?? null : null;
		$numbers = $found['numbers'] ?? array();
		$kind    = $found['kind'] ?? '';
		$is_read = is_array( $found ) && is_array( $numbers ) && $numbers === array_filter( $numbers, array( self::class, 'is_number' ) );
		return $is_read && in_array( $kind, array_merge( self::KINDS, array( '' ) ), true ) ? new self( array_values( $numbers ), $kind ) : new self( array(), '' );
	}

	/**
	 * A workflow's data with this filter in it, and everything else as it was.
	 *
	 * @param string|null $data JSON.
	 * @throws \InvalidArgumentException Where the data is nothing that a filter can be added to.
	 */
	public function put_in( ?string $data ): string {
		$kept = json_decode( (string) $data );
		// PHP writes an empty object as an empty list.
		if ( in_array( $kept, array( null, array() ), true ) && in_array( trim( (string) $data ), array( '', 'null', '[]' ), true ) ) {
			$kept = new \stdClass();
		}
		if ( ! $kept instanceof \stdClass ) {
			throw new \InvalidArgumentException( 'The data of this workflow cannot be read.' );
		}
		unset( $kept->{self::KEY} );
		$own = array_filter(
			array(
				'numbers' => $this->numbers,
				'kind'    => $this->kind,
			)
		);
		if ( array() !== $own ) {
			$kept->{self::KEY} = $own;
		}
		return (string) wp_json_encode( $kept, JSON_PRESERVE_ZERO_FRACTION );
	}

	/**
	 * Whether a message is among those that it lets through.
	 */
	public function admits( int $number, string $kind ): bool {
		return $this->admits_number( $number ) && ( '' === $this->kind || $kind === $this->kind );
	}

	/**
	 * Whether any message of that number is.
	 */
	public function admits_number( int $number ): bool {
		return array() === $this->numbers || in_array( $number, $this->numbers, true );
	}

	/**
	 * What must have been left undone; '' for either.
	 */
	public function kind(): string {
		return $this->kind;
	}

	/**
	 * The highest number that it names; 0 where it names none.
	 */
	public function highest(): int {
		return (int) max( array_merge( array( 0 ), $this->numbers ) );
	}

	/**
	 * Whether a message can have this number.
	 *
	 * @param mixed $number Anything.
	 */
	private static function is_number( $number ): bool {
		return is_int( $number ) && $number >= 1 && $number <= Choices::MOST_MESSAGES;
	}
}
