"""A test visit: the owner presses a button and sees the whole way from the form to the message."""

import contextlib
import json
import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.ground import apache
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import Hosting, WordPress, change_booknetic, watched
from tests.stories.people import Owner

OWNERS_ADDRESS = "owner@example.com"
STAGES = [
    "The site reaches its own form",
    "Booknetic answers its steps",
    "The bridge noticed the visit",
    "The sidecar took the events",
    "The sidecar called back",
    "The workflow ran",
]


@pytest.fixture(scope="module")
def wordpress(mail: Mailbox) -> Iterator[WordPress]:
    """Serve a site whose Booknetic is changed here, and whose bridge is paired for good."""
    with watched(smtp_port=mail.port) as site:
        yield site


@contextlib.contextmanager
def paired(wordpress: WordPress, browser: Browser) -> Iterator[Sidecar]:
    """Pair a site with a real sidecar, and have Booknetic write to whoever left."""
    with private_directory() as folder:
        sidecar = Sidecar(folder, site_url=wordpress.url)
        sidecar.start()
        devices = Devices(browser)
        try:
            owner = Owner(devices.page(), wordpress)
            owner.logs_in()
            owner.adds_a_workflow(
                subject="{booking_recovery_first_name}, your {booking_recovery_service}",
                body="{booking_recovery_link}",
            )
            owner.connects_the_site(sidecar.connection_code())
            yield sidecar
        finally:
            devices.close()
            sidecar.stop()


@pytest.fixture(scope="module")
def sidecar(wordpress: WordPress, browser: Browser) -> Iterator[Sidecar]:
    with paired(wordpress, browser) as sidecar:
        yield sidecar


@pytest.fixture
def settings(wordpress: WordPress, devices: Devices, sidecar: Sidecar) -> Page:  # noqa: ARG001 -- the site is paired
    """Open the settings on a device whose owner is logged in."""
    return opened(wordpress, devices.page())


def opened(wordpress: WordPress, page: Page) -> Page:
    Owner(page, wordpress).logs_in()
    page.goto(f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings")
    return page


def presses_the_button(page: Page) -> None:
    page.get_by_role("button", name="Make a test visit").click()


def stages(page: Page) -> list[tuple[str, str, str]]:
    """Read what the table says: name, state, seconds."""
    rows = page.locator("#booking-recovery-visit tbody tr").all()
    return [
        (
            row.locator("th strong").inner_text(),
            row.locator("td").nth(0).inner_text(),
            row.locator("td").nth(1).inner_text(),
        )
        for row in rows
    ]


def broken(page: Page) -> list[str]:
    return page.locator("#booking-recovery-visit .notice-error li").all_inner_texts()


def test_an_owner_watches_the_robot_go_the_whole_way(
    settings: Page, sidecar: Sidecar, mail: Mailbox
) -> None:
    letters = len(mail.to(OWNERS_ADDRESS))

    presses_the_button(settings)

    said = settings.get_by_role("status").filter(has_text="The whole way works")
    expect(said).to_be_visible(timeout=60_000)
    seen = stages(settings)
    assert [name for name, _, _ in seen] == STAGES
    assert {state for _, state, _ in seen} == {"Passed"}
    times = [float(seconds.removesuffix(" s")) for _, _, seconds in seen]
    assert times == sorted(times)
    assert "o…@example.com" in settings.locator("#booking-recovery-visit").inner_text()
    assert not broken(settings)
    address = settings.locator("#booking-recovery-visit").get_attribute("data-address") or ""
    assert settings.request.get(address).ok
    assert settings.request.get(re.sub("_wpnonce=[^&]*", "_wpnonce=0", address)).status == 403
    assert requests.get(address, timeout=30).status_code == 400, "strangers have no such request"
    letter = mail.wait_for(OWNERS_ADDRESS, number=letters + 1)
    assert letter["Subject"].startswith("Test, your ")
    listed = json.loads(sidecar.command("sessions", SITE, "--json"))
    assert listed["sessions"] == [], "it is counted nowhere"


def test_where_the_sidecar_reads_events_the_owner_does_not_wait_for_that(
    mail: Mailbox, browser: Browser, devices: Devices
) -> None:
    hosting = Hosting(server=apache.serving, below="/salon")
    with (
        watched(smtp_port=mail.port, hosting=hosting) as site,
        paired(site, browser),
    ):
        page = opened(site, devices.page())
        presses_the_button(page)

        expect(page.get_by_text("The whole way works")).to_be_visible(timeout=60_000)
        assert not broken(page)
        assert "within a quarter of an hour" in page.inner_text("#booking-recovery-visit")


@pytest.mark.usefixtures("sidecar")
def test_without_javascript_a_link_shows_how_it_goes_on(
    wordpress: WordPress, browser: Browser
) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = opened(wordpress, context.new_page())
    presses_the_button(page)

    def is_over() -> bool:
        link = page.get_by_role("link", name="Look how far it has come")
        if link.count():
            link.click()
        return bool(page.get_by_text("The whole way works").count())

    wait_until(is_over, what="the robot to have gone the whole way")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


@pytest.mark.parametrize("version", ["4.8.6", "5.1.2", "5.2.2"])
def test_all_that_is_counted_on_holds(wordpress: WordPress, settings: Page, version: str) -> None:
    change_booknetic(wordpress, version)
    presses_the_button(settings)

    expect(settings.locator("[data-state=holds]")).to_be_visible(timeout=60_000)
    assert not broken(settings)
    expect(settings.locator("[data-state=unseen]")).to_have_count(0)


def test_what_does_not_hold_is_named_with_what_will_not_work(
    wordpress: WordPress, settings: Page
) -> None:
    """Change Booknetic's files as another version might, then put them back."""
    booknetic = wordpress.path / "wp-content/plugins/booknetic"
    kept: dict[str, str] = {}
    for path in sorted(booknetic.rglob("*.php")):
        text = path.read_text()
        other = (
            text.replace("'bkntc_appointment_after_mutation'", "'bkntc_appointment_mutated'")
            .replace("'bkntc_after_information_inputs'", "'bkntc_after_inputs'")
            .replace(
                "'bkntc_after_frontend_request_' . $method", "'bkntc_after_request_' . $method"
            )
        )
        if other != text:
            kept[str(path)] = text
            path.write_text(other)
    try:
        presses_the_button(settings)
        expect(settings.get_by_role("status")).to_contain_text("The bridge noticed the visit")
        said = " ".join(broken(settings))
    finally:
        for name, text in kept.items():
            booknetic.joinpath(name).write_text(text)

    assert re.search("bkntc_appointment_after_mutation .*Cancellations", said)
    assert re.search("bkntc_after_information_inputs .*neither told", said)
    assert re.search("bkntc_after_frontend_request_get_data .*not noticed", said)
    assert [state for _, state, _ in stages(settings)] == ["Passed"] * 2 + ["Failed"] + [
        "Not tried"
    ] * 3
