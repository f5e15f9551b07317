"""What is stuck, why, since when, and what to do: failures and quarantine."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from sidecar.domain.recovery import Outcome
from tests.assembled import statuses
from tests.listening import Call, Listener, Reply
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import ANNA, Salon

ENDS = {"anna": "failed", "ben": "no_workflow", "cleo": "failed"}


@pytest.fixture
def _failed(salon: Salon, wordpress: Listener) -> None:
    """Three messages failed for good: two of them in one way."""

    def fails(call: Call) -> Reply:
        end = ENDS[call.body["session_id"]]
        return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": end})

    wordpress.answer = fails
    for name in ENDS:
        salon.visited(
            name, {**ANNA, "email": f"{name}@example.com", "phone": None}, ago=timedelta(hours=2)
        )
        salon.time_passes()
    assert outcomes(salon) == ENDS


def outcomes(salon: Salon) -> dict[str, str]:
    work = salon.bridge.sidecar.store.begin("salon")
    found = {name: work.session(name) for name in ENDS}
    return {name: str(one.recoveries[0].outcome) for name, one in found.items() if one}


def listed(page: Page) -> int:
    return page.get_by_role("region", name="Messages that failed").get_by_role("row").count() - 1


@pytest.mark.usefixtures("_failed")
def test_all_that_failed_in_one_way_are_tried_again(staff: Staff, salon: Salon) -> None:
    page = staff.opens("/sites/salon/failures")
    assert listed(page) == 3
    assert_accessible(page)
    page.get_by_role("link", name="failed 2").click()
    assert listed(page) == 2

    page.get_by_text("Try all 2 again of these that may be").click()
    page.get_by_role("button", name="Try 2 again").press("Enter")

    expect(page.get_by_role("status").first).to_have_text(
        "Due again: 2. Every check is made anew."
    )
    assert outcomes(salon) == {"anna": "waiting", "ben": "no_workflow", "cleo": "waiting"}
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No message has failed for good.")).to_be_visible()
    page.goto(f"{staff.url}/sites/salon/sessions/ben")
    expect(page.get_by_text("Message 1 is tried again, as desk wished")).to_be_visible()


@pytest.mark.usefixtures("_failed")
def test_a_viewer_sees_what_failed_and_has_nothing_to_press(staff: Staff) -> None:
    page = staff.opens("/sites/salon/failures", "guest")

    assert listed(page) == 3
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)


def test_what_is_tried_again_by_itself_says_why_and_when(
    staff: Staff, salon: Salon, wordpress: Listener
) -> None:
    def away(_: Call) -> Reply:
        return Reply(status=503, headers={"Retry-After": "50"})

    wordpress.answer = away
    salon.visited("anna", ANNA, ago=timedelta(hours=2))
    salon.time_passes()

    page = staff.opens("/sites/salon/failures")

    row = page.get_by_role("region", name="Tried again by themselves").get_by_role("row").last
    expect(row).to_contain_text("Anna")
    expect(row).to_contain_text("503")
    expect(row.locator("time")).to_have_count(2)
    expect(page.get_by_text("No message has failed for good.")).to_be_visible()
    assert_accessible(page)
    session = salon.bridge.sidecar.store.begin("salon").session("anna")
    assert session is not None
    assert session.recoveries[0].outcome is Outcome.HANDING_OVER


@pytest.fixture
def _misfits(salon: Salon) -> None:
    """Two events of another page than the site's, and one with an address that is none."""
    bridge = salon.bridge
    elsewhere = {"page_url": "https://elsewhere.example/book"}
    taken = bridge.send(
        bridge.event("session.contact_given", "s1", contact={"email": "marker@"}),
        bridge.event("session.started", "s2", **elsewhere),
        bridge.event("session.started", "s3", **elsewhere),
    )
    assert statuses(taken) == ["quarantined"] * 3


@pytest.mark.usefixtures("_misfits")
def test_events_in_quarantine_are_dropped_and_tried_again(staff: Staff, salon: Salon) -> None:
    page = staff.opens("/sites/salon/quarantine")
    rows = page.get_by_role("region", name="Events in quarantine").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(page.get_by_role("link", name="Quarantine 3")).to_be_visible()
    page.get_by_text("What stands in it").last.click()
    expect(page.get_by_text("marker@")).to_be_visible()
    assert_accessible(page)

    contact = rows.filter(has_text="session.contact_given")
    contact.get_by_text("Drop", exact=True).click()
    contact.get_by_role("button", name="Drop this event").click()
    expect(page.get_by_text("It is dropped.")).to_be_visible()
    expect(rows).to_have_count(3)

    rows.last.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Taken in: 0. Still not understood: 1.")).to_be_visible()
    salon.checks_in()
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_text("Taken in: 0. Still not understood: 2.")).to_be_visible()
    assert salon.bridge.sidecar.store.count_quarantined("salon") == 2


@pytest.mark.usefixtures("_misfits")
def test_a_viewer_sees_what_is_wrong_and_nobodys_data(staff: Staff) -> None:
    page = staff.opens("/sites/salon/quarantine", "guest")

    expect(page.get_by_text("session.contact_given")).to_be_visible()
    assert "marker" not in page.content()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
