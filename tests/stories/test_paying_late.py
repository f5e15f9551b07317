"""Who finishes late, or by another way than the message: by coming back, by paying at last, by telephone."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor
from tests.stories.records import appointment, conversion_with, conversions, sessions_told_of

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


def test_a_payment_that_failed_ends_nothing_while_the_visitor_tries_again(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """TRY AGAIN deletes the appointment, which looks like a cancellation and is none."""
    tova = Visitor(devices.page())
    tova.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    tova.chooses_a_time()
    tova.types(first_name="Tova", last_name="Großmann", email=f"tova@{VISITORS}")
    first = tova.goes_to_pay(COLOUR)
    tova.gives_up_paying()

    second = tova.tries_again_on_site()

    assert second > first
    salon.desk.opens("Tova Großmann", state="booked")
    told = sessions_told_of(second, salon.wordpress)
    assert None not in told.values()
    assert mail.to(f"tova@{VISITORS}") == []


@pytest.fixture
def _unpaid_is_canceled(salon: Salon) -> Iterator[None]:
    salon.wordpress.php("booknetic_stand_in_fail_payments_as( 'canceled', 10 );")
    yield
    salon.wordpress.php("booknetic_stand_in_fail_payments_as( '' );")


@pytest.mark.usefixtures("_unpaid_is_canceled")
def test_what_is_given_up_in_another_visitors_request_stays_the_first_ones(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """Nobody's clock cancels what is not paid: the next visitor's calendar does."""
    hugo, wilma = Visitor(devices.page()), Visitor(devices.page())
    unpaid = leaves_without_paying(hugo, salon, "Hugo", "Øst")
    salon.wordpress.php(f"booknetic_stand_in_make_older( {unpaid}, 11 );")

    wilma.opens(salon.wordpress.book_url)
    wilma.chooses(COLOUR, staff="Søren Müller")
    wilma.types(first_name="Wilma", last_name="Vest", email=f"wilma@{VISITORS}")
    booked = wilma.books(COLOUR)

    assert appointment(unpaid, salon.wordpress)["status"] == "canceled"
    hugos, wilmas = (sessions_told_of(number, salon.wordpress) for number in (unpaid, booked))
    assert set(hugos) == {"booking.created", "booking.canceled"}
    assert set(wilmas) == {"booking.created", "booking.confirmed"}
    assert len({*hugos.values()}) == len({*wilmas.values()}) == 1
    assert hugos["booking.canceled"] not in {None, wilmas["booking.created"]}
    mail.wait_for(f"hugo@{VISITORS}")
    salon.desk.sees("Hugo Øst", state="contacted")
    salon.desk.sees("Wilma Vest", state="booked")


def test_whom_staff_book_without_workflows_gets_no_message(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """The box that staff leave empty is about the booking's own messages."""
    address = f"runa@{VISITORS}"
    runa = Visitor(devices.page())
    runa.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    runa.chooses_a_time()
    runa.types(first_name="Rúna", last_name="Dal", email=address)
    runa.leaves()

    salon.wordpress.php_in_a_request(
        f"$customer = booknetic_stand_in_admin_add_customer( 'Rúna', 'Dal', '{address}' );"
        "booknetic_stand_in_admin_create( array( array( 'customer_id' => $customer, 'service' => 1,"
        " 'staff' => 2, 'date' => '2031-05-06', 'time' => '12:00' ) ), false );"
    )

    salon.desk.sees("Rúna Dal", state="booked")
    somebody_later_is_written_to(salon, mail, devices.page(), "Ruben")
    assert mail.to(address) == []


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
