<?php
/**
 * Lets blogs of a network live on a host with a port: WordPress takes the colon out.
 */

add_filter(
	'wp_normalize_site_data',
	static function ( $ground_blog ) {
		if ( is_multisite() && isset( $ground_blog['domain'] ) ) {
			$ground_blog['domain'] = DOMAIN_CURRENT_SITE;
		}
		return $ground_blog;
	},
	20
);
