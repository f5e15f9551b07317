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
use BookneticApp\Providers\Helpers\Date;
use BookneticApp\Providers\Helpers\Helper;

/**
 * Everyone works every day, and an appointment can begin on the hour. All dates and times are in the site's zone, or
 * the tenant's.
 */
class CalendarService {

	private const FIRST_HOUR = 9;

	private const LAST_HOUR = 17;

	private const DAYS = 60;

	/**
	 * UNIX timestamp of a date (Y-m-d) and time (H:i).
	 */
	public static function timestamp( string $date, string $time ): int {
		return ( new \DateTimeImmutable( $date . ' ' . $time, Date::zone() ) )->getTimestamp();
	}

	/**
	 * The free times of all bookable days, from tomorrow on. What nobody has paid for in time is free again.
	 *
	 * @return array<string,string[]> Y-m-d => list of H:i.
	 */
	public static function freeTimes( ?Collection $service, int $staff_id ): array {
		AppointmentService::cancelUnpaidAppointments();

		$people   = self::people( $staff_id );
		$busy     = self::busyTimes( $people );
		$duration = self::duration( $service );
		$free     = array();

		foreach ( self::days() as $date ) {
			$free[ $date ] = array_values(
				array_filter(
					self::timesOfADay(),
					static function ( string $time ) use ( $date, $people, $busy, $duration ): bool {
						$starts_at = self::timestamp( $date, $time );

						return 0 !== self::firstFree( $people, $busy, array( array( $starts_at, $starts_at + $duration ) ) );
					}
				)
			);
		}

		return $free;
	}

	/**
	 * Who can take all these times: the given member of staff, anyone for -1; 0 is nobody.
	 *
	 * @param int   $staff_id  As the visitor chose.
	 * @param array $slots     Of date and time each.
	 * @param array $intervals The same as from and to.
	 * @param array $taken     By staff id: intervals that are taken though nothing is written yet.
	 */
	public static function freeStaff( int $staff_id, array $slots, array $intervals, array $taken ): int {
		foreach ( $slots as $slot ) {
			// What was offered before midnight is still to be had after it.
			if ( self::timestamp( $slot['date'], $slot['time'] ) <= time() || $slot['date'] > max( self::days() ) || ! in_array( $slot['time'], self::timesOfADay(), true ) ) {
				return 0;
			}
		}

		$people = self::people( $staff_id );
		$busy   = self::busyTimes( $people );

		foreach ( $people as $id ) {
			$busy[ $id ] = array_merge( $busy[ $id ], $taken[ $id ] ?? array() );
		}

		return self::firstFree( $people, $busy, $intervals );
	}

	/**
	 * The days of a weekly series, also those that turn out to be taken.
	 *
	 * @param string $from  Y-m-d.
	 * @param string $until Y-m-d.
	 * @param array  $times Day of the week, 1 is Monday => H:i.
	 * @return array<int,array{0:string,1:string}> Dates and times.
	 */
	public static function series( string $from, string $until, array $times ): array {
		$series = array();

		foreach ( self::days() as $date ) {
			$time = $times[ gmdate( 'N', strtotime( $date ) ) ] ?? '';

			if ( $date >= $from && $date <= $until && in_array( $time, self::timesOfADay(), true ) ) {
				$series[] = array( $date, $time );
			}
		}

		return $series;
	}

	/**
	 * The bookable days, first and last.
	 *
	 * @return array{0:string,1:string} Y-m-d.
	 */
	public static function horizon(): array {
		$days = self::days();

		return array( $days[0], end( $days ) );
	}

	/**
	 * Seconds.
	 */
	public static function duration( ?Collection $service ): int {
		return null === $service ? HOUR_IN_SECONDS : (int) $service->duration * MINUTE_IN_SECONDS;
	}

	private static function days(): array {
		$today = new \DateTimeImmutable( 'today', Date::zone() );

		return array_map(
			static function ( int $days ) use ( $today ): string {
				return $today->modify( '+' . $days . ' days' )->format( 'Y-m-d' );
			},
			range( 1, self::DAYS )
		);
	}

	public static function timesOfADay(): array {
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

	private static function firstFree( array $people, array $busy, array $wanted ): int {
		foreach ( $people as $id ) {
			if ( ! self::overlap( $busy[ $id ], $wanted ) ) {
				return $id;
			}
		}

		return 0;
	}

	private static function overlap( array $taken, array $wanted ): bool {
		foreach ( $wanted as list( $from, $to ) ) {
			foreach ( $taken as list( $taken_from, $taken_to ) ) {
				if ( $taken_from < $to && $taken_to > $from ) {
					return true;
				}
			}
		}

		return false;
	}
}
