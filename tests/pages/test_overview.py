"""Is it working? The light of a site, and what stands behind it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.listening import Call, Listener, Reply
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import ANNA, Salon
from tests.web.test_probes import basic


@pytest.fixture(autouse=True)
def _crewed(request: pytest.FixtureRequest, salon: Salon) -> Iterator[None]:
    if "without_a_crew" in request.node.name:
        yield
    else:
        with salon.looked_after():
            yield


def look_again(page: Page) -> None:
    """Have the page look, as it does by itself every few seconds."""
    page.evaluate("htmx.trigger('#live', 'looked-at')")


def test_a_site_turns_from_working_to_broken_and_back_by_itself(
    staff: Staff, salon: Salon
) -> None:
    salon.visited("anna", ANNA)
    page = staff.opens("/sites/salon", "guest")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("salon working")
    expect(page.get_by_text("Everything works.")).to_be_visible()
    assert_accessible(page)

    notes, now = salon.bridge.sidecar.notes, salon.bridge.sidecar.due.now()
    notes.failed("salon", "timed out", now - timedelta(minutes=12))
    look_again(page)

    expect(heading).to_have_text("salon broken")
    expect(page.get_by_text("WordPress has not answered as it should").first).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("WordPress has not answered")
    assert_accessible(page)
    expect(staff.opens("/", "guest").get_by_role("heading", level=2)).to_have_text("salon broken")

    notes.answered("salon", now)
    look_again(page)
    expect(heading).to_have_text("salon working")
    expect(page.get_by_role("status")).to_have_text("Everything works.")


def test_nobody_asks_while_nobody_looks(staff: Staff) -> None:
    page = staff.opens("/sites/salon")
    asked: list[str] = []
    page.on(
        "request",
        lambda sent: (
            asked.append(sent.url)
            if sent.is_navigation_request() or sent.resource_type == "xhr"
            else None
        ),
    )
    hide = "hidden => Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })"

    page.evaluate(hide, True)  # noqa: FBT003 -- what the page is told
    look_again(page)
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert not asked

    page.evaluate(hide, False)  # noqa: FBT003 -- as above
    with page.expect_response("**/sites/salon"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert asked


def test_without_a_crew_it_says_what_to_start(staff: Staff) -> None:
    page = staff.opens("/sites/salon")

    expect(page.get_by_role("heading", level=1)).to_have_text("salon broken")
    expect(page.get_by_text("No worker lives, so no message goes out.")).to_be_visible()
    page.goto(f"{staff.url}/")
    expect(page.get_by_role("heading", name="The sidecar broken")).to_be_visible()


def test_what_waits_and_how_late_messages_went_out_is_told(
    staff: Staff, salon: Salon, wordpress: Listener
) -> None:
    def away(_: Call) -> Reply:
        return Reply(status=503, headers={"Retry-After": "60"})

    salon.visited("anna", ANNA, ago=timedelta(hours=1, seconds=4))
    salon.time_passes()
    wordpress.answer = away
    salon.visited("ben", {"email": "ben@example.com"}, ago=timedelta(hours=2))
    salon.visited("cleo", {"email": "cleo@example.com"}, ago=timedelta(minutes=20))
    salon.time_passes()

    page = staff.opens("/sites/salon")

    facts = page.get_by_role("main").locator("dl > div")
    expect(facts.filter(has_text="Messages that wait")).to_contain_text("2")
    day = page.get_by_role("row").filter(has_text="Last day")
    expect(day.get_by_role("cell").first).to_have_text("2")
    expect(day.get_by_role("cell").last).to_have_text("60 minutes")
    expect(day.get_by_role("cell").nth(1)).to_contain_text("seconds")
    metrics = salon.bridge.client.get("/metrics", headers=basic("boss")).text
    assert 'booking_recovery_lateness_seconds_count{site="salon"} 2.0' in metrics
    assert 'booking_recovery_lateness_seconds_bucket{le="1800.0",site="salon"} 1.0' in metrics
    assert_accessible(page)


def test_what_wordpress_tells_of_itself_is_shown(staff: Staff, salon: Salon) -> None:
    sidecar = salon.bridge.sidecar
    sidecar.notes.told(
        "salon",
        {
            "booknetic_ready": True,
            "workflows": 2,
            "outbox_pending": 3,
            "outbox_oldest_at": "2026-11-22T15:04:05Z",
        },
    )
    work = sidecar.store.begin("salon")
    work.put_record(replace(work.record(), skew=-750.0))
    assert work.commit()

    facts = staff.opens("/sites/salon").get_by_role("main").locator("dl > div")

    expect(facts.filter(has_text="Events that wait in WordPress")).to_contain_text("3 the oldest")
    expect(facts.filter(has_text="WordPress's clock")).to_contain_text("not right")
    expect(facts.filter(has_text="Workflow")).to_contain_text("2 active")
    sidecar.notes.told(
        "salon", {"workflows": "many", "outbox_pending": 1, "outbox_oldest_at": "x"}
    )
    expect(
        staff.opens("/sites/salon").get_by_text("Events that wait in WordPress")
    ).to_be_visible()
    expect(facts.filter(has_text="Versions")).to_contain_text("Booknetic 5.2.0")
    expect(facts.filter(has_text="What Redis keeps")).to_contain_text("appendonly")


def test_an_unpaired_site_and_one_that_waits_say_how_to_go_on(staff: Staff) -> None:
    page = staff.opens("/sites/spa", "boss")
    expect(page.get_by_text("booking-recovery pair spa")).to_be_visible()
    assert_accessible(page)

    page.goto(f"{staff.url}/sites/salon")
    expect(page.get_by_text("waiting for the first visitor")).to_be_visible()
