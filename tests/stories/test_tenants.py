"""Several salons on one site: whose form it was decides who writes, and where it is written down."""

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.sidecar import SITE
from tests.stories.conftest import BODY, VISITORS, Salon
from tests.stories.people import Visitor
from tests.stories.records import Record, conversion_with

FAR_ZONE = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def south(salon: Salon) -> Iterator[int]:
    """Give the site two tenants, each with a workflow of its own; yield the far one's number."""
    salon.wordpress.php("booknetic_stand_in_have_tenants( true );")
    tenants = salon.wordpress.php(
        "echo booknetic_stand_in_add_tenant( 'north', 'Sauna' ), ' ',"
        " booknetic_stand_in_add_tenant( 'south', 'Beach', 'Asia/Tokyo' );"
    ).split()
    for tenant, subject in zip(tenants, ("From North", "From South"), strict=True):
        salon.wordpress.php(
            f"booknetic_stand_in_as_tenant( {tenant}, static function () {{"
            f" booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', '{subject}',"
            f" '{BODY}', '{{booking_recovery_email}}' ); }} );"
        )
    yield int(tenants[1])
    salon.wordpress.php("booknetic_stand_in_remove_tenants();")
    salon.wordpress.php("booknetic_stand_in_have_tenants( false );")


def test_a_tenants_visitor_is_written_to_by_that_tenant_alone_and_in_its_zone(
    salon: Salon, mail: Mailbox, devices: Devices, south: int
) -> None:
    address = f"sunniva@{VISITORS}"
    sunniva = Visitor(devices.page(), zone=FAR_ZONE)
    sunniva.opens(f"{salon.wordpress.url}/south/")
    left = sunniva.chooses("Beach", staff="Staff of South")
    sunniva.types(first_name="Sunniva", last_name="Ås", email=address)

    letter = mail.wait_for(address)
    assert letter["subject"] == "From South"
    assert f"on {left:%B} {left.day}, {left.year} at {left.hour}:00 am" in letter.get_content()
    (known,) = sessions_of("Sunniva", salon)
    assert datetime.fromisoformat(known["selection"]["starts_at"]) == left
    sunniva.follows_the_link_in(letter, to="/south/")
    starts_at = sunniva.chooses_a_time()
    sunniva.types(first_name="Sunniva", last_name="Ås", email=address)
    number = sunniva.books("Beach")

    conversion = conversion_with(number, salon.wordpress)
    assert datetime.fromisoformat(conversion["appointment_starts_at"]) == starts_at
    assert conversion["value"] == {"amount": "50.00", "currency": "EUR"}
    beside = salon.wordpress.php(
        f"echo booknetic_stand_in_as_tenant( {south}, static function () {{"
        f" return BookneticApp\\Models\\Appointment::getData( {number}, 'booking_recovery_conversion' ); }} );"
    )
    assert json.loads(beside) == conversion
    assert len(mail.to(address)) == 1


def sessions_of(first_name: str, salon: Salon) -> list[Record]:
    listed = json.loads(salon.sidecar.command("sessions", SITE, "--json"))["sessions"]
    shown = [
        json.loads(salon.sidecar.command("show", SITE, one["id"], "--json")) for one in listed
    ]
    return [one for one in shown if (one["contact"] or {}).get("first_name") == first_name]
