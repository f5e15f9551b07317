<?php
/**
 * Sends all of the site's mail to the test's own mail server.
 */

add_action(
	'phpmailer_init',
	static function ( $mailer ) {
		$mailer->isSMTP();
		$mailer->Host        = GROUND_SMTP_HOST;
		$mailer->Port        = GROUND_SMTP_PORT;
		$mailer->SMTPAutoTLS = false;
	}
);

// WordPress would make it wordpress@127.0.0.1, which PHPMailer refuses.
add_filter(
	'wp_mail_from',
	static function () {
		return 'salon@example.com';
	}
);
