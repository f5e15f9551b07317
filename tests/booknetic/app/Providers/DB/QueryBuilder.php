<?php
/**
 * Queries on one table.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\DB;

use BookneticApp\Providers\Core\Permission;

/**
 * One query, built by chaining and ended by get, fetch, fetchAll, count, insert, update or delete.
 */
class QueryBuilder {

	private const OPERATORS = array( '=', '<>', '!=', '<', '<=', '>', '>=', 'LIKE', 'IN', 'NOT IN', 'IS', 'IS NOT' );

	/**
	 * Class name of the model.
	 *
	 * @var string
	 */
	private $model;

	/**
	 * Prepared conditions, joined by AND.
	 *
	 * @var string[]
	 */
	private $conditions = array();

	/**
	 * ORDER BY terms.
	 *
	 * @var string[]
	 */
	private $order = array();

	/**
	 * Most rows to read; 0 is no limit.
	 *
	 * @var int
	 */
	private $limit = 0;

	/**
	 * Whether the query keeps to the tenant of the running request; without one, to rows of nobody.
	 *
	 * @var bool
	 */
	private $isScoped;

	public function __construct( string $model ) {
		$this->model    = $model;
		$this->isScoped = $model::isScoped();
	}

	/**
	 * Without an operator: equality, IS NULL for null, IN for a list.
	 */
	public function where( string $column, $operatorOrValue, $value = null ): self {
		$operator = '=';

		if ( func_num_args() > 2 ) {
			$operator = strtoupper( (string) $operatorOrValue );
		} else {
			$value = $operatorOrValue;
		}

		if ( ! in_array( $operator, self::OPERATORS, true ) ) {
			throw new \InvalidArgumentException( 'Unknown operator ' . $operator );
		}

		$this->conditions[] = self::condition( $column, $operator, $value );

		return $this;
	}

	public function orderBy( string $column, string $direction = 'ASC' ): self {
		$this->order[] = self::name( $column ) . ( 'DESC' === strtoupper( $direction ) ? ' DESC' : ' ASC' );

		return $this;
	}

	public function limit( int $rows ): self {
		$this->limit = $rows;

		return $this;
	}

	/**
	 * All tenants' rows.
	 */
	public function noTenant(): self {
		return $this->withoutGlobalScope( 'tenant' );
	}

	/**
	 * @param string $name Scope; `tenant` is the only one here.
	 */
	public function withoutGlobalScope( string $name ): self {
		if ( 'tenant' === $name ) {
			$this->isScoped = false;
		}

		return $this;
	}

	public function get( $id ): ?Collection {
		return $this->where( 'id', $id )->fetch();
	}

	public function fetch(): ?Collection {
		$rows = $this->limit( 1 )->fetchAll();

		return $rows[0] ?? null;
	}

	/**
	 * All rows; columns hold strings or null, as the database hands them out.
	 *
	 * @return Collection[]
	 */
	public function fetchAll(): array {
		global $wpdb;

		$model = $this->model;
		$sql   = 'SELECT * FROM ' . $this->table() . $this->whereClause();

		if ( array() !== $this->order ) {
			$sql .= ' ORDER BY ' . implode( ', ', $this->order );
		}
		if ( $this->limit > 0 ) {
			$sql .= ' LIMIT ' . $this->limit;
		}

		return array_map(
			static function ( array $row ) use ( $model ): Collection {
				return new Collection( $model::withVirtualColumns( $row ) );
			},
			$wpdb->get_results( $sql, ARRAY_A )
		);
	}

	public function count(): int {
		global $wpdb;

		return (int) $wpdb->get_var( 'SELECT COUNT(*) FROM ' . $this->table() . $this->whereClause() );
	}

	public function insert( array $row ): bool {
		global $wpdb;

		return false !== $wpdb->insert( $this->tableName(), $this->isScoped ? $row + array( 'tenant_id' => Permission::tenantId() ) : $row );
	}

	/**
	 * Writes the columns to all rows that meet the conditions and returns how many rows changed.
	 */
	public function update( array $row ): int {
		global $wpdb;

		$set = array();
		foreach ( $row as $column => $value ) {
			$set[] = self::name( $column ) . ' = ' . self::value( $value );
		}

		return (int) $wpdb->query( 'UPDATE ' . $this->table() . ' SET ' . implode( ', ', $set ) . $this->whereClause() );
	}

	public function delete(): int {
		global $wpdb;

		return (int) $wpdb->query( 'DELETE FROM ' . $this->table() . $this->whereClause() );
	}

	private static function condition( string $column, string $operator, $value ): string {
		if ( null === $value ) {
			return self::name( $column ) . ( in_array( $operator, array( '=', 'IS' ), true ) ? ' IS NULL' : ' IS NOT NULL' );
		}

		if ( ! is_array( $value ) ) {
			return self::name( $column ) . ' ' . $operator . ' ' . self::value( $value );
		}

		if ( array() === $value ) {
			return 'NOT IN' === $operator ? '1 = 1' : '1 = 0';
		}

		return self::name( $column ) . ( 'NOT IN' === $operator ? ' NOT IN (' : ' IN (' ) . implode( ', ', array_map( array( self::class, 'value' ), $value ) ) . ')';
	}

	private static function name( string $column ): string {
		$column = trim( $column, '`' );

		if ( 1 !== preg_match( '/^\w+$/', $column ) ) {
			throw new \InvalidArgumentException( 'Not a column: ' . $column );
		}

		return '`' . $column . '`';
	}

	private static function value( $value ): string {
		global $wpdb;

		return null === $value ? 'NULL' : $wpdb->prepare( '%s', $value );
	}

	private function tableName(): string {
		return DB::table( $this->model::getTableName() );
	}

	private function table(): string {
		return '`' . $this->tableName() . '`';
	}

	private function whereClause(): string {
		$conditions = $this->conditions;

		if ( $this->isScoped ) {
			$conditions[] = self::condition( 'tenant_id', '=', Permission::tenantId() );
		}

		return array() === $conditions ? '' : ' WHERE ' . implode( ' AND ', $conditions );
	}
}
