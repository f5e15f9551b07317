<?php
/**
 * Where the visitor pays: a window of its own.
 *
 * @package BookneticStandIn
 */

declare( strict_types = 1 );

?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
	<meta charset="utf-8">
	<meta name="viewport" content="width=device-width">
	<title><?php esc_html_e( 'Payment', 'booknetic' ); ?></title>
</head>
<body>
	<h1><?php esc_html_e( 'Payment', 'booknetic' ); ?></h1>
	<p><?php esc_html_e( 'Your bank is asked. To give up, close this window.', 'booknetic' ); ?></p>
</body>
</html>
