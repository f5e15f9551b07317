"""Redis has lost everything: the sidecar reads it from WordPress again, and writes to nobody twice."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import BOOKNETIC, WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor

# Whatever Booknetic's version, the same is read again.
pytestmark = pytest.mark.parametrize("wordpress", [BOOKNETIC], indirect=True)


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    with opened(wordpress, browser) as salon:
        yield salon


def test_nobody_is_lost_and_nobody_is_written_to_again(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    leaves(Visitor(devices.page()), salon, "Arja")
    said_no = Visitor(devices.page())
    leaves(said_no, salon, "Bela")
    mail.wait_for(f"arja@{VISITORS}")
    said_no.asks_to_be_left_alone(mail.wait_for(f"bela@{VISITORS}"), means_it=True)
    salon.desk.opens("Bela Lost", state="contacted")
    salon.desk.reads_that("Does not want such messages (by link)")

    salon.sidecar.stop()
    leaves(Visitor(devices.page()), salon, "Enzo")
    shutil.rmtree(salon.sidecar.folder / "var/redis")
    salon.sidecar.start()

    mail.wait_for(f"enzo@{VISITORS}")
    leaves(Visitor(devices.page()), salon, "Bela")
    leaves(Visitor(devices.page()), salon, "Dino")
    # Dino is last, so that a message to the others would be here before his.
    mail.wait_for(f"dino@{VISITORS}")
    salon.desk.opens("Bela Lost", state="lost", said="has opted out")
    salon.desk.sees("Arja Lost", state="contacted")
    letters = {name: len(mail.to(f"{name}@{VISITORS}")) for name in ("arja", "bela", "enzo")}
    assert letters == {"arja": 1, "bela": 1, "enzo": 1}


def leaves(visitor: Visitor, salon: Salon, first_name: str) -> None:
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(
        first_name=first_name, last_name="Lost", email=f"{first_name}@{VISITORS}".lower()
    )
    visitor.leaves()
