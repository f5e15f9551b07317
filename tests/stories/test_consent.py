"""Who may be written to where the owner wants visitors to agree first."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor

BOX = "may write to me if I leave without booking"
LINE = "may write to you about it"


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Have the sidecar's operator ask for a tick; the owner chooses nothing."""
    with opened(wordpress, browser, consent="opt_in", attribution_window="1s") as salon:
        yield salon


def test_only_who_ticks_the_sidecars_box_and_leaves_it_ticked_is_written_to(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    nora, uma, tia = (Visitor(devices.page()) for _ in range(3))
    for visitor, name in ((nora, "Nora"), (uma, "Uma"), (tia, "Tia")):
        comes_to_the_box(visitor, salon)
        visitor.types(first_name=name, last_name="Oyelaran", email=address(name))
        visitor.sees_a_box_for(BOX, ticked=False)
    nora.leaves()
    uma.ticks(BOX)
    uma.unticks_and_is_gone(BOX)
    tia.ticks(BOX, on=True)
    tia.leaves()

    mail.wait_for(address("Tia"))
    for name in ("Nora", "Uma"):
        salon.desk.opens(f"{name} Oyelaran", state="lost")
        salon.desk.reads_that("Got no message: the visitor did not agree to be written")
        assert not mail.to(address(name))
    assert choices(address("Nora"), salon) == ["denied"]
    assert choices(address("Uma"), salon) == ["denied", "opt_in", "denied"]
    assert choices(address("Tia"), salon) == ["denied", "opt_in"]


def test_a_customer_whom_booknetic_knows_is_asked_all_the_same(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    phone = "+491711234567"
    salon.wordpress.php(
        f"booknetic_stand_in_admin_add_customer( 'Kira', 'Oyelaran', '{address('Kira')}', '{phone}' );"
        f"booknetic_stand_in_admin_add_customer( 'Lena', 'Oyelaran', '{address('Lena')}', '' );"
    )
    kira, lena = Visitor(devices.page()), Visitor(devices.page())
    for visitor, name in ((kira, "Kira"), (lena, "Lena")):
        comes_to_the_box(visitor, salon)
        visitor.types_her_address(address(name))
        visitor.sees_a_box_for(BOX, ticked=False)
        visitor.ticks(BOX)
    kira.leaves()
    lena.unticks_and_is_gone(BOX)

    letter = mail.wait_for(address("Kira"))
    assert "Hello Kira Oyelaran" in letter.get_content()
    salon.desk.sees("Lena Oyelaran", state="lost", said="did not agree")
    assert not mail.to(address("Lena"))
    assert choices(address("Kira"), salon)[-1] == "opt_in"
    assert choices(phone, salon) == ["opt_in"]


def test_an_address_is_nobodys_until_it_is_whole(salon: Salon, devices: Devices) -> None:
    anna = Visitor(devices.page())
    comes_to_the_box(anna, salon)
    for on_the_way in (f"anna@{VISITORS[:-4]}", f"anna@{VISITORS}"):
        anna.types(first_name="Anna", last_name="Oyelaran", email=on_the_way)
    anna.leaves()

    assert choices(f"anna@{VISITORS[:-4]}", salon) == []
    assert choices(f"anna@{VISITORS}", salon) == ["denied"]


def test_an_owner_who_chooses_a_line_needs_no_tick(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    salon.owner.asks_for_consent("A line below the form's contact fields says so")
    maud = Visitor(devices.page())
    comes_to_the_box(maud, salon)
    maud.sees_a_line_and_no_box(LINE)
    maud.types(first_name="Maud", last_name="Oyelaran", email=address("Maud"))
    maud.leaves()
    try:
        mail.wait_for(address("Maud"))
        assert choices(address("Maud"), salon) == ["notice"]
    finally:
        salon.owner.asks_for_consent("As on the sidecar: Only those who tick a box")


def address(name: str) -> str:
    return f"{name.lower()}@{VISITORS}"


def comes_to_the_box(visitor: Visitor, salon: Salon) -> None:
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()


def choices(identifier: str, salon: Salon) -> list[str]:
    """Read what the bridge has written down for somebody, the oldest first."""
    written: list[str] = json.loads(
        salon.wordpress.php(
            f"$found = ( new Booking_Recovery\\Consent_Ledger() )->of( array( hash( 'sha256', '{identifier}' ) ) );"
            "echo wp_json_encode( array_column( $found, 'basis' ) );"
        )
    )
    return written
