"""Whatever is wrong with the bridge or the sidecar, visitors book as if neither existed."""

import base64
import contextlib
import json
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import HOST, free_port
from tests.ground.waiting import wait_until
from tests.ground.wordpress import BOOKNETIC
from tests.stories.conftest import VISITORS, Salon
from tests.stories.people import Visitor
from tests.stories.records import appointment, undelivered

CUT = "Classic cut"

Trouble = Callable[[Salon], AbstractContextManager[None]]


@contextlib.contextmanager
def sidecar_down(salon: Salon) -> Iterator[None]:
    salon.sidecar.stop()
    try:
        yield
    finally:
        salon.sidecar.start()


@contextlib.contextmanager
def wrong_secret(salon: Salon) -> Iterator[None]:
    another = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with connected_by(changed(salon, webhook_secret=another), salon):
        salon.owner.reads_that("It was refused: the code is not, or no longer, the one")
        yield


@contextlib.contextmanager
def nobody_at_its_address(salon: Salon) -> Iterator[None]:
    with connected_by(changed(salon, sidecar=f"http://{HOST}:{free_port()}"), salon):
        salon.owner.reads_that("Nothing answers at")
        yield


@contextlib.contextmanager
def somebody_silent_at_its_address(salon: Salon) -> Iterator[None]:
    """Take connections, and leave them hanging."""
    with socket.create_server((HOST, 0)) as silent:
        address = "http://{}:{}".format(*silent.getsockname())
        with connected_by(changed(salon, sidecar=address), salon):
            salon.owner.reads_that("Nothing answers at")
            yield


@contextlib.contextmanager
def connected_by(code: str, salon: Salon) -> Iterator[None]:
    salon.owner.saves_the_code(code)
    try:
        yield
    finally:
        salon.owner.connects_the_site(salon.sidecar.connection_code())


def changed(salon: Salon, **changes: str) -> str:
    """Return the site's connection code with some of what it says replaced."""
    version, _, text = salon.sidecar.connection_code().partition(".")
    said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    encoded = base64.urlsafe_b64encode(json.dumps({**said, **changes}).encode())
    return f"{version}.{encoded.decode().rstrip('=')}"


@contextlib.contextmanager
def no_code_in_its_place(salon: Salon) -> Iterator[None]:
    constant = salon.wordpress.path / "wp-content/mu-plugins/code.php"
    constant.write_text("<?php define( 'BOOKING_RECOVERY_CODE', 'brc1.bm90aGluZw' );")
    try:
        salon.owner.opens_the_settings()
        salon.owner.reads_that("The connection code comes from the constant")
        salon.owner.reads_that("Not connected.")
        yield
    finally:
        constant.unlink()


@contextlib.contextmanager
def tables_gone(salon: Salon) -> Iterator[None]:
    """Take away what the bridge writes into, as half a backup would."""
    salon.wordpress.php(renaming("booking_recovery_", "gone_"))
    log = salon.wordpress.php_log
    before = log.read_bytes() if log.exists() else b""
    try:
        yield
    finally:
        salon.wordpress.php(renaming("gone_", "booking_recovery_"))
    # Of this the log may complain, but not with the visitor's data.
    assert VISITORS not in salon.wordpress.log()
    log.write_bytes(before)


def renaming(before: str, after: str) -> str:
    return f"""
        global $wpdb;
        foreach ( $wpdb->get_col( "SHOW TABLES LIKE '%{before}%'" ) as $table ) {{
            $wpdb->query( "RENAME TABLE $table TO " . str_replace( '{before}', '{after}', $table ) );
        }}
        """


@pytest.mark.parametrize(
    "trouble",
    [sidecar_down, wrong_secret, nobody_at_its_address, somebody_silent_at_its_address],
)
def test_visitors_book_and_what_happened_is_made_up_for(
    salon: Salon, mail: Mailbox, devices: Devices, trouble: Trouble
) -> None:
    name = trouble.__name__.replace("_", "-")
    with trouble(salon):
        somebody_books(salon, devices, name)
        # So the bridge was there, and could not get rid of it.
        assert "booking.confirmed" in undelivered(salon.wordpress)

    salon.desk.sees(f"Vera {name}", state="booked")
    assert mail.to(f"{name}@{VISITORS}") == []


@pytest.mark.parametrize("trouble", [no_code_in_its_place, tables_gone])
def test_visitors_book_where_the_bridge_cannot_even_take_notes(
    salon: Salon, devices: Devices, trouble: Trouble
) -> None:
    name = trouble.__name__.replace("_", "-")
    with trouble(salon):
        somebody_books(salon, devices, name)

    salon.desk.finds_nobody_called(f"Vera {name}")


# What matters here is no version's own, and takes the minute after which the bridge asks to be asked again.
@pytest.mark.parametrize("wordpress", [BOOKNETIC], indirect=True)
def test_a_message_that_is_due_while_booknetic_is_updated_goes_out_later(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"upma@{VISITORS}"
    upma = Visitor(devices.page())
    upma.opens(f"{salon.wordpress.book_url}?service=3&staff=1")
    upma.chooses_a_time()
    upma.types(first_name="Upma", last_name="Later", email=address)
    upma.leaves()
    salon.wordpress.php("booknetic_stand_in_stop_at( 'updating' );")
    try:
        wait_until(
            lambda: re.search(r"v1/recoveries[^\n]* 503 ", salon.wordpress.access_log.read_text()),
            what="the bridge to put the message off",
        )
    finally:
        salon.wordpress.php("booknetic_stand_in_stop_at( '' );")

    mail.wait_for(address)
    salon.desk.sees("Upma Later", state="contacted")
    assert len(mail.to(address)) == 1


def somebody_books(salon: Salon, devices: Devices, name: str) -> None:
    """Book in Chromium, up to the last screen, without an error in any script of the page."""
    vera = Visitor(devices.page())
    vera.opens(salon.wordpress.book_url)
    starts_at = vera.chooses(CUT, staff="Zoë")
    vera.types(first_name="Vera", last_name=name, email=f"{name}@{VISITORS}")
    number = vera.books(CUT)
    row = appointment(number, salon.wordpress)
    assert int(row["starts_at"]) == starts_at.timestamp()
    assert devices.script_errors == []
