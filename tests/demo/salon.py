"""A salon that is ready to be visited: its site, its sidecar, and all mail that it sends."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.demo import received_mail
from tests.ground import mail, wordpress
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import DEBIANS_WORDPRESS, WordPress
from tests.stories.records import undelivered

SUBJECT = "{booking_recovery_first_name}, your {booking_recovery_service} is waiting"
BODY = Path(__file__).with_name("workflow.html")

RECOVERY: dict[str, str | int | list[str]] = {
    "abandon_after": "10s",
    "unpaid_after": "10s",
    "messages": ["5s"],
    # Whoever walks the story again, as the same person, shall be written to again.
    "min_gap": "0s",
    "contact_cooldown": "0s",
    "cap_per_30_days": 100,
}
SECONDS_UNTIL_THE_MESSAGE = 15

# Program: Debian's package.
NEEDED = {
    "php": "php-cli",
    "nginx": "nginx",
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
}


@dataclass(frozen=True, slots=True)
class Salon:
    wordpress: WordPress
    sidecar: Sidecar
    mailbox: Mailbox
    mail_url: str


def missing() -> list[str]:
    """Name the Debian packages without which no site can be served."""
    packages = {package for program, package in NEEDED.items() if not shutil.which(program)}
    if not any(Path("/usr/sbin").glob("php-fpm*")):
        packages.add("php-fpm")
    if not DEBIANS_WORDPRESS.exists():
        packages.add("wordpress")
    return sorted(packages)


@contextlib.contextmanager
def opened(tell: Callable[[str], None]) -> Iterator[Salon]:
    """Have everything run, paired and with a workflow; `tell` is told what is under way."""
    with contextlib.ExitStack() as parts:
        mailbox = parts.enter_context(mail.started())
        folder = parts.enter_context(private_directory())
        tell("WordPress with a booking form; this takes some seconds")
        site = parts.enter_context(wordpress.started(folder, smtp_port=mailbox.port))
        # WordPress has told the owner that it was installed: no part of the story.
        mailbox.letters.clear()
        sidecars = folder / "sidecar"
        sidecars.mkdir()
        sidecar = Sidecar(
            sidecars,
            site_url=site.url,
            password="demo",  # noqa: S106 -- to be typed by hand, on this machine alone
            env=None,
            **RECOVERY,
        )
        tell("the sidecar")
        parts.callback(sidecar.stop)
        sidecar.start()
        tell("their connection")
        try:
            _furnish(site, sidecar.connection_code())
        except Exception as error:
            # Their logs end with the demo.
            error.add_note(site.log()[-2000:] + sidecar.log()[-2000:])
            raise
        mail_url = parts.enter_context(
            received_mail.served(
                mailbox, book_url=site.book_url, seconds=SECONDS_UNTIL_THE_MESSAGE
            )
        )
        yield Salon(site, sidecar, mailbox, mail_url)


def _furnish(site: WordPress, code: str) -> None:
    """Do what the owner does in wp-admin: connect the site, make the workflow, name a currency."""
    site.php(f"""
        $connection = Booking_Recovery\\Connection::from_code( '{code}' );
        update_option( Booking_Recovery\\Settings::OPTION, array( 'connection' => $connection->to_array() ) );
        BookneticApp\\Providers\\Helpers\\Helper::setOption( 'currency', 'EUR' );
        booknetic_stand_in_add_workflow(
            'booking_recovery_abandoned',
            '{SUBJECT}',
            file_get_contents( '{BODY}' ),
            '{{booking_recovery_email}}'
        );
    """)
    # The next request notices the new connection, and tells the sidecar behind its answer.
    requests.get(site.book_url, timeout=30).raise_for_status()
    wait_until(lambda: not undelivered(site), what="the sidecar to know the site")
