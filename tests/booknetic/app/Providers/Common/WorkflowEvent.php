<?php
/**
 * An event that can start a workflow.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

/**
 * Key, title and the parameters that its trigger passes on.
 */
class WorkflowEvent {

	private $key;

	private $title = '';

	private $editAction;

	private $availableParams = array();

	public function __construct( $key ) {
		$this->key = $key;
	}

	public function getKey() {
		return $this->key;
	}

	public function setTitle( $title ) {
		$this->title = $title;

		return $this;
	}

	public function getTitle() {
		return $this->title;
	}

	public function setEditAction( $route, $action ) {
		$this->editAction = $route . '.' . $action;

		return $this;
	}

	public function getEditAction() {
		return $this->editAction;
	}

	public function setAvailableParams( array $params ) {
		$this->availableParams = $params;

		return $this;
	}

	public function getAvailableParams() {
		return $this->availableParams;
	}
}
