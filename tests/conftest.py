"""Fixtures for the real parts; each starts only when a test asks for it."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped] # ships no types

from tests.booknetic import VERSIONS
from tests.gates import gate, pytest_addoption, pytest_terminal_summary
from tests.ground import chromium
from tests.ground import mail as mail_server
from tests.ground import redis as redis_server
from tests.ground import wordpress as wordpress_site
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.wordpress import WordPress

__all__ = ["gate", "pytest_addoption", "pytest_terminal_summary"]

FOLDERS = (
    "tests/booknetic/",
    "tests/bridge/",
    "tests/cli/",
    "tests/demo/",
    "tests/faults/wordpress/",
    "tests/faults/",
    "tests/pages/",
    "tests/release/",
)
"""Each has a process to itself where there are several: their tests take long."""


class OneSiteAtATime(LoadScopeScheduling):  # type: ignore[misc] # so it is Any
    """With several processes, gives each version's stories to one, and each of FOLDERS.

    Within such a group, tests share the real parts; the groups share nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, parameters = nodeid.partition("[")
        versions = VERSIONS if "tests/stories/" in path else ()
        alone = [folder for folder in FOLDERS if folder in path]
        groups = [one for one in versions if one in parameters] + alone
        return groups[0] if groups else "all others"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSiteAtATime:
    return OneSiteAtATime(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Photograph the pages of a test that failed, while they are still open."""
    report = yield
    devices = getattr(item, "funcargs", {}).get("devices")
    if call.when == "call" and report.failed and devices is not None:
        report.sections.append(("How the pages looked", "\n".join(map(str, devices.pictures()))))
    return report


@pytest.fixture(scope="session")
def mail() -> Iterator[Mailbox]:
    with mail_server.started() as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
def wordpress(mail: Mailbox) -> Iterator[WordPress]:
    with wordpress_site.watched(smtp_port=mail.port) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.started() as running:
        yield running


@pytest.fixture
def devices(browser: Browser) -> Iterator[Devices]:
    """Give pages that share nothing; fail when a script in one of them threw."""
    handed_out = Devices(browser)
    try:
        yield handed_out
    finally:
        handed_out.close()
    assert not handed_out.script_errors


@pytest.fixture
def page(devices: Devices) -> Page:
    return devices.page()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with private_directory() as folder, redis_server.started(folder) as url:
        yield url
