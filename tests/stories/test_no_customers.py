"""Who is at the form and no customer: programs, and people who work there."""

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.stories.conftest import VISITORS, Salon
from tests.stories.people import Owner, Visitor

COLOUR = "Färben & Schneiden"


def test_who_fills_in_what_nobody_sees_gets_nothing_until_staff_know_better(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"rob@{VISITORS}"
    rob = Visitor(devices.page())
    rob.opens(salon.wordpress.book_url)
    rob.chooses(COLOUR, staff="Zoë")
    rob.fills_in_what_nobody_sees()
    rob.types(first_name="Rob", last_name="Ot", email=address)
    rob.leaves()

    salon.desk.opens("Rob Ot", state="lost")
    salon.desk.reads_that("it filled in a field that people do not see. It gets no message.")
    salon.desk.reads_that("Message 1 was not sent: the visit looked like a robot's")
    assert mail.to(address) == []

    salon.desk.takes_for_a_person()
    salon.desk.reads_that("desk took this visitor for a person")
    mail.wait_for(address)
    salon.desk.reads_that("Got one message")


def test_who_fills_it_in_books_like_anybody(salon: Salon, devices: Devices) -> None:
    rob = Visitor(devices.page())
    rob.opens(salon.wordpress.book_url)
    rob.chooses(COLOUR, staff="Zoë")
    rob.types(first_name="Roberta", last_name="Ot", email=f"roberta@{VISITORS}")
    rob.fills_in_what_nobody_sees()

    rob.books(COLOUR)

    salon.desk.sees("Roberta Ot", state="booked")


def test_who_works_there_tries_the_form_unnoticed(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    page = devices.page()
    Owner(page, salon.wordpress).logs_in()
    owner = Visitor(page)
    owner.opens(salon.wordpress.book_url)
    owner.chooses(COLOUR, staff="Zoë")
    owner.types(first_name="Odile", last_name="Own", email=f"odile@{VISITORS}")
    owner.leaves()

    later = Visitor(devices.page())
    later.opens(salon.wordpress.book_url)
    later.chooses(COLOUR, staff="Zoë")
    later.types(first_name="Otis", last_name="Other", email=f"otis@{VISITORS}")
    later.leaves()
    mail.wait_for(f"otis@{VISITORS}")
    salon.desk.finds_nobody_called("Odile Own")
    assert mail.to(f"odile@{VISITORS}") == []
