<?php
/**
 * Windows of the back end that add-ons add tabs to.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\UI;

/**
 * One window, by its slug.
 */
class TabUI {

	/**
	 * Slug => window.
	 *
	 * @var array<string,TabUI>
	 */
	private static $windows = array();

	/**
	 * Slug => tab.
	 *
	 * @var array<string,TabItem>
	 */
	private $items = array();

	public static function get( $slug ) {
		self::$windows[ $slug ] = self::$windows[ $slug ] ?? new self();

		return self::$windows[ $slug ];
	}

	public function item( $slug ) {
		$this->items[ $slug ] = $this->items[ $slug ] ?? new TabItem();

		return $this->items[ $slug ];
	}

	/**
	 * Its tabs in their order.
	 *
	 * @return array<string,TabItem>
	 */
	public function getItems(): array {
		$items = $this->items;

		uasort(
			$items,
			static function ( TabItem $one, TabItem $other ): int {
				return $one->getPriority() <=> $other->getPriority();
			}
		);

		return $items;
	}

	/**
	 * Not Booknetic's own: a test's process plays several requests, one after another.
	 */
	public static function forget(): void {
		self::$windows = array();
	}
}
