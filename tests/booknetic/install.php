<?php
/**
 * Tables and demonstration data.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

use BookneticApp\Models\Location;
use BookneticApp\Models\Service;
use BookneticApp\Models\Staff;
use BookneticApp\Providers\DB\DB;
use BookneticApp\Providers\Helpers\Helper;
use BookneticApp\Version;

/**
 * Creates the tables and, while there is no service yet, a small salon to book at. Safe to repeat, and to be repeated
 * after each change of version.
 */
function booknetic_stand_in_install(): void {
	booknetic_stand_in_create_tables();
	booknetic_stand_in_shape_log();

	if ( 0 === Service::query()->count() ) {
		booknetic_stand_in_seed();
	}
}

/**
 * Gives the workflows' log the columns that this version has, and no other.
 */
function booknetic_stand_in_shape_log(): void {
	global $wpdb;

	$table   = DB::table( 'workflow_logs' );
	$is_wide = array() !== $wpdb->get_results( "SHOW COLUMNS FROM `$table` LIKE 'event_data'" );

	if ( Version::logsEveryAction() && ! $is_wide ) {
		$wpdb->query( "ALTER TABLE `$table` ADD event_data LONGTEXT NULL, ADD status VARCHAR(20) NULL, ADD error_message TEXT NULL" );
	} elseif ( ! Version::logsEveryAction() && $is_wide ) {
		$wpdb->query( "ALTER TABLE `$table` DROP event_data, DROP status, DROP error_message" );
	}
}

/**
 * Column names and types are those of the real tables, as far as they are known.
 */
function booknetic_stand_in_create_tables(): void {
	global $wpdb;

	$tables = array(
		'locations'          => 'name VARCHAR(255), address VARCHAR(255), phone_number VARCHAR(127), category_id INT NULL, is_active TINYINT DEFAULT 1',
		'services'           => 'name VARCHAR(255), price DECIMAL(20,2) DEFAULT 0, category_id INT NULL, duration INT, max_capacity INT DEFAULT 1, is_recurring TINYINT DEFAULT 0, is_active TINYINT DEFAULT 1',
		'staff'              => 'name VARCHAR(255), user_id BIGINT NULL, email VARCHAR(255), phone_number VARCHAR(127), locations TEXT, is_active TINYINT DEFAULT 1',
		'customers'          => 'user_id BIGINT NULL, first_name VARCHAR(255), last_name VARCHAR(255), phone_number VARCHAR(127), email VARCHAR(255), birthdate DATE NULL, notes TEXT NULL, profile_image VARCHAR(127) NULL, gender VARCHAR(20) NULL, created_by BIGINT NULL, created_at DATE NULL, category_id INT NULL',
		'appointments'       => 'location_id INT, service_id INT, staff_id INT, starts_at BIGINT, ends_at BIGINT, busy_from BIGINT, busy_to BIGINT, customer_id INT, status VARCHAR(50), weight INT DEFAULT 1, payment_id VARCHAR(50), recurring_id VARCHAR(50) NULL, payment_method VARCHAR(50), payment_status VARCHAR(50), paid_amount DECIMAL(20,2) DEFAULT 0, note TEXT NULL, locale VARCHAR(10), client_timezone VARCHAR(50), created_at BIGINT',
		'service_extras'     => 'service_id INT, name VARCHAR(255), price DECIMAL(20,2) DEFAULT 0, is_active TINYINT DEFAULT 1',
		'appointment_prices' => 'appointment_id INT, unique_key VARCHAR(50), price DECIMAL(20,2), negative_or_positive TINYINT DEFAULT 1',
		'workflows'          => 'name VARCHAR(255), `when` VARCHAR(100), data TEXT NULL, is_active TINYINT DEFAULT 1',
		'workflow_actions'   => 'workflow_id INT, driver VARCHAR(100), data LONGTEXT, is_active TINYINT DEFAULT 1',
		'workflow_logs'      => 'workflow_id INT, `when` VARCHAR(100), driver VARCHAR(100), date_time DATETIME, data LONGTEXT NULL',
		'tenants'            => 'user_id BIGINT NULL, full_name VARCHAR(255), domain VARCHAR(100)',
		'data'               => 'table_name VARCHAR(100), row_id BIGINT, data_key VARCHAR(100), data_value LONGTEXT',
	);

	foreach ( $tables as $name => $columns ) {
		$wpdb->query(
			'CREATE TABLE IF NOT EXISTS `' . DB::table( $name ) . '` ( id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, '
			. $columns . ', tenant_id INT NULL ) ' . $wpdb->get_charset_collate()
		);
	}
}

/**
 * One open location (so its step is preset and hidden), one closed, three services, two members of staff.
 */
function booknetic_stand_in_seed(): void {
	Helper::setOption( 'steps_order', 'location,service,staff,date_time,information' );
	Helper::setOption( 'currency', 'EUR' );

	Location::insert(
		array(
			'name'         => 'Studio Königstraße',
			'address'      => 'Königstraße 7, 70173 Stuttgart',
			'phone_number' => '+4971155501',
		)
	);
	Location::insert(
		array(
			'name'         => 'Atelier Zürich',
			'address'      => 'Löwenstrasse 3, 8001 Zürich',
			'phone_number' => '+41445550102',
			'is_active'    => 0,
		)
	);

	$services = array(
		array( 'Färben & Schneiden', '89.00', 90 ),
		array( 'Massage "Tiefenruhe"', '65.50', 60 ),
		array( 'קלאסי – Classic cut', '38.00', 30 ),
	);

	foreach ( $services as list( $name, $price, $minutes ) ) {
		Service::insert(
			array(
				'name'     => $name,
				'price'    => $price,
				'duration' => $minutes,
			)
		);
	}

	foreach ( array( 'Zoë O’Brien' => 'zoe@salon.example', 'Søren Müller' => 'soren@salon.example' ) as $name => $email ) {
		Staff::insert(
			array(
				'name'         => $name,
				'email'        => $email,
				'phone_number' => '+4971155510',
				'locations'    => '1,2',
			)
		);
	}
}
