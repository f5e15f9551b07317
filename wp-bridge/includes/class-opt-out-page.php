<?php
/**
 * The page behind the link out of a message.
 *
 * @package Booking_Recovery
 */

declare( strict_types = 1 );

namespace Booking_Recovery;

/**
 * Shows the same to everybody, whatever their token, and changes something only when it is asked to by a button or by a
 * mail program's own "unsubscribe" (RFC 8058): programs that look into links for viruses do not opt anybody out.
 */
final class Opt_Out_Page {

	private const HEADERS = array(
		'Content-Type'            => 'text/html; charset=utf-8',
		'X-Robots-Tag'            => 'noindex, nofollow',
		'Referrer-Policy'         => 'no-referrer',
		'X-Content-Type-Options'  => 'nosniff',
		'Content-Security-Policy' => "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	);

	/**
	 * Whom tokens mean.
	 *
	 * @var Opt_Out_Tokens
	 */
	private $tokens;

	/**
	 * Carries the wish out.
	 *
	 * @var Contacts
	 */
	private $contacts;

	/**
	 * Tells the sidecar.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Takes who carries a wish out.
	 */
	public function __construct( Opt_Out_Tokens $tokens, Contacts $contacts, Outbox $outbox ) {
		$this->tokens   = $tokens;
		$this->contacts = $contacts;
		$this->outbox   = $outbox;
	}

	/**
	 * Answers the request, and ends it, if it is for this page.
	 */
	public function serve(): void {
		// The token is all that counts: who has it may use it, and no cookie of a visitor adds to that.
		$token = $_GET[ Opt_Out_Tokens::PARAM ] ?? null;
		if ( null === $token ) {
			return;
		}
		$token   = is_string( $token ) ? wp_unslash( $token ) : '';
		$is_post = 'POST' === ( $_SERVER['REQUEST_METHOD'] ?? '' );
		$is_done = $is_post && $this->opt_out( $token, time() );
		defined( 'DONOTCACHEPAGE' ) || define( 'DONOTCACHEPAGE', true );
		nocache_headers();
		status_header( $is_post && ! $is_done ? 503 : 200 );
		foreach ( array( 'Cache-Control' => 'no-store, private' ) + self::HEADERS as $name => $value ) {
			header( "$name: $value" );
		}
		$this->render( $is_post, $is_done );
		exit;
	}

	/**
	 * Writes to whom a token means no more. A token that is unknown here is handed on to the sidecar.
	 *
	 * @return bool False where it could not be written down.
	 */
	public function opt_out( string $token, int $now ): bool {
		if ( 1 !== preg_match( '/' . Opt_Out_Tokens::PATTERN . '/', $token ) ) {
			return true;
		}
		try {
			$person_keys = $this->tokens->find( $token );
			$is_news     = array() === $person_keys
				? $this->tokens->is_news( $token, $now )
				: 0 < $this->contacts->update( Suppressions::OPT_OUT, $person_keys, 'link', $now );
		} catch ( Try_Later $e ) {
			return false;
		}
		if ( $is_news ) {
			$this->outbox->add(
				'contact.opted_out',
				null,
				array(
					'token' => $token,
					'via'   => 'link',
				)
			);
		}
		return true;
	}

	/**
	 * Prints the page. It stands without the theme, which may show who knows what.
	 */
	private function render( bool $is_post, bool $is_done ): void {
		$salon = wp_specialchars_decode( (string) get_bloginfo( 'name' ), ENT_QUOTES );
		if ( $is_done ) {
			$title = __( 'You will get no more of these messages', 'booking-recovery-bridge' );
			/* translators: %s: name of the site. */
			$text = sprintf( __( '%s does not write to you about unfinished bookings any more. Messages about appointments that you have booked still reach you.', 'booking-recovery-bridge' ), $salon );
		} elseif ( $is_post ) {
			$title = __( 'That did not work', 'booking-recovery-bridge' );
			$text  = __( 'Your wish could not be saved just now. Please try again in a few minutes.', 'booking-recovery-bridge' );
		} else {
			$title = __( 'No more messages about unfinished bookings?', 'booking-recovery-bridge' );
			/* translators: %s: name of the site. */
			$text = sprintf( __( 'Press the button, and %s does not write to you about unfinished bookings any more. Messages about appointments that you have booked still reach you.', 'booking-recovery-bridge' ), $salon );
		}
		?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title><?php echo esc_html( $title ); ?></title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; font: 1.125rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 12vh auto 2rem; padding: 0 1.25rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; }
button { min-height: 3rem; padding: .5rem 1.25rem; font: inherit; cursor: pointer; }
</style>
</head>
<body>
<main>
<h1><?php echo esc_html( $title ); ?></h1>
<p><?php echo esc_html( $text ); ?></p>
		<?php if ( ! $is_done ) : ?>
<form method="post">
<button type="submit"><?php esc_html_e( 'Stop these messages', 'booking-recovery-bridge' ); ?></button>
</form>
		<?php endif; ?>
</main>
</body>
</html>
		<?php
	}
}
