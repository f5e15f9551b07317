"""The salon of the stories: a real site, its bridge paired with a real sidecar."""

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import Sidecar
from tests.ground.wordpress import WordPress, watched
from tests.stories.people import Desk, Owner

SUBJECT = "{booking_recovery_first_name}, your {booking_recovery_service} is waiting"
BODY = """\
<p>Hello {booking_recovery_full_name}, {booking_recovery_staff} still has time on \
{booking_recovery_date} at {booking_recovery_time}.</p>\
<p><a href="{booking_recovery_link}">Finish my booking</a></p>"""

# Every visitor has an address here, so that a leak into a log can be found.
VISITORS = "visitors.example"


@dataclass(frozen=True, slots=True)
class Salon:
    wordpress: WordPress
    sidecar: Sidecar
    desk: Desk


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the sidecar said when a story fails."""
    report = yield
    salon = getattr(item, "funcargs", {}).get("salon")
    if call.when == "call" and report.failed and salon is not None:
        report.sections.append(("What the sidecar said", salon.sidecar.log()))
    return report


@pytest.fixture(scope="module")
def salon(mail: Mailbox, browser: Browser) -> Iterator[Salon]:
    """Pair through the settings page in wp-admin, add the workflow, log the desk in."""
    with contextlib.ExitStack() as parts:
        wordpress = parts.enter_context(watched(smtp_port=mail.port))
        devices = parts.enter_context(contextlib.closing(Devices(browser)))
        sidecar = Sidecar(
            parts.enter_context(private_directory()),
            site_url=wordpress.url,
            abandon_after="3s",
            messages=["2s"],
            min_gap="0s",
        )
        parts.callback(sidecar.stop)
        sidecar.start()
        try:
            owner = Owner(devices.page(), wordpress)
            owner.logs_in()
            owner.connects_the_site(sidecar.connection_code())
            owner.adds_a_workflow(subject=SUBJECT, body=BODY)
            desk = Desk(devices.page(), sidecar)
            desk.logs_in()
        except Exception as error:
            error.add_note("\n".join(map(str, [sidecar.log(), *devices.pictures()])))
            raise
        yield Salon(wordpress, sidecar, desk)
        assert VISITORS not in sidecar.log()
        assert VISITORS not in wordpress.access_log.read_text()
        assert VISITORS not in wordpress.log()
