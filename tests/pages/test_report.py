"""What messages bring, as a page: numbers, a chart, a file, and a look at other settings."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from sidecar.wiring import Sidecar
from tests.listening import Listener
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.story import answer
from tests.pages.visits import Salon

ANNA = {"email": "anna@example.com", "first_name": "Anna"}
HAIRCUT = {"id": 9, "name": "=Haircut"}
APPOINTMENT = datetime.now(UTC).replace(hour=12) + timedelta(days=3)


@pytest.fixture
def _won_back(salon: Salon, wordpress: Listener) -> None:
    wordpress.answer = answer
    salon.visited("anna", ANNA, ago=timedelta(hours=3), service=HAIRCUT)
    salon.visited("nobody", ago=timedelta(hours=3), steps=("service",), service=HAIRCUT)
    salon.time_passes()
    salon.booked("anna", "4711", starts_at=APPOINTMENT)
    salon.time_passes()


def figure(page: Page, title: str) -> str:
    return page.locator(".figures > div", has_text=title).locator("dd").first.inner_text()


def cells(page: Page, heading: str, row: str) -> list[str]:
    section = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
    head = page.get_by_role("rowheader", name=row, exact=True)
    found = section.get_by_role("row").filter(has=head).get_by_role("cell").all_inner_texts()
    return [text for text in found if text]


@pytest.mark.usefixtures("_won_back")
def test_it_tells_what_was_won_back_and_how(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report")

    assert figure(page, "Won back") == "1"
    assert figure(page, "Of those who had a message") == "100.0 %"
    assert cells(page, "By service", "=Haircut") == ["1", "1", "45.00 EUR"]
    assert cells(page, "By message", "1") == ["1", "1", "45.00 EUR"]
    assert cells(page, "Of the visits that began in this range", "visits began") == ["2", "100 %"]
    assert cells(page, "Where they left who have not booked", "service") == ["1", "100 %"]
    page.get_by_text("The same as a table").click()
    there = APPOINTMENT.date().isoformat()
    assert cells(page, "Bookings won back", there) == ["1", "45.00 EUR"]
    page.get_by_text("What each number means").click()
    expect(page.get_by_text("Visits to the form that began in the range.")).to_be_visible()
    assert_accessible(page)


@pytest.mark.usefixtures("_won_back")
def test_the_chart_is_drawn_under_the_pages_own_policy(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report")
    chart = "Chart.getChart(document.querySelector('canvas'))"

    drawn = page.evaluate(f"{chart}.data.datasets.map(set => set.data.reduce((a, b) => a + b))")
    heights = page.evaluate(
        f"{chart}.getDatasetMeta(0).data.map(bar => bar.base - bar.y).filter(h => h > 0)"
    )

    assert drawn == [1, 1]
    assert len(heights) == 1
    assert heights[0] > 50


@pytest.mark.usefixtures("_won_back")
def test_on_paper_it_says_of_what_it_is_and_is_as_light_as_by_day(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report?from=2026-03-01&to=2026-03-31")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.get_by_text("salon, from 2026-03-01 to 2026-03-31")).to_be_visible()
    expect(page.get_by_text("Visits to the form that began in the range.")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    ink = "getComputedStyle(document.querySelector('main')).color"
    assert page.evaluate(ink) == "rgb(28, 37, 48)"


@pytest.mark.usefixtures("_won_back")
def test_another_range_and_calendar_show_other_numbers(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report")

    page.get_by_role("link", name="last 7 days").click()
    assert figure(page, "Won back") == "0"
    page.get_by_label("Bookings on the day of").select_option("the booking")
    page.get_by_role("button", name="Show").click()
    assert figure(page, "Won back") == "1"


def test_a_range_that_makes_no_sense_is_said_to(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report?from=2026-03-02&to=2026-03-01")
    staff.complaints.clear()  # the browser complains of the 400 itself

    expect(page.get_by_role("alert")).to_have_text(
        "This range cannot be shown. The first day: Not from 0 to 366 days before the last day."
    )
    expect(page.get_by_role("button", name="Show")).to_be_visible()


def test_where_nothing_was_won_back_it_says_what_will_appear(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report", "guest")

    expect(page.get_by_text("Nothing was won back in this range.")).to_be_visible()
    expect(page.get_by_text("A service stands here once")).to_be_visible()


@pytest.mark.usefixtures("_won_back")
def test_the_file_for_spreadsheets_says_the_same_and_holds_no_formula(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report")
    with page.expect_download() as download:
        page.get_by_role("link", name="as a file for spreadsheets").click()

    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert rows[0] == ["count", "of", "number", "amount", "currency"]
    assert ["won", "all", "1", "45.00", "EUR"] in rows
    assert ["won by service", "'=Haircut", "1", "45.00", "EUR"] in rows
    assert ["visits", "had a message", "1", "", ""] in rows
    assert download.value.suggested_filename.startswith("salon-appointment_date-")


@pytest.mark.usefixtures("_won_back")
def test_other_settings_are_tried_on_past_visits(staff: Staff, sidecar: Sidecar) -> None:
    before = sidecar.tallies.recount("salon")
    page = staff.opens("/sites/salon/report")
    page.get_by_role("link", name="what if the settings were others?").click()
    page.get_by_label("Messages go out this long after that").fill("30m, 1h")
    page.get_by_label("Between two messages").fill("5m")
    page.get_by_role("button", name="Look").click()

    gone = page.get_by_role("row", name="would have gone out").get_by_role("cell")
    assert gone.all_inner_texts() == ["1", "2"]
    assert_accessible(page)
    assert before == sidecar.tallies.recount("salon") == {}


def test_a_setting_that_makes_no_sense_is_named(staff: Staff) -> None:
    page = staff.opens("/sites/salon/what-if?messages=soon")
    staff.complaints.clear()  # the browser complains of the 400 itself

    expect(page.get_by_role("alert")).to_contain_text("messages")
    expect(page.get_by_label("Messages go out this long after that")).to_have_value("soon")
