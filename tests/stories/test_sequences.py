"""Several messages, each with a text of its own: who gets which, and when it ends."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor
from tests.stories.records import appointment, conversion_with

CUT = "Färben & Schneiden"
LATER = "1h, 1d"
SENDERS = {
    "First": ({1}, "unfinished"),
    "Second": ({2}, "unfinished"),
    "Third": ({3}, "unfinished"),
    "Pay": ({1, 2, 3}, "unpaid"),
}
BODY = """\
<p>{booking_recovery_date}, {booking_recovery_time}. {booking_recovery_slot}</p>\
<p><a href="{booking_recovery_link}">Finish my booking</a></p>"""
STILL_FREE = "The time you chose is still free."
NO_LONGER_FREE = "The time you chose is no longer free."


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Give each message of three, and whoever has not paid, a workflow that does no more."""
    with opened(wordpress, browser, messages=["2s", "4s", "6s"]) as salon:
        wordpress.php("BookneticApp\\Models\\Workflow::where( 'id', '>', 0 )->delete();")
        wordpress.php("booknetic_stand_in_offer_gateway( true );")
        for name in SENDERS:
            salon.owner.adds_a_workflow(name=name, subject=name, body=BODY)
        salon.owner.limits_the_workflows(SENDERS)
        yield salon
        wordpress.php("booknetic_stand_in_offer_gateway( false );")


def test_who_returns_and_leaves_again_gets_the_next_message_and_none_after_booking(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"olga@{VISITORS}"
    salon.owner.has_messages_sent_after(f"2s, {LATER}")
    olga = Visitor(devices.page())
    olga.opens(salon.wordpress.book_url)
    olga.chooses(CUT, staff="Zoë")
    olga.types(first_name="Olga", last_name="Ştefan", email=address)
    olga.leaves()
    first = mail.wait_for(address)
    assert STILL_FREE in first.get_content()

    salon.owner.has_messages_sent_after("2s, 4s, 1d")
    olga.opens(salon.wordpress.book_url)
    olga.chooses(CUT, staff="Søren Müller")
    olga.leaves()

    olga.follows_the_link_in(mail.wait_for(address, number=2))
    olga.chooses_a_time()
    olga.types(first_name="Olga", last_name="Ştefan", email=address)
    olga.books(CUT)

    salon.desk.opens("Olga Ştefan", state="recovered")
    salon.desk.reads_that("Message 3 was not sent: the visitor has booked")
    assert subjects(mail.to(address)) == ["First", "Second"]


def test_of_all_that_became_due_only_the_last_message_of_the_newest_visit_goes_out(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"ada@{VISITORS}"
    salon.owner.has_messages_sent_after("2s, 4s, 6s")
    with asleep(salon):
        at_home = Visitor(devices.page())
        at_home.opens(salon.wordpress.book_url)
        at_home.chooses(CUT, staff="Zoë")
        at_home.types(first_name="Ada", last_name="at home", email=address)
        at_home.leaves()
        on_the_phone = Visitor(devices.page(width=390, height=844))
        on_the_phone.opens(salon.wordpress.book_url)
        chosen = on_the_phone.chooses(CUT, staff="Zoë")
        on_the_phone.types(first_name="Ada", last_name="on the phone", email=address)
        on_the_phone.leaves()
        staff_give_away(chosen, salon.wordpress)
        an_hour_passes(salon.wordpress)

    letter = mail.wait_for(address)
    assert NO_LONGER_FREE in letter.get_content()
    salon.desk.opens("Ada on the phone", state="contacted")
    for number in (1, 2):
        salon.desk.reads_that(f"Message {number} was not sent")
    salon.desk.opens("Ada at home", state="lost")
    for number in (1, 2, 3):
        salon.desk.reads_that(f"Message {number} was not sent")
    assert subjects(mail.to(address)) == ["Third"]


def test_who_tries_to_pay_twice_is_reminded_once(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """TRY AGAIN deletes the first booking, which is no way of calling it off."""
    address = f"thora@{VISITORS}"
    salon.owner.has_messages_sent_after(f"2s, {LATER}")
    with asleep(salon):
        thora = Visitor(devices.page())
        thora.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
        thora.chooses_a_time()
        thora.types(first_name="Thora", last_name="Ğökçe", email=address)
        thora.goes_to_pay(CUT)
        thora.gives_up_paying()
        thora.tries_again_online()
        thora.leaves()

    letter = mail.wait_for(address)
    assert STILL_FREE in letter.get_content()
    salon.desk.opens("Thora Ğökçe", state="contacted")
    salon.desk.reads_that("Left without paying")
    thora.follows_the_link_in(letter)
    thora.chooses_a_time()
    thora.types(first_name="Thora", last_name="Ğökçe", email=address)
    number = thora.books(CUT)

    assert conversion_with(number, salon.wordpress)["attributed_by"] == "click"
    salon.desk.sees("Thora Ğökçe", state="recovered")
    assert subjects(mail.to(address)) == ["Pay"]


def test_a_booking_given_up_for_want_of_a_payment_is_one_to_be_made_anew(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"ugo@{VISITORS}"
    salon.owner.has_messages_sent_after(f"2s, {LATER}")
    with asleep(salon):
        ugo = Visitor(devices.page())
        ugo.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
        ugo.chooses_a_time()
        ugo.types(first_name="Ugo", last_name="Šimić", email=address)
        number = ugo.goes_to_pay(CUT)
        ugo.leaves()

        salon.wordpress.php_in_a_request(
            "booknetic_stand_in_fail_payments_as( 'canceled', 10 );"
            f"booknetic_stand_in_make_older( {number}, 11 );"
            "booknetic_stand_in_admin_open_appointments();"
            "booknetic_stand_in_fail_payments_as( '' );"
        )
        assert appointment(number, salon.wordpress)["status"] == "canceled"

    letter = mail.wait_for(address)
    assert letter["subject"] == "First"
    assert STILL_FREE in letter.get_content()
    salon.desk.sees("Ugo Šimić", state="contacted")


def subjects(letters: list[EmailMessage]) -> list[str]:
    return [letter["subject"] for letter in letters]


@contextlib.contextmanager
def asleep(salon: Salon) -> Iterator[None]:
    salon.sidecar.stop()
    try:
        yield
    finally:
        salon.sidecar.start()
    # The site would try again by itself, after a while.
    salon.owner.connects_the_site("")


def staff_give_away(time: datetime, wordpress: WordPress) -> None:
    """Have somebody else get Zoë's time, for something else."""
    wordpress.php_in_a_request(
        "$customer = booknetic_stand_in_admin_add_customer( 'Some', 'Body', 'some@body.example' );"
        "booknetic_stand_in_admin_create( array( array( 'customer_id' => $customer, 'service' => 3,"
        f" 'staff' => 1, 'date' => '{time:%Y-%m-%d}', 'time' => '{time:%H:%M}' ) ) );"
    )


def an_hour_passes(wordpress: WordPress) -> None:
    """Have what the sidecar has not heard of happened an hour before it did."""
    wordpress.php(
        "global $wpdb;"
        '$wpdb->query( "UPDATE {$wpdb->prefix}booking_recovery_outbox'
        ' SET occurred_at = occurred_at - 3600000 WHERE delivered_at IS NULL" );'
    )
