"""The field for robots, in the form in Chromium: no person comes to it, and no page is wider for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.booknetic.visiting import panel_on
from tests.bridge.wire import Sidecar
from tests.ground.chromium import Devices
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

TRAP = "input[name=subject]"
FOCUSED = "document.activeElement.name || document.activeElement.tagName"


@pytest.fixture
def form(shop: WordPress, shops_sidecar: Sidecar, devices: Devices) -> Iterator[Page]:
    """The contact fields of a form, on a telephone."""
    page = devices.page(width=320, height=640)
    page.goto(f"{shop.book_url}?service=1&staff=1")
    panel_on(page).choose_time()
    expect(page.get_by_label("E-mail")).to_be_visible()
    yield page
    shops_sidecar.events.clear()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_no_key_leads_there(form: Page, key: str) -> None:
    assert form.locator(TRAP).count() == 1
    form.get_by_label("E-mail" if key == "Tab" else "Phone").focus()
    seen = []
    for _ in range(40):
        form.keyboard.press(key)
        seen.append(form.evaluate(FOCUSED))

    assert {"first_name", "last_name"} <= set(seen), "The keys do move on."
    assert "subject" not in seen


def test_no_screen_reader_finds_it(form: Page) -> None:
    """Playwright asks by roles as Chromium tells them to assistive software."""
    names = [
        box.get_attribute("name")
        for box in form.locator("form, body").get_by_role("textbox").all()
    ]

    assert set(names) == {"email", "first_name", "last_name", "phone"}


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nobody_sees_it(form: Page, direction: str) -> None:
    form.evaluate(f"document.documentElement.dir = '{direction}'")

    place = form.locator(TRAP).evaluate(
        "field => { const box = field.parentElement.getBoundingClientRect();"
        " return { width: box.width, height: box.height, found: document.elementsFromPoint("
        " box.x, box.y ).includes( field ), display: getComputedStyle( field ).display }; }"
    )
    assert place["width"] <= 1
    assert place["height"] <= 1
    assert not place["found"]
    assert place["display"] != "none"
    assert form.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_only_what_fills_it_in_is_told_of(form: Page, shops_sidecar: Sidecar) -> None:
    posted = []
    form.on("request", lambda request: posted.append(request.post_data or ""))
    form.get_by_label("First name").fill("Rob")
    form.get_by_label("E-mail").fill("rob@visitors.example")
    wait_until(lambda: "session.contact_given" in told(shops_sidecar), what="Rob")
    assert not any("booking_recovery_subject" in body for body in posted)

    form.locator(TRAP).evaluate("field => { field.value = 'Cheap pills'; }")
    form.get_by_label("E-mail").fill("rob.ot@visitors.example")
    wait_until(lambda: told(shops_sidecar).count("session.started") == 2, what="a sign")

    assert shops_sidecar.events[-1]["type"] == "session.contact_given"
    signs = [
        event["data"]["signals"]
        for event in shops_sidecar.events
        if event["type"] == "session.started"
    ]
    assert signs == [[], ["honeypot"]]
    assert not any("pills" in body for body in posted)


def told(sidecar: Sidecar) -> list[str]:
    return [event["type"] for event in sidecar.events]
