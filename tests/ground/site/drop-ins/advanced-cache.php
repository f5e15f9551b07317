<?php
/**
 * A page cache as sites have them: a page that a visitor was given is given to all others for a day, whatever campaign
 * brought them. Whoever is logged in gets pages of their own.
 */

( static function () {
	list( $path, $query ) = array_pad( explode( '?', $_SERVER['REQUEST_URI'] ?? '', 2 ), 2, '' );
	parse_str( $query, $variables );
	foreach ( array_keys( $variables ) as $name ) {
		if ( 0 === strpos( $name, 'utm_' ) ) {
			unset( $variables[ $name ] );
		}
	}
	$is_logged_in = array() !== preg_grep( '/^wordpress_logged_in_/', array_keys( $_COOKIE ) );
	if ( 'GET' !== ( $_SERVER['REQUEST_METHOD'] ?? '' ) || $is_logged_in || '.php' === substr( $path, -4 ) ) {
		return;
	}
	$folder = WP_CONTENT_DIR . '/ground-page-cache/';
	$page   = $folder . md5( $path . '?' . http_build_query( $variables ) );
	if ( is_file( $page ) && filemtime( $page ) > time() - 86400 ) {
		header( 'Content-Type: text/html; charset=UTF-8' );
		header( 'X-Ground-Cache: hit' );
		readfile( $page );
		exit;
	}
	header( 'X-Ground-Cache: miss' );
	ob_start(
		static function ( $html ) use ( $folder, $page ) {
			$is_page = 200 === http_response_code() && array() !== preg_grep( '~^Content-Type: text/html~i', headers_list() );
			if ( $is_page && ! defined( 'DONOTCACHEPAGE' ) ) {
				is_dir( $folder ) || mkdir( $folder );
				file_put_contents( $page, $html );
			}
			return $html;
		}
	);
} )();
