"""Serve a site to look at and to try things on, until Ctrl-C."""

import signal
import sys
import threading

from tests.ground import mail, wordpress
from tests.ground.processes import private_directory


def main() -> None:
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    with (
        private_directory() as folder,
        mail.started() as mailbox,
        wordpress.started(folder, smtp_port=mailbox.port, linked=True) as site,
    ):
        sys.stdout.write(
            f"Booking page  {site.book_url}\n"
            f"Log in        {site.url}/wp-admin/   {site.admin.user} / {site.admin.password}\n"
            f"Folder        {site.path}\n"
            f"PHP's log     {site.php_log}\n"
            f"Mail server   127.0.0.1:{mailbox.port} (keeps letters, shows them here)\n"
            "Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        shown = 0
        while not ended.wait(0.5):
            for people, letter in mailbox.letters[shown:]:
                shown += 1
                sys.stdout.write(f"\n--- to {', '.join(people)}\n{letter}\n")
                sys.stdout.flush()


main()
