<?php
/**
 * Copies the site's database.
 *
 * Given: $ground_copy (the new one's name).
 */

$wpdb->query( "CREATE DATABASE $ground_copy CHARACTER SET utf8mb4" );
foreach ( $wpdb->get_col( 'SHOW TABLES' ) as $ground_table ) {
	$wpdb->query( "CREATE TABLE $ground_copy.$ground_table LIKE $ground_table" );
	$wpdb->query( "INSERT INTO $ground_copy.$ground_table SELECT * FROM $ground_table" );
}
