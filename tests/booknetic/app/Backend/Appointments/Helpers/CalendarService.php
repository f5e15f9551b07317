<?php
/**
 * Free times.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

namespace BookneticApp\Backend\Appointments\Helpers;

use BookneticApp\Models\Appointment;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\DB\Collection;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Everyone works every day, and an appointment can begin on the hour. All dates and times are in the site's zone.
 */
class CalendarService {

	private const FIRST_HOUR = 9;

	private const LAST_HOUR = 17;

	private const DAYS = 60;

	/**
	 * UNIX timestamp of a date (Y-m-d) and time (H:i).
	 */
	public static function timestamp( string $date, string $time ): int {
		return ( new \DateTimeImmutable( $date . ' ' . $time, wp_timezone() ) )->getTimestamp();
	}

	/**
	 * The free times of all bookable days, from tomorrow on.
	 *
	 * @return array<string,string[]> Y-m-d => list of H:i.
	 */
	public static function freeTimes( ?Collection $service, int $staff_id ): array {
		$people   = self::people( $staff_id );
		$busy     = self::busyTimes( $people );
		$duration = self::duration( $service );
		$free     = array();

		foreach ( self::days() as $date ) {
			$free[ $date ] = array_values(
				array_filter(
					self::timesOfADay(),
					static function ( string $time ) use ( $date, $people, $busy, $duration ): bool {
						return 0 !== self::firstFree( $people, $busy, self::timestamp( $date, $time ), $duration );
					}
				)
			);
		}

		return $free;
	}

	/**
	 * Who can take the appointment then: the given member of staff, anyone for -1; 0 is nobody.
	 */
	public static function freeStaff( ?Collection $service, int $staff_id, string $date, string $time ): int {
		if ( ! in_array( $date, self::days(), true ) || ! in_array( $time, self::timesOfADay(), true ) ) {
			return 0;
		}

		$people = self::people( $staff_id );

		return self::firstFree( $people, self::busyTimes( $people ), self::timestamp( $date, $time ), self::duration( $service ) );
	}

	/**
	 * Seconds.
	 */
	public static function duration( ?Collection $service ): int {
		return null === $service ? HOUR_IN_SECONDS : (int) $service->duration * MINUTE_IN_SECONDS;
	}

	private static function days(): array {
		$today = new \DateTimeImmutable( 'today', wp_timezone() );

		return array_map(
			static function ( int $days ) use ( $today ): string {
				return $today->modify( '+' . $days . ' days' )->format( 'Y-m-d' );
			},
			range( 1, self::DAYS )
		);
	}

	private static function timesOfADay(): array {
		return array_map(
			static function ( int $hour ): string {
				return sprintf( '%02d:00', $hour );
			},
			range( self::FIRST_HOUR, self::LAST_HOUR )
		);
	}

	/**
	 * Ids of the staff in question; all of them while none is chosen.
	 *
	 * @return int[]
	 */
	private static function people( int $staff_id ): array {
		$query = Staff::where( 'is_active', 1 )->orderBy( 'id' );

		if ( $staff_id > 0 ) {
			$query->where( 'id', $staff_id );
		}

		return array_map(
			static function ( Collection $row ): int {
				return (int) $row->id;
			},
			$query->fetchAll()
		);
	}

	/**
	 * Staff id => list of the times taken, from and to.
	 *
	 * @param int[] $people Staff ids.
	 */
	private static function busyTimes( array $people ): array {
		$rows = Appointment::where( 'staff_id', $people )
			->where( 'status', Helper::getBusyAppointmentStatuses() )
			->where( 'busy_to', '>', time() )
			->fetchAll();
		$busy = array_fill_keys( $people, array() );

		foreach ( $rows as $row ) {
			$busy[ (int) $row->staff_id ][] = array( (int) $row->busy_from, (int) $row->busy_to );
		}

		return $busy;
	}

	private static function firstFree( array $people, array $busy, int $starts_at, int $duration ): int {
		foreach ( $people as $id ) {
			if ( ! self::overlaps( $busy[ $id ], $starts_at, $starts_at + $duration ) ) {
				return $id;
			}
		}

		return 0;
	}

	private static function overlaps( array $taken, int $from, int $to ): bool {
		foreach ( $taken as list( $taken_from, $taken_to ) ) {
			if ( $taken_from < $to && $taken_to > $from ) {
				return true;
			}
		}

		return false;
	}
}
