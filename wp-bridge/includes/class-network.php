<?php
/**
 * The blogs of a WordPress network.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Every blog has its own pairing, tables and options; Booknetic's tables are one set for all of them. A site that is no
 * network is the only blog there is.
 */
final class Network {

	private const AT_ONCE = 100;

	/**
	 * Does something as that blog would; nothing where there is no such blog any more.
	 *
	 * @return mixed What it returns.
	 */
	public static function in_blog( int $blog_id, callable $work ) {
		if ( get_current_blog_id() === $blog_id ) {
			return $work();
		}
		if ( ! is_multisite() || null === get_site( $blog_id ) ) {
			return null;
		}
		switch_to_blog( $blog_id );
		try {
			return $work();
		} finally {
			restore_current_blog();
		}
	}

	/**
	 * Does something as each blog would, also in a network of thousands.
	 */
	public static function in_every_blog( callable $work ): void {
		if ( ! is_multisite() ) {
			$work();
			return;
		}
		$seen = 0;
		do {
			$blog_ids = get_sites(
				array(
					'fields'  => 'ids',
					'number'  => self::AT_ONCE,
					'offset'  => $seen,
					'orderby' => 'id',
				)
			);
			foreach ( $blog_ids as $blog_id ) {
				self::in_blog( (int) $blog_id, $work );
			}
			$seen += count( $blog_ids );
		} while ( self::AT_ONCE === count( $blog_ids ) );
	}
}
