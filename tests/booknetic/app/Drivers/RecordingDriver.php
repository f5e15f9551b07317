<?php
/**
 * A driver that sends nothing.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Drivers;

use BookneticApp\Providers\DB\Data;

/**
 * Keeps what it is given, and its settings with the codes replaced, for booknetic_stand_in_recordings().
 */
class RecordingDriver extends LoggingDriver {

	/**
	 * Where in Booknetic's table of extras the recordings are.
	 */
	public const TABLE = 'stand_in_recordings';

	protected $driver = 'stand_in_recording';

	public function handle( $eventData, $actionSettings, $shortCodeService ) {
		$texts = array();

		foreach ( $this->settings( $actionSettings ) as $name => $text ) {
			$texts[ $name ] = $shortCodeService->replace( $text, $eventData );
		}

		Data::insert(
			array(
				'table_name' => self::TABLE,
				'row_id'     => $actionSettings['id'],
				'data_key'   => $actionSettings->when,
				'data_value' => wp_json_encode(
					array(
						'when'   => $actionSettings->when,
						'params' => $eventData,
						'texts'  => $texts,
					)
				),
			)
		);
		$this->log( $actionSettings, $texts );
	}
}
