"""The salon of the stories: a real site, its bridge paired with a real sidecar."""

import contextlib
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from tests.booknetic import VERSIONS
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.wordpress import WordPress, start_over, watched
from tests.stories.people import Desk, Owner

SUBJECT = "{booking_recovery_first_name}, your {booking_recovery_service} is waiting"
BODY = """\
<p>Hello {booking_recovery_full_name}, {booking_recovery_staff} still has time on \
{booking_recovery_date} at {booking_recovery_time}.</p>\
<p><a href="{booking_recovery_link}">Finish my booking</a></p>\
<p><a href="{booking_recovery_opt_out_link}">No more of these</a></p>"""

WITHIN_SECONDS: dict[str, str | list[str]] = {
    "abandon_after": "3s",
    "unpaid_after": "3s",
    "messages": ["2s"],
    "min_gap": "0s",
    "contact_cooldown": "0s",
}

# Every visitor has an address here, so that a leak into a log can be found.
VISITORS = "visitors.example"


@dataclass(frozen=True, slots=True)
class Salon:
    wordpress: WordPress
    sidecar: Sidecar
    owner: Owner
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


@pytest.fixture(scope="session", params=VERSIONS)
def wordpress(request: pytest.FixtureRequest, mail: Mailbox) -> Iterator[WordPress]:
    """Serve a site for the stories alone: other tests forget what is in theirs."""
    # Letters of another version's site lead nowhere any more.
    mail.letters.clear()
    with watched(smtp_port=mail.port, booknetic=request.param) as site:
        yield site


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    with opened(wordpress, browser) as salon:
        yield salon


@contextlib.contextmanager
def opened(
    wordpress: WordPress,
    browser: Browser,
    *,
    env: Mapping[str, str] | None = None,
    **recovery: str | list[str],
) -> Iterator[Salon]:
    """Have the bridge begin anew, and pair it through wp-admin with a new sidecar.

    `recovery` holds keys of the sidecar's table of that name; they win over WITHIN_SECONDS. `env`
    is what the sidecar's processes begin with besides.
    """
    start_over(wordpress)
    with contextlib.ExitStack() as parts:
        devices = parts.enter_context(contextlib.closing(Devices(browser)))
        sidecar = Sidecar(
            parts.enter_context(private_directory()),
            site_url=wordpress.url,
            password="",
            env=env,
            **{**WITHIN_SECONDS, **recovery},
        )
        parts.callback(sidecar.stop)
        sidecar.start()
        try:
            owner = Owner(devices.page(), wordpress)
            owner.logs_in()
            owner.adds_a_workflow(subject=SUBJECT, body=BODY)
            owner.connects_the_site(sidecar.connection_code())
            desk = Desk(devices.page(), sidecar)
            desk.logs_in()
        except Exception as error:
            error.add_note("\n".join(map(str, [sidecar.log(), *devices.pictures()])))
            raise
        yield Salon(wordpress, sidecar, owner, desk)
        assert json.loads(sidecar.command("recount", "--json")) == {SITE: []}
        assert VISITORS not in sidecar.log()
        assert VISITORS not in wordpress.access_log.read_text()
        assert VISITORS not in wordpress.log()
