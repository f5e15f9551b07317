"""A night between leaving and the message: who is written to in the morning, the evening before, or not at all.

Nobody waits for a night here: PHP, the sidecar and its Redis are shown another time than it is.
The other way, a site whose zone has its night now, would not have the morning come.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.ground import clock as clocks
from tests.ground import nginx
from tests.ground.chromium import Devices
from tests.ground.clock import Clock
from tests.ground.mail import Mailbox
from tests.ground.wordpress import BOOKNETIC, Hosting, WordPress, watched
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import SALONS_ZONE, Desk, Visitor

COLOUR = "Färben & Schneiden"
TIMES: dict[str, str | list[str]] = {
    "abandon_after": "15m",
    "messages": ["30m"],
    "quiet_hours": "21:00-08:00",
}

# What matters here is the sidecar's alone, and Booknetic of whatever version.
pytestmark = pytest.mark.parametrize("wordpress", [BOOKNETIC], indirect=True)


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    with clocks.started() as clock:
        yield clock


@pytest.fixture(scope="module")
def wordpress(request: pytest.FixtureRequest, mail: Mailbox, clock: Clock) -> Iterator[WordPress]:
    """Serve a site of its own, by PHP with the clock."""
    hosting = Hosting(server=partial(nginx.serving, env=clock.environment))
    with watched(smtp_port=mail.port, booknetic=request.param, hosting=hosting) as site:
        yield site


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser, clock: Clock) -> Iterator[Salon]:
    with opened(wordpress, browser, env=clock.environment, **TIMES) as salon:
        yield salon


def test_what_is_due_in_the_night_goes_out_in_the_morning(
    salon: Salon, clock: Clock, mail: Mailbox, devices: Devices
) -> None:
    evening = next_time(clock, "20:50")
    clock.show(evening)
    liv = Visitor(devices.page())
    liv.opens(salon.wordpress.book_url)
    liv.chooses(COLOUR, staff="Zoë", days_ahead=1)
    liv.types(first_name="Liv", last_name="Øst", email=f"liv@{VISITORS}")
    liv.leaves()
    desk = at_the_desk(salon, devices)
    desk.sees("Liv Øst", state="active")

    clock.show(evening + timedelta(minutes=16))
    desk.opens("Liv Øst", state="abandoned")
    clock.show(evening + timedelta(minutes=46))
    desk.reads_that("it is within the quiet hours")
    assert mail.to(f"liv@{VISITORS}") == []

    morning = next_time(clock, "08:00")
    clock.show(morning)
    letter = mail.wait_for(f"liv@{VISITORS}")
    sent_at = parsedate_to_datetime(letter["Date"])
    assert morning <= sent_at < morning + timedelta(minutes=1)
    at_the_desk(salon, devices).sees("Liv Øst", state="contacted")
    assert len(mail.to(f"liv@{VISITORS}")) == 1


def test_where_the_morning_is_too_late_for_the_chosen_time_the_message_goes_out_before_the_night(
    salon: Salon, clock: Clock, mail: Mailbox, devices: Devices
) -> None:
    evening = next_time(clock, "20:15")
    clock.show(evening)
    starts_at = leaves_for_tomorrow(salon, devices, "Mia")
    assert starts_at.astimezone(SALONS_ZONE).time() == time(9)

    clock.show(evening + timedelta(minutes=16))
    at_the_desk(salon, devices).sees("Mia Næss", state="abandoned")
    assert mail.to(f"mia@{VISITORS}") == []
    clock.show(evening + timedelta(minutes=41))
    letter = mail.wait_for(f"mia@{VISITORS}")
    assert parsedate_to_datetime(letter["Date"]) < next_time(clock, "21:00")


def test_where_the_evening_is_over_too_nobody_is_written_to(
    salon: Salon, clock: Clock, mail: Mailbox, devices: Devices
) -> None:
    evening = next_time(clock, "20:50")
    clock.show(evening)
    leaves_for_tomorrow(salon, devices, "Una")

    clock.show(evening + timedelta(minutes=46))
    desk = at_the_desk(salon, devices)
    desk.opens("Una Næss", state="lost")
    desk.reads_that("Message 1 was not sent: the chosen time was too near")
    clock.show(next_time(clock, "08:00"))
    leaves_for_tomorrow(salon, devices, "Ute")
    clock.show(clock.now() + timedelta(minutes=46))
    mail.wait_for(f"ute@{VISITORS}")
    assert mail.to(f"una@{VISITORS}") == []


def next_time(clock: Clock, shown: str) -> datetime:
    """When the salon's clock shows that time next."""
    now = clock.now().astimezone(SALONS_ZONE)
    moments = (
        datetime.combine(now.date() + timedelta(days=days), time.fromisoformat(shown), SALONS_ZONE)
        for days in (0, 1)
    )
    return next(moment for moment in moments if moment > now)


def leaves_for_tomorrow(salon: Salon, devices: Devices, first_name: str) -> datetime:
    """Have somebody choose the first time of tomorrow, and leave; return when that is.

    The sidecar knows her name by then: a webhook that is under way when a clock leaps is refused
    as old, and comes again by the new clock only.
    """
    visitor = Visitor(devices.page())
    visitor.opens(salon.wordpress.book_url)
    starts_at = visitor.chooses(COLOUR, staff="Zoë")
    visitor.types(
        first_name=first_name, last_name="Næss", email=f"{first_name.lower()}@{VISITORS}"
    )
    visitor.leaves()
    at_the_desk(salon, devices).sees(f"{first_name} Næss", state="active")
    return starts_at


def at_the_desk(salon: Salon, devices: Devices) -> Desk:
    """Have somebody log in at the status page: over a night, everybody was logged out."""
    desk = Desk(devices.page(), salon.sidecar)
    desk.logs_in()
    return desk
