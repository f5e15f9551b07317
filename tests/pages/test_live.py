"""What is happening right now: the connection's stages, the latest events, a test visit."""

from datetime import timedelta

from playwright.sync_api import expect

from sidecar.adapters.redis_store import DueEntry
from sidecar.wiring import Sidecar
from tests.listening import Call, Listener, Reply
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import Salon

FORM = {"name": "form", "title": "The form can be reached", "state": "passed", "ms": 240}
WORKFLOW = {"name": "workflow", "title": "The workflow ran", "state": "waiting"}
BROKEN = {"name": "bkntc_x", "kind": "hook", "state": "broken", "text": "It is not fired."}


def test_waiting_turns_into_what_happened_without_a_reload(staff: Staff, salon: Salon) -> None:
    page = staff.opens("/sites/salon/live")
    expect(page.get_by_text("Waiting for the first event… Whatever visitors do")).to_be_visible()
    stage = page.get_by_role("listitem").filter(has_text="A visit was seen")
    expect(stage).to_contain_text("waiting:")

    salon.visited("anna", steps=("service",))

    expect(page.get_by_role("link", name="anna").first).to_be_visible()
    expect(page.get_by_text("Went on to service")).to_be_visible()
    expect(stage).to_contain_text("done:")
    assert_accessible(page)


def test_a_site_that_has_not_paired_is_told_how(staff: Staff) -> None:
    page = staff.opens("/sites/spa/live", "boss")

    expect(page.get_by_text("booking-recovery pair spa")).to_be_visible()


def test_a_test_visit_is_followed_to_its_end(
    staff: Staff, salon: Salon, sidecar: Sidecar, wordpress: Listener
) -> None:
    for role in ("worker", "clock"):
        sidecar.heartbeats.beat(role)
    is_over = False

    def answer(call: Call) -> Reply:
        if not call.route.startswith("visits"):
            return Reply(status=503)
        ran = WORKFLOW | ({"state": "passed", "ms": 2500} if is_over else {})
        told = {"stages": [FORM, ran], "assumptions": [BROKEN], "is_over": is_over}
        return Reply(body=told)

    wordpress.answer = answer
    page = staff.opens("/sites/salon/live")
    page.get_by_role("button", name="Make a test visit").click()
    expect(page.get_by_role("button", name="Make a test visit")).to_be_disabled()
    salon.passes_a_moment()
    expect(page.get_by_text("The form can be reached")).to_be_visible()
    expect(page.get_by_text("after 0.2 s")).to_be_visible()

    is_over = True
    visit = sidecar.visits.read("salon")
    assert visit is not None
    now_due = sidecar.due.now() - timedelta(seconds=1)
    sidecar.due.put({DueEntry("visit", "salon", visit.id): now_due})
    salon.passes_a_moment()

    expect(page.get_by_text("after 2.5 s")).to_be_visible()
    expect(page.get_by_text("hook bkntc_x: It is not fired.")).to_be_visible()
    expect(page.get_by_role("button", name="Make a test visit")).to_be_enabled()
    assert sidecar.due.due_at(DueEntry("visit", "salon", visit.id)) is None
    assert_accessible(page)


def test_without_a_worker_no_test_visit_is_begun(staff: Staff, sidecar: Sidecar) -> None:
    page = staff.opens("/sites/salon/live")
    page.get_by_role("button", name="Make a test visit").click()

    expect(page.get_by_role("alert")).to_contain_text("no worker or no clock lives")
    assert sidecar.visits.read("salon") is None


def test_a_test_visit_that_is_refused_says_why(
    staff: Staff, salon: Salon, sidecar: Sidecar, wordpress: Listener
) -> None:
    for role in ("worker", "clock"):
        sidecar.heartbeats.beat(role)
    wordpress.answer = lambda _: Reply(status=422, body={"code": "no_form", "message": "No form."})
    page = staff.opens("/sites/salon/live")
    page.get_by_role("button", name="Make a test visit").click()
    salon.passes_a_moment()

    expect(page.locator("#visit")).to_contain_text("It could not be made:")
    expect(page.get_by_role("button", name="Make a test visit")).to_be_enabled()


def test_a_viewer_has_no_button(staff: Staff) -> None:
    page = staff.opens("/sites/salon/live", "guest")

    expect(page.get_by_role("button", name="Make a test visit")).to_have_count(0)
