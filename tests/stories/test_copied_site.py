"""A copy of the salon's site, made to try something out, with the bridge and its secrets in it."""

from collections.abc import Iterator

import pytest

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.wordpress import WordPress, copied
from tests.stories.conftest import VISITORS, Salon
from tests.stories.people import Owner, Visitor
from tests.stories.records import undelivered


@pytest.fixture(scope="module")
def copy(salon: Salon) -> Iterator[WordPress]:
    with private_directory() as folder, copied(salon.wordpress, folder) as copy:
        yield copy


def test_a_copy_pauses_itself_and_says_so_while_the_original_goes_on(
    salon: Salon, copy: WordPress, mail: Mailbox, devices: Devices
) -> None:
    owner = Owner(devices.page(), copy)
    owner.logs_in()
    owner.reads_that("Booking Recovery is paused: the address of this site is not the one")
    somebody_leaves(copy, devices, "Tess")
    somebody_leaves(salon.wordpress, devices, "Carl")

    mail.wait_for(f"carl@{VISITORS}")

    salon.desk.sees("Carl Ash", state="contacted")
    salon.desk.finds_nobody_called("Tess Ash")
    assert mail.to(f"tess@{VISITORS}") == []


def test_the_sidecar_refuses_a_copy_that_says_it_is_the_site(
    salon: Salon, copy: WordPress, mail: Mailbox, devices: Devices
) -> None:
    owner = Owner(devices.page(), copy)
    owner.logs_in()
    owner.says_that_the_site_has_moved()
    owner.reads_that("The sidecar can be reached: Passed")
    owner.reads_that("It knows the site under another address, so nothing is sent from here.")
    somebody_leaves(copy, devices, "Tilda")
    somebody_leaves(salon.wordpress, devices, "Cleo")

    mail.wait_for(f"cleo@{VISITORS}")

    salon.desk.sees("Cleo Ash", state="contacted")
    salon.desk.finds_nobody_called("Tilda Ash")
    assert mail.to(f"tilda@{VISITORS}") == []
    assert {"site.checked_in", "session.contact_given"} <= set(undelivered(copy))


def somebody_leaves(site: WordPress, devices: Devices, first_name: str) -> None:
    """Go as far as the contact form, and no further."""
    visitor = Visitor(devices.page())
    visitor.opens(f"{site.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(first_name=first_name, last_name="Ash", email=f"{first_name.lower()}@{VISITORS}")
    visitor.leaves()
