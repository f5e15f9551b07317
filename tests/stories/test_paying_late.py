"""Who finishes late, and by themselves: by coming back, or by paying at last."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor
from tests.stories.records import appointment, conversion_with, conversions

COLOUR = "Färben & Schneiden"


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Take payments online, and leave time between an abandonment and its message."""
    with opened(wordpress, browser, messages=["8s"]) as salon:
        wordpress.php("booknetic_stand_in_offer_gateway( true );")
        yield salon
        wordpress.php("booknetic_stand_in_offer_gateway( false );")


def test_who_comes_back_alone_before_the_message_gets_none(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    ida = Visitor(devices.page())
    ida.opens(salon.wordpress.book_url)
    ida.chooses(COLOUR, staff="Zoë")
    ida.types(first_name="Ida", last_name="Åkesson", email=f"ida@{VISITORS}")
    ida.leaves()
    salon.desk.sees("Ida Åkesson", state="abandoned")

    ida.opens(salon.wordpress.book_url)
    ida.chooses(COLOUR, staff="Zoë")
    ida.types(first_name="Ida", last_name="Åkesson", email=f"ida@{VISITORS}")
    ida.books(COLOUR)

    salon.desk.opens("Ida Åkesson", state="booked")
    salon.desk.reads_that("Left without finishing")
    salon.desk.reads_that("Message 1 was not sent: the visitor has booked")
    somebody_later_is_written_to(salon, mail, devices.page(), "Ivo")
    assert mail.to(f"ida@{VISITORS}") == []
    assert conversions(salon.wordpress) == []


def test_who_pays_late_but_before_the_message_gets_none(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    pia = Visitor(devices.page())
    payment = leaves_without_paying(pia, salon, "Pia", "Łęcka")
    salon.desk.opens("Pia Łęcka", state="abandoned")
    salon.desk.reads_that("Left without paying")

    the_gateway_confirms(payment, salon)

    salon.desk.opens("Pia Łęcka", state="booked")
    salon.desk.reads_that("Message 1 was not sent: the visitor has booked")
    somebody_later_is_written_to(salon, mail, devices.page(), "Pavel")
    assert mail.to(f"pia@{VISITORS}") == []
    assert conversions(salon.wordpress) == []


def test_who_was_reminded_of_the_payment_is_won_back_when_it_arrives(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    rosa = Visitor(devices.page())
    leaves_without_paying(rosa, salon, "Rosa", "Nuñez")
    letter = mail.wait_for(f"rosa@{VISITORS}")
    salon.desk.opens("Rosa Nuñez", state="contacted")
    salon.desk.reads_that("Left without paying")

    rosa.follows_the_link_in(letter)
    starts_at = rosa.chooses_a_time()
    rosa.types(first_name="Rosa", last_name="Nuñez", email=f"rosa@{VISITORS}")
    number = rosa.goes_to_pay(COLOUR)
    rosa.leaves()
    salon.desk.sees("Rosa Nuñez", state="active")
    assert conversions(salon.wordpress) == []

    the_gateway_confirms(number, salon)

    conversion = conversion_with(number, salon.wordpress)
    assert conversion["attributed_by"] == "click"
    assert datetime.fromisoformat(conversion["appointment_starts_at"]) == starts_at
    salon.desk.opens("Rosa Nuñez", state="recovered")
    assert salon.desk.reads_the_time("Appointment") == starts_at
    assert len(mail.to(f"rosa@{VISITORS}")) == 1


def test_a_payment_of_before_the_message_is_not_owed_to_it(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """Banks take their time: what was booked before the message was not won by it."""
    bo = Visitor(devices.page())
    number = leaves_without_paying(bo, salon, "Bo", "Čapek")
    mail.wait_for(f"bo@{VISITORS}")
    salon.desk.opens("Bo Čapek", state="contacted")
    before = conversions(salon.wordpress)

    the_gateway_confirms(number, salon)

    salon.desk.opens("Bo Čapek", state="booked")
    salon.desk.reads_that("Got one message and booked, which is not owed to it.")
    assert conversions(salon.wordpress) == before


def leaves_without_paying(visitor: Visitor, salon: Salon, first_name: str, last_name: str) -> int:
    """Have somebody book with payment online, and close both windows; return the appointment."""
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(COLOUR, staff="Whoever is free")
    visitor.types(
        first_name=first_name, last_name=last_name, email=f"{first_name.lower()}@{VISITORS}"
    )
    number = visitor.goes_to_pay(COLOUR)
    visitor.leaves()
    return number


def the_gateway_confirms(number: int, salon: Salon) -> None:
    """Pay an appointment in a request of the gateway's own, in which there is no visitor."""
    payment = appointment(number, salon.wordpress)["payment_id"]
    service = "BookneticApp\\Providers\\Common\\PaymentGatewayService"
    salon.wordpress.php_in_a_request(f"{service}::confirmPayment( '{payment}' );")
    assert appointment(number, salon.wordpress)["payment_status"] == "paid"


def somebody_later_is_written_to(salon: Salon, mail: Mailbox, page: Page, first_name: str) -> None:
    """Have another visitor leave now: when the letter comes, those due before have had theirs."""
    address = f"{first_name.lower()}@{VISITORS}"
    later = Visitor(page)
    later.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    later.chooses_a_time()
    later.types(first_name=first_name, last_name="Later", email=address)
    later.leaves()
    mail.wait_for(address)
