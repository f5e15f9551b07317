"""Who does not want such messages, and says so by the link in one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Give visits up soon after their message, so that the next begins anew."""
    with opened(wordpress, browser, attribution_window="1s") as salon:
        yield salon


def test_who_opts_out_gets_no_more_and_who_only_looks_does(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    ruth, sara = Visitor(devices.page()), Visitor(devices.page())
    leaves(ruth, salon, "Ruth")
    leaves(sara, salon, "Sara")
    ruth.asks_to_be_left_alone(mail.wait_for(f"ruth@{VISITORS}"), means_it=True)
    # So do the mail programs that look into links for viruses.
    sara.asks_to_be_left_alone(mail.wait_for(f"sara@{VISITORS}"), means_it=False)
    salon.desk.opens("Ruth Ben-Ami", state="lost")
    salon.desk.reads_that("Does not want such messages (by link)")
    salon.desk.opens("Sara Ben-Ami", state="lost")

    # She is last, so a message to Ruth would be here before hers.
    leaves(Visitor(devices.page()), salon, "Ruth")
    leaves(Visitor(devices.page()), salon, "Sara")
    mail.wait_for(f"sara@{VISITORS}", number=2)

    salon.desk.opens("Ruth Ben-Ami", state="lost", said="has opted out")
    salon.desk.reads_that("Got no message: not sent: this person has opted out of such messages.")
    assert len(mail.to(f"ruth@{VISITORS}")) == 1


def leaves(visitor: Visitor, salon: Salon, first_name: str) -> None:
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(
        first_name=first_name, last_name="Ben-Ami", email=f"{first_name.lower()}@{VISITORS}"
    )
    visitor.leaves()
