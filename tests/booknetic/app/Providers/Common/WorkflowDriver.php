<?php
/**
 * What a workflow can do.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Providers\Common;

/**
 * One kind of action. Subclasses set the slug and do the work in handle().
 */
abstract class WorkflowDriver {

	protected $driver = '';

	protected $name = '';

	protected $editAction;

	public function getDriver() {
		return $this->driver;
	}

	public function setName( $name ) {
		$this->name = $name;

		return $this;
	}

	public function getName() {
		return $this->name;
	}

	public function setEditAction( $route, $action ) {
		$this->editAction = $route . '.' . $action;

		return $this;
	}

	public function getEditAction() {
		return $this->editAction;
	}

	/**
	 * Acts at once, in the request that triggered the event.
	 *
	 * @param array                                     $eventData        Parameters of the event.
	 * @param \BookneticApp\Providers\DB\Collection     $actionSettings   Row of workflow_actions, with `when` added.
	 * @param ShortCodeService                          $shortCodeService Replaces {codes} from the parameters.
	 */
	abstract public function handle( $eventData, $actionSettings, $shortCodeService );
}
