"""What becomes of a booking that was won back: staff cancel it, or move it."""

from datetime import datetime, timedelta

from playwright.sync_api import Page

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.stories.conftest import VISITORS, Salon
from tests.stories.people import SALONS_ZONE, Visitor
from tests.stories.records import appointment, conversion_beside, conversion_with

CUT = "Classic cut"


def test_a_booking_that_staff_cancel_is_no_longer_won_back_until_they_approve_it(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    number = won_back(salon, mail, devices.page(), "Amélie", "Briand")
    first = conversion_with(number, salon.wordpress)
    assert first["status"] == "active"
    assert conversion_beside(number, salon.wordpress)["status"] == "active"
    salon.desk.opens("Amélie Briand", state="recovered")
    salon.desk.reads_that("Won back: booked after a message.")

    salon.wordpress.php_in_a_request(
        f"booknetic_stand_in_admin_set_status( {number}, 'canceled' );"
    )

    taken_back = conversion_with(
        number, salon.wordpress, until=lambda one: one["status"] == "reversed"
    )
    assert taken_back["conversion_id"] == first["conversion_id"]
    assert taken_back["revision"] > first["revision"]
    assert conversion_beside(number, salon.wordpress)["status"] == "reversed"
    salon.desk.reads_that("Won back by a message, but the booking was canceled afterwards.")
    salon.desk.reads("Noted in WordPress", "yes")

    salon.wordpress.php_in_a_request(
        f"booknetic_stand_in_admin_set_status( {number}, 'approved' );"
    )

    revived = conversion_with(number, salon.wordpress, until=lambda one: one["status"] == "active")
    assert revived["revision"] > taken_back["revision"]
    assert conversion_beside(number, salon.wordpress)["status"] == "active"
    salon.desk.reads_that("Won back: booked after a message.")


def test_a_booking_that_staff_move_is_counted_on_its_new_date(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    number = won_back(salon, mail, devices.page(), "Żaneta", "Kowalczyk")
    first = conversion_with(number, salon.wordpress)
    before = datetime.fromisoformat(first["appointment_starts_at"])
    assert before.timestamp() == int(appointment(number, salon.wordpress)["starts_at"])
    salon.desk.opens("Żaneta Kowalczyk", state="recovered")
    assert salon.desk.reads_the_time("Appointment") == before

    later = before.astimezone(SALONS_ZONE) + timedelta(days=8, minutes=30)
    salon.wordpress.php_in_a_request(
        f"booknetic_stand_in_admin_reschedule( {number}, '{later:%Y-%m-%d}', '{later:%H:%M}' );"
    )

    moved = conversion_with(
        number, salon.wordpress, until=lambda one: one["revision"] > first["revision"]
    )
    assert datetime.fromisoformat(moved["appointment_starts_at"]) == later
    assert moved["status"] == "active"
    assert conversion_beside(number, salon.wordpress) == moved
    salon.desk.reads("Appointment", f"{later:%Y-%m-%d %H:%M}")
    salon.desk.reads("Noted in WordPress", "yes")


def won_back(salon: Salon, mail: Mailbox, page: Page, first_name: str, last_name: str) -> int:
    """Have somebody leave, be written to, and book by the link; return the appointment."""
    address = f"{last_name.lower()}@{VISITORS}"
    visitor = Visitor(page)
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(CUT, staff="Zoë")
    visitor.types(first_name=first_name, last_name=last_name, email=address)
    visitor.follows_the_link_in(mail.wait_for(address))
    visitor.chooses_a_time()
    visitor.types(first_name=first_name, last_name=last_name, email=address)
    return visitor.books(CUT)
