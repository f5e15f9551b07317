"""Whoever has no mouse: everything can be reached, seen to be reached, and used."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Phoned
from sidecar.domain.site import SiteRecord
from sidecar.wiring import Sidecar
from tests.listening import Call, Listener, Reply
from tests.pages.accessible import DESK, PHONE
from tests.pages.served import Staff
from tests.pages.story import PAGES, tell
from tests.pages.test_session import session_of
from tests.pages.visits import ANNA, Salon

ANNAS = "/sites/salon/sessions/anna"
MOST = 80
"""How often somebody presses Tab before she gives up."""

TO_BE_REACHED = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  Object.defineProperty(document, "hidden", { value: true });  // nothing is put in anew meanwhile
  const all = "a[href], button:enabled, input:enabled:not([type=hidden]), select, summary, [tabindex='0']";
  // One Tab leads to all of a group of radio buttons; arrows lead through them.
  window.toBeReached = [...document.querySelectorAll(all)].filter((one) => one.checkVisibility()
    && !(one.type === "radio" && one !== one.form.elements[one.name][0]));
  return window.toBeReached.map((one) => one.outerHTML.slice(0, 120));
}"""
REACHED = "window.toBeReached.indexOf(document.activeElement)"
IS_SEEN = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  return style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2
    && box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.top < innerHeight && box.bottom > 0;
}"""


class Keys:
    """All that somebody without a mouse can do to a page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def go_to(self, wanted: Locator) -> None:
        """Press Tab until the focus is there, and can be seen to be."""
        for _ in range(MOST):
            self.press("Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                assert self._page.evaluate(IS_SEEN), wanted
                return
        raise AssertionError(f"Tab does not lead to {wanted}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def opens(self, what: str, *, by: str = "Enter") -> None:
        self.go_to(self._page.locator("summary", has_text=what).first)
        self.press(by)

    def presses(self, button: str, *, by: str = "Enter") -> None:
        self.go_to(self._page.get_by_role("button", name=button, exact=True).first)
        self.press(by)


@pytest.fixture
def _waiting(salon: Salon) -> None:
    """Anna's message waits."""
    salon.visited("anna", ANNA, ago=timedelta(minutes=30))
    salon.time_passes()


@pytest.fixture
def _failed(salon: Salon, wordpress: Listener) -> None:
    def fails(call: Call) -> Reply:
        return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": "failed"})

    wordpress.answer = fails
    for name in ("anna", "ben"):
        contact = {"email": f"{name}@example.com"}
        salon.visited(name, contact, ago=timedelta(hours=2))
    salon.time_passes()


@pytest.fixture
def _crewed(salon: Salon) -> Iterator[None]:
    with salon.looked_after():
        yield


def outcome(salon: Salon, name: str = "anna") -> Outcome:
    return session_of(salon, name).recoveries[0].outcome


def record(salon: Salon) -> SiteRecord:
    return salon.bridge.sidecar.store.begin("salon").record()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_tab_leads_to_everything_that_can_be_pressed_and_it_is_seen_where_one_is(
    staff: Staff, salon: Salon, wordpress: Listener, width: int
) -> None:
    tell(salon, wordpress)
    page = staff.page("boss", width=width)

    for address in PAGES.values():
        page.goto(staff.url + address)
        wanted = dict(enumerate(page.evaluate(TO_BE_REACHED)))
        for _ in range(len(wanted) + MOST):  # a date alone takes four
            if not wanted:
                break
            page.keyboard.press("Tab")
            reached = page.evaluate(REACHED)
            one = wanted.pop(reached, None)
            assert one is None or page.evaluate(IS_SEEN), f"{address}: {one}"
        assert not wanted, f"{address}: {wanted}"
    staff.complaints.clear()  # the browser complains of the page that is not there


@pytest.mark.usefixtures("_waiting")
def test_a_message_is_left_out_and_tried_again(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    keys = Keys(page)

    keys.opens("Leave out", by="Space")
    keys.presses("Leave message 1 out", by="Space")
    expect(page.get_by_text("It will not be sent.")).to_be_visible()
    assert outcome(salon) is Outcome.SKIPPED

    keys.opens("Try again")
    keys.presses("Try message 1 again")
    expect(page.get_by_text("It is due again")).to_be_visible()
    assert outcome(salon) is Outcome.WAITING


@pytest.mark.usefixtures("_waiting")
def test_a_message_is_sent_now(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    keys = Keys(page)

    keys.opens("Send now")
    keys.presses("Send message 1 now")

    expect(page.get_by_text("It is due now")).to_be_visible()
    salon.time_passes()
    assert outcome(salon) is Outcome.SENT


@pytest.mark.usefixtures("_waiting")
def test_a_call_is_noted(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    keys = Keys(page)

    keys.opens("Note a call")
    keys.go_to(page.get_by_role("radio").first)
    keys.press("Space", "ArrowDown")
    keys.presses("Note the call")

    expect(page.get_by_text("The call is noted.")).to_be_visible()
    phoned = session_of(salon).phoned
    assert phoned is not None
    assert phoned.outcome is Phoned.THINKS


@pytest.mark.usefixtures("_waiting")
def test_somebody_wants_no_more_and_is_allowed_again(staff: Staff) -> None:
    page = staff.opens(ANNAS)
    keys = Keys(page)

    keys.opens("No more messages to this person")
    keys.presses("No more messages")
    expect(page.get_by_text("This person gets no messages:")).to_be_visible()
    keys.opens("Allow messages to this person again")
    keys.presses("Allow messages again")
    expect(page.get_by_text("May be written to again (by desk)")).to_be_visible()

    page.goto(f"{staff.url}/sites/salon/people")
    keys.go_to(page.get_by_label("E-mail address, or phone number"))
    page.keyboard.type("ben@example.com")
    keys.presses("No more messages")
    expect(page.get_by_role("status").first).to_be_visible()


@pytest.mark.usefixtures("_waiting")
def test_what_was_opened_is_left_with_escape_and_nobody_is_erased_before_it_is_meant(
    staff: Staff, salon: Salon
) -> None:
    page = staff.opens(ANNAS, "boss")
    keys = Keys(page)
    erase = page.get_by_role("button", name="Erase for good")

    keys.opens("Erase this person")
    keys.go_to(erase)
    keys.press("Escape")
    expect(erase).to_be_hidden()
    expect(page.locator("summary", has_text="Erase this person")).to_be_focused()
    assert session_of(salon).contact is not None

    keys.press("Enter")
    keys.presses("Erase for good")
    expect(page.get_by_text("This person is erased here.")).to_be_visible()
    assert session_of(salon).contact is None


@pytest.mark.usefixtures("_failed")
def test_one_that_failed_is_tried_again_and_all_are(staff: Staff, salon: Salon) -> None:
    page = staff.opens("/sites/salon/failures")
    keys = Keys(page)

    keys.opens("Try all 2 again")
    keys.presses("Try 2 again")
    expect(page.get_by_text("Due again: 2.")).to_be_visible()
    salon.time_passes()
    assert outcome(salon) is Outcome.FAILED

    page.goto(f"{staff.url}/sites/salon/failures")
    keys.presses("Try again")
    expect(page.get_by_text("It is due again")).to_be_visible()
    assert sorted((outcome(salon, "anna"), outcome(salon, "ben"))) == ["failed", "waiting"]


def test_events_in_quarantine_are_read_tried_again_and_dropped(staff: Staff, salon: Salon) -> None:
    salon.sends_nonsense()
    page = staff.opens("/sites/salon/quarantine")
    keys = Keys(page)

    keys.presses("Try again")
    expect(page.get_by_text("Still not understood: 1.")).to_be_visible()
    keys.opens("What stands in it")
    expect(page.get_by_text("https://elsewhere.example/book")).to_be_visible()
    keys.opens("Drop")
    keys.presses("Drop this event")
    expect(page.get_by_text("It is dropped.")).to_be_visible()


def test_a_site_is_paused_and_all_are(staff: Staff, salon: Salon) -> None:
    page = staff.opens("/sites/salon/settings", "boss")
    keys = Keys(page)

    keys.presses("Pause")
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    assert record(salon).paused
    page.goto(f"{staff.url}/")
    keys.presses("Let all go on")
    expect(page.get_by_text("Paused: no messages are sent.")).to_have_count(0)
    assert not record(salon).paused


@pytest.mark.usefixtures("_crewed")
def test_a_test_visit_is_begun_though_the_page_is_put_in_anew_meanwhile(
    staff: Staff, sidecar: Sidecar
) -> None:
    page = staff.opens("/sites/salon/live")
    keys = Keys(page)
    button = page.get_by_role("button", name="Make a test visit")

    keys.go_to(button)
    with page.expect_response("**/live/now"):
        pass
    button.evaluate("old => { old.dataset.old = 1; }")
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(button).to_be_focused()
    keys.press("Enter")

    expect(button).to_be_disabled()
    assert sidecar.visits.read("salon") is not None


@pytest.mark.usefixtures("_waiting")
def test_visits_are_searched_filtered_and_taken_along(
    staff: Staff, salon: Salon, tmp_path: Path
) -> None:
    salon.visited("ben")
    page = staff.opens("/sites/salon/sessions")
    keys = Keys(page)

    keys.opens("Filter")
    keys.go_to(page.get_by_label("State"))
    page.keyboard.type("aba")
    keys.presses("Show")
    page.wait_for_url("**?state=abandoned*")
    expect(page.get_by_role("row")).to_have_count(2)

    keys.go_to(page.get_by_role("link", name="These as a file"))
    with page.expect_download() as download:
        keys.press("Enter")
    download.value.save_as(tmp_path / "visits.csv")
    assert (tmp_path / "visits.csv").read_text(encoding="utf-8").count("\nanna,") == 1

    keys.go_to(page.get_by_role("link", name="Show all"))
    keys.press("Enter")
    keys.go_to(page.get_by_role("search").get_by_role("textbox"))
    page.keyboard.type("anna@example.com")
    keys.press("Enter")
    page.wait_for_url(f"**{ANNAS}")


def test_a_report_is_asked_for_and_taken_along(staff: Staff) -> None:
    page = staff.opens("/sites/salon/report")
    keys = Keys(page)

    keys.go_to(page.get_by_label("Bookings on the day of"))
    page.keyboard.type("the b")
    keys.presses("Show")
    page.wait_for_url("**by=conversion_date")
    keys.go_to(page.get_by_role("link", name="as a file for spreadsheets"))
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename.startswith("salon-conversion_date-")
