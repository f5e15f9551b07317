<?php
/**
 * A row of a table.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\DB;

/**
 * A row that can be read as an array, as an object and as JSON. A column that is not there reads as null.
 */
class Collection implements \ArrayAccess, \JsonSerializable {

	/**
	 * Column => value.
	 *
	 * @var array<string,mixed>
	 */
	private $container;

	public function __construct( array $row = array() ) {
		$this->container = $row;
	}

	public function __get( $name ) {
		return $this->container[ $name ] ?? null;
	}

	public function __set( $name, $value ): void {
		$this->container[ $name ] = $value;
	}

	public function __isset( $name ): bool {
		return isset( $this->container[ $name ] );
	}

	public function __unset( $name ): void {
		unset( $this->container[ $name ] );
	}

	public function offsetExists( $offset ): bool {
		return isset( $this->container[ $offset ] );
	}

	#[\ReturnTypeWillChange]
	public function offsetGet( $offset ) {
		return $this->container[ $offset ] ?? null;
	}

	public function offsetSet( $offset, $value ): void {
		if ( null === $offset ) {
			$this->container[] = $value;
		} else {
			$this->container[ $offset ] = $value;
		}
	}

	public function offsetUnset( $offset ): void {
		unset( $this->container[ $offset ] );
	}

	public function jsonSerialize(): array {
		return $this->container;
	}

	public function toArray(): array {
		return $this->container;
	}
}
