<?php
/**
 * Base of all models.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\DB;

use BookneticApp\Providers\Helpers\Helper;

/**
 * Static entry to a query on the model's table: `Service::get( 3 )`, `Service::where( 'is_active', 1 )->fetchAll()`.
 *
 * @method static Collection|null get( $id )
 * @method static QueryBuilder    where( string $column, $operatorOrValue, $value = null )
 * @method static QueryBuilder    orderBy( string $column, string $direction = 'ASC' )
 * @method static QueryBuilder    noTenant()
 * @method static QueryBuilder    withoutGlobalScope( string $name )
 * @method static bool            insert( array $row )
 * @method static Collection|null fetch()
 * @method static Collection[]    fetchAll()
 * @method static int             count()
 */
abstract class Model {

	/**
	 * Table name without prefix.
	 *
	 * @var string
	 */
	protected static $tableName = '';

	/**
	 * Whether each tenant sees rows of its own alone, where there are tenants.
	 *
	 * @var bool
	 */
	protected static $hasTenants = true;

	public static function isScoped(): bool {
		return static::$hasTenants && Helper::isSaaSVersion();
	}

	public static function getTableName(): string {
		return static::$tableName;
	}

	public static function query(): QueryBuilder {
		return new QueryBuilder( static::class );
	}

	public static function __callStatic( string $name, array $arguments ) {
		return static::query()->$name( ...$arguments );
	}

	/**
	 * Adds the columns that are computed, not stored.
	 */
	public static function withVirtualColumns( array $row ): array {
		return $row;
	}

	/**
	 * Reads an extra of one row.
	 */
	public static function getData( $id, string $key, $default = null ) {
		$row = self::extra( $id, $key )->fetch();

		return null === $row ? $default : $row->data_value;
	}

	/**
	 * Writes an extra of one row, over an earlier value if there is one.
	 */
	public static function setData( $id, string $key, $value ): void {
		if ( self::extra( $id, $key )->count() > 0 ) {
			self::extra( $id, $key )->update( array( 'data_value' => $value ) );

			return;
		}

		Data::insert(
			array(
				'table_name' => static::$tableName,
				'row_id'     => $id,
				'data_key'   => $key,
				'data_value' => $value,
			)
		);
	}

	public static function deleteData( $id, string $key ): void {
		self::extra( $id, $key )->delete();
	}

	private static function extra( $id, string $key ): QueryBuilder {
		return Data::where( 'table_name', static::$tableName )->where( 'row_id', $id )->where( 'data_key', $key );
	}
}
