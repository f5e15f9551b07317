"""One person at two devices is one person: one message, and then peace for a while."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import BOOKNETIC, WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor

COLOUR = "Färben & Schneiden"
PHONE = "+49 170 5550123"

# Who is the same person is told by the sidecar alone, whatever the version of Booknetic.
pytestmark = pytest.mark.parametrize("wordpress", [BOOKNETIC], indirect=True)


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Have both leave before a message is due, and whoever had one left in peace after that."""
    with opened(
        wordpress, browser, messages=["15s"], attribution_window="6s", contact_cooldown="7d"
    ) as salon:
        yield salon


def test_who_left_at_two_devices_gets_one_message_and_none_soon_after(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    work, home = f"pilar.work@{VISITORS}", f"pilar@{VISITORS}"
    at_work, at_home = Visitor(devices.page()), Visitor(devices.page())
    for visitor in (at_work, at_home):
        visitor.opens(salon.wordpress.book_url)
        visitor.chooses(COLOUR, staff="Zoë")
    at_work.types(first_name="Pilar", last_name="Atwork", email=work, phone=PHONE)
    at_home.types(first_name="Pilar", last_name="Athome", email=home, phone=PHONE)
    at_work.leaves()
    at_home.leaves()

    mail.wait_for(home)
    salon.desk.opens("Pilar Atwork", state="lost")
    salon.desk.reads_that(
        "Message 1 was not sent: a later message was due as well, this person has begun anew"
    )
    salon.desk.opens("Pilar Athome", state="lost")

    again = Visitor(devices.page())
    again.opens(salon.wordpress.book_url)
    again.chooses(COLOUR, staff="Zoë")
    again.types(first_name="Pilar", last_name="Again", email=work)
    again.leaves()
    salon.desk.opens("Pilar Again", state="lost")
    salon.desk.reads_that("Message 1 was not sent: this person had a message not long ago")
    assert mail.to(work) == []
    assert len(mail.to(home)) == 1
