"""Who does not want such messages, and says so by the link in one, or to the salon."""

from collections.abc import Iterator
from pathlib import Path

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


def test_whom_the_owner_was_told_of_gets_none_either(
    salon: Salon, mail: Mailbox, devices: Devices, tmp_path: Path
) -> None:
    salon.owner.leaves_alone(f"Ivy@{VISITORS}")
    file = tmp_path / "from the old system.csv"
    file.write_text(f"E-Mail;Name\njay@{VISITORS};Jay\nkim@{VISITORS};Kim\n")
    salon.owner.leaves_alone_all_in(file, new=2)

    for name in ("Ivy", "Jay", "Lou"):
        leaves(Visitor(devices.page()), salon, name)
    # Lou is last, so a message to the others would be here before hers.
    mail.wait_for(f"lou@{VISITORS}")

    for name in ("Ivy", "Jay"):
        salon.desk.opens(f"{name} Ben-Ami", state="lost", said="has opted out")
        assert not mail.to(f"{name.lower()}@{VISITORS}")
        assert wish(f"{name.lower()}@{VISITORS}", salon) == "opt_out"
    assert wish(f"lou@{VISITORS}", salon) == ""


def wish(email: str, salon: Salon) -> str:
    """Read what keeps the bridge from writing to somebody, whatever the sidecar says."""
    return salon.wordpress.php(
        f"echo ( new Booking_Recovery\\Suppressions() )->find( array( hash( 'sha256', '{email}' ) ) );"
    )


def leaves(visitor: Visitor, salon: Salon, first_name: str) -> None:
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(
        first_name=first_name, last_name="Ben-Ami", email=f"{first_name.lower()}@{VISITORS}"
    )
    visitor.leaves()
