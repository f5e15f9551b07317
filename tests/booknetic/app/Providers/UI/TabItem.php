<?php
/**
 * A tab of a window.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\UI;

/**
 * Title, place, and the files that print it.
 */
class TabItem {

	private $title = '';

	private $priority = 0;

	private $views = array();

	public function setTitle( $title ) {
		$this->title = $title;

		return $this;
	}

	public function getTitle() {
		return $this->title;
	}

	public function setPriority( $priority ) {
		$this->priority = $priority;

		return $this;
	}

	public function getPriority() {
		return $this->priority;
	}

	/**
	 * Adds a file that prints a part of the tab.
	 *
	 * @param string         $view A PHP file.
	 * @param array|callable $data What it is given.
	 */
	public function addView( $view, $data = array() ) {
		$this->views[] = array( $view, $data );

		return $this;
	}

	public function getContent(): string {
		ob_start();

		foreach ( $this->views as list( $view, $data ) ) {
			$parameters = is_callable( $data ) ? $data() : $data;
			include $view;
		}

		return (string) ob_get_clean();
	}
}
