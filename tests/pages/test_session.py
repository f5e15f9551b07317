"""One visit: what happened, why there was no message, and what each role can do about it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, State
from tests.listening import Call, Listener, Reply
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import ANNA, Salon

ANNAS = "/sites/salon/sessions/anna"


def session_of(salon: Salon, name: str = "anna") -> Session:
    found = salon.bridge.sidecar.store.begin("salon").session(name)
    assert found is not None
    return found


def does(page: Page, what: str, button: str, *, by_keyboard: bool = False) -> None:
    """Open what shall be done, read what follows from it, and confirm."""
    opener = page.get_by_text(what, exact=True)
    if by_keyboard:
        opener.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=button)).to_be_focused()
        page.keyboard.press("Enter")
    else:
        opener.click()
        page.get_by_role("button", name=button).click()


@pytest.fixture
def _left(salon: Salon) -> None:
    """Anna left half an hour ago; her message waits."""
    salon.visited("anna", ANNA, ago=timedelta(minutes=30))
    salon.time_passes()
    assert session_of(salon).recoveries[0].outcome is Outcome.WAITING


@pytest.mark.usefixtures("_left")
def test_a_message_is_sent_now_and_it_is_told_who_wished_it(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    expect(page.get_by_text("Got no message so far: the next one is not due yet.")).to_be_visible()

    does(page, "Send now", "Send message 1 now", by_keyboard=True)

    expect(page.get_by_role("status").first).to_contain_text("It is due now")
    salon.time_passes()
    page.reload()
    expect(page.get_by_text("Got one message and has not booked yet.")).to_be_visible()
    expect(page.get_by_text("desk had message 1 sent now")).to_be_visible()
    handed = page.get_by_role("listitem").filter(has_text="Message 1 is handed to WordPress")
    expect(handed).to_contain_text("decided with: due 20")
    assert session_of(salon).state is State.CONTACTED
    assert page.get_by_text("Send now").count() == 0
    page.goto(f"{staff.url}/sites/salon/deeds")
    expect(page.get_by_text("had a message sent now")).to_be_visible()


@pytest.mark.usefixtures("_left")
def test_sending_now_makes_every_check(staff: Staff, salon: Salon, wordpress: Listener) -> None:
    page = staff.opens(ANNAS)
    salon.booked(None, "4711", starts_at=datetime.now(UTC) + timedelta(days=1), contact=ANNA)

    does(page, "Send now", "Send message 1 now")

    salon.time_passes()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna booked")
    assert "recoveries" not in wordpress.routes()


@pytest.mark.usefixtures("_left")
def test_a_message_is_left_out_and_tried_again(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)

    does(page, "Leave out", "Leave message 1 out")
    expect(page.get_by_text("Got no message: desk left it out.")).to_be_visible()
    assert session_of(salon).recoveries[0].outcome is Outcome.SKIPPED
    assert_accessible(page)

    does(page, "Try again", "Try message 1 again")
    expect(page.get_by_text("Message 1 is tried again, as desk wished")).to_be_visible()
    salon.time_passes()
    assert session_of(salon).recoveries[0].outcome is Outcome.SENT


@pytest.mark.usefixtures("_left")
def test_a_call_counts_for_itself_and_ends_what_waits(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    page.get_by_text("Note a call", exact=True).click()
    assert_accessible(page)
    page.get_by_label("she booked on the phone").check()
    page.get_by_role("button", name="Note the call").click()

    expect(
        page.get_by_text("Got no message: desk called, and she booked on the phone.")
    ).to_be_visible()
    assert session_of(salon).recoveries[0].outcome is Outcome.SKIPPED
    salon.booked(None, "4711", starts_at=datetime.now(UTC) + timedelta(days=1), contact=ANNA)
    page.goto(f"{staff.url}/sites/salon/report")
    expect(page.get_by_role("row", name="she booked on the phone")).to_contain_text("1")
    expect(page.get_by_text("Won back").first).to_be_visible()
    assert session_of(salon).conversion is None


@pytest.mark.usefixtures("_left")
def test_nobody_writes_to_who_said_no_until_it_is_allowed_again(
    staff: Staff, salon: Salon
) -> None:
    page = staff.opens(ANNAS)

    does(page, "No more messages to this person", "No more messages")
    expect(page.get_by_text("This person gets no messages:")).to_be_visible()
    assert session_of(salon).recoveries[0].reason == "opted_out"

    does(page, "Allow messages to this person again", "Allow messages again")
    expect(page.get_by_text("May be written to again (by desk)")).to_be_visible()


@pytest.mark.usefixtures("_left")
def test_an_admin_alone_erases_a_person(staff: Staff, salon: Salon) -> None:
    page = staff.opens(ANNAS)
    assert page.get_by_text("Erase this person").count() == 0

    page = staff.opens(ANNAS, "boss")
    does(page, "Erase this person", "Erase for good", by_keyboard=True)

    expect(page.get_by_text("This person is erased here.")).to_be_visible()
    expect(page.get_by_text("Personal data was erased")).to_be_visible()
    assert session_of(salon).contact is None
    assert "anna@" not in page.content()
    assert_accessible(page)


@pytest.mark.usefixtures("_left")
def test_a_viewer_has_nothing_to_press(staff: Staff) -> None:
    page = staff.opens(ANNAS, "guest")

    expect(page.get_by_role("heading", level=1)).to_have_text("A. abandoned")
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("main").locator("details")).to_have_count(0)


def test_what_failed_says_why_and_what_to_do(
    staff: Staff, salon: Salon, wordpress: Listener
) -> None:
    def fails(call: Call) -> Reply:
        return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": "no_workflow"})

    wordpress.answer = fails
    salon.visited("anna", ANNA, ago=timedelta(hours=2))
    salon.time_passes()

    page = staff.opens(ANNAS)

    expect(page.get_by_text("Got no message: no active workflow")).to_be_visible()
    expect(page.get_by_text("Make a workflow in Booknetic")).to_be_visible()
