"""What holds for every page, whatever it shows."""

import pytest
from playwright.sync_api import expect

from tests.listening import Listener
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.story import PAGES, tell
from tests.pages.visits import ANNA, Salon


@pytest.fixture(autouse=True)
def _visited(salon: Salon) -> None:
    salon.visited("anna", ANNA)


def test_everybody_can_use_every_page_of_a_busy_salon(
    staff: Staff, salon: Salon, wordpress: Listener
) -> None:
    tell(salon, wordpress)
    page = staff.page("boss")

    for address in PAGES.values():
        page.goto(staff.url + address)
        assert_accessible(page)
    staff.complaints.remove(  # the browser complains of the page that is not there
        "Failed to load resource: the server responded with a status of 404 (NOT FOUND)"
    )


def test_everybody_can_log_in(staff: Staff) -> None:
    page = staff.page()
    page.get_by_role("button", name="Log out").click()

    assert_accessible(page)


def test_the_keyboard_alone_leads_past_the_tabs_and_through_them(staff: Staff) -> None:
    page = staff.opens("/sites/salon/sessions")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(
        page.get_by_role("navigation", name="Where you are").get_by_role("link").first
    ).to_be_focused()

    page.reload()
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Sessions", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Messages that failed")).to_be_visible()


def test_times_are_told_in_the_viewers_zone_with_the_sites_beside(
    staff: Staff, salon: Salon
) -> None:
    salon.checks_in(timezone="Asia/Tokyo")
    page = staff.opens("/sites/salon/sessions")
    time = page.get_by_role("row").nth(1).locator("time")

    there, here = time.get_attribute("title") or "", time.inner_text()

    assert there.endswith(", Asia/Tokyo")
    assert here[:10] <= there[:10]
    assert (int(there[11:13]) - int(here[11:13])) % 24 in (7, 8)  # Berlin's summer and winter
    expect(page.get_by_text("Europe/Berlin, where you are")).to_be_visible()


def test_a_part_that_updates_itself_leads_to_the_log_in_when_that_has_ended(
    staff: Staff,
) -> None:
    page = staff.page()
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/', 'main')")

    page.wait_for_url("**/log-in?next=%2F")
