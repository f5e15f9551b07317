"""The list of visits: filtered, searched, and as a file."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from playwright.sync_api import Page, expect

from sidecar.adapters import redis_sessions
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import ANNA, Salon

BEN = {"email": "ben@example.com", "first_name": "=HYPERLINK(1)", "last_name": "Marker"}
MASSAGE = {"id": 7, "name": "Massage “Tiefenruhe”"}


@pytest.fixture(autouse=True)
def _visited(salon: Salon) -> None:
    """Anna is in the form; Ben had a message; somebody who gave no address was here yesterday."""
    salon.visited("nobody", ago=timedelta(days=1), steps=("service",))
    salon.visited("ben", BEN, ago=timedelta(hours=2), service=MASSAGE)
    salon.time_passes()
    salon.visited("anna", ANNA)
    salon.booked(None, "4711", starts_at=datetime.now(UTC) + timedelta(days=3), contact=ANNA)


def shown(page: Page) -> list[str]:
    links = page.get_by_role("table").get_by_role("link").all() if rows(page) else []
    return [(link.get_attribute("href") or "").rpartition("/")[2] for link in links]


def rows(page: Page) -> int:
    return page.get_by_role("table").count()


def test_visits_are_filtered_by_all_that_tells_them_apart(staff: Staff) -> None:
    page = staff.opens("/sites/salon/sessions")
    page.get_by_text("Filter").click()
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"

    def choose(fill: Callable[[], object]) -> list[str]:
        page.goto(f"{staff.url}/sites/salon/sessions")
        page.locator("summary", has_text="Filter").click()
        fill()
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**?*")
        return shown(page)

    assert shown(page) == ["anna", "ben", "nobody"]
    assert choose(lambda: page.get_by_label("State").select_option("contacted")) == ["ben"]
    assert choose(lambda: page.get_by_label("Last step").select_option("service")) == ["nobody"]
    assert choose(lambda: page.get_by_label("Service", exact=True).fill("tiefen")) == ["ben"]
    assert choose(lambda: page.get_by_label("A message was").select_option("sent")) == ["ben"]
    assert choose(lambda: page.get_by_label("to", exact=True).fill(yesterday)) == ["nobody"]
    assert choose(lambda: page.get_by_label("Last seen from").fill(yesterday)) == shown(page)
    page.get_by_label("Service", exact=True).fill("nothing like it")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No visit matches.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="show all").last.click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_what_few_have_is_looked_for_further_by_itself(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_sessions, "_AT_ONCE", 1)
    # The package calls its function by the same name.
    monkeypatch.setattr(import_module("sidecar.web.listing"), "LOOK_AT", 1)
    page = staff.page()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "after=" in sent.url else None)

    page.goto(f"{staff.url}/sites/salon/sessions?step=service")

    expect(page.get_by_role("row")).to_have_count(2)
    assert shown(page) == ["nobody"]
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (" ANNA@example.com", "anna"),
        ("+49 30 123456", "anna"),
        ("ben", "ben"),
        ("ben.1", "ben"),
    ],
)
def test_a_visit_is_found_by_whose_it_is_or_by_a_number(
    staff: Staff, typed: str, found: str
) -> None:
    page = staff.opens("/sites/salon/sessions")

    page.get_by_role("search").get_by_role("textbox").fill(typed)
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/sessions/{found}")


def test_several_are_listed_and_no_address_stands_in_a_url(staff: Staff, salon: Salon) -> None:
    salon.visited("again", ANNA)
    page = staff.opens("/sites/salon/sessions")
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))

    page.get_by_role("search").get_by_role("textbox").fill(ANNA["email"])
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Found")
    assert sorted(shown(page)) == ["again", "anna"]
    assert not [url for url in asked if "anna@" in url or "anna%40" in url]
    assert_accessible(page)
    page.get_by_role("search").get_by_role("textbox").fill("nobody@example.com")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No visit belongs to that.")).to_be_visible()
    page.get_by_role("search").get_by_role("textbox").fill("not anything!")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("alert")).to_contain_text("neither an e-mail address")


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="as a file").click()
    text = download.value.path().read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_holds_what_is_shown_masked_and_harmless(staff: Staff) -> None:
    page = staff.opens("/sites/salon/sessions?state=contacted")
    (ben,) = downloaded(page)

    assert (ben["session"], ben["state"], ben["messages"]) == ("ben", "contacted", "1 sent")
    assert (ben["first name"], ben["e-mail"]) == ("'=HYPERLINK(1)", "ben@example.com")
    assert ben["service"] == MASSAGE["name"]
    everybody = downloaded(staff.opens("/sites/salon/sessions", "guest"))
    assert [one["session"] for one in everybody] == ["anna", "ben", "nobody"]
    assert "Marker" not in str(everybody)
    assert everybody[0]["e-mail"] == "a…@e…"
