"""Who may look, and who did what."""

from datetime import timedelta

from playwright.sync_api import expect

from sidecar.web import create_app
from sidecar.web.deeds import CHANGE_NOTHING, WORDS
from sidecar.wiring import Sidecar
from tests.assembled import PASSWORDS
from tests.pages.accessible import assert_accessible
from tests.pages.served import Staff
from tests.pages.visits import Salon
from tests.web.test_probes import basic

ANNA = {"email": "anna@example.com", "first_name": "Anna"}
SIGNED = {"webhooks", "bridge"}


def test_what_somebody_did_stands_with_name_and_place(staff: Staff, salon: Salon) -> None:
    salon.visited("anna", ANNA, ago=timedelta(hours=1))
    page = staff.opens("/sites/salon/deeds")
    expect(page.get_by_text("Nobody has done anything here yet.")).to_be_visible()

    page.goto(f"{staff.url}/sites/salon/settings")
    page.get_by_role("button", name="Pause").click()
    page.goto(f"{staff.url}/sites/salon/people")
    page.get_by_label("E-mail address, or phone number").fill(ANNA["email"])
    page.get_by_role("button", name="No more messages").click()
    page.goto(f"{staff.url}/sites/salon/deeds")

    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("stopped all messages to a person")
    expect(rows.nth(2)).to_contain_text("paused all messages")
    expect(rows.nth(2)).to_contain_text("desk support")
    expect(page.get_by_text(ANNA["email"])).to_have_count(0)
    assert_accessible(page)


def test_who_may_look_is_for_admins(staff: Staff) -> None:
    page = staff.page("boss")
    page.get_by_role("link", name="Who may look").click()

    expect(page.get_by_role("row", name="desk support")).to_contain_text("salon")
    expect(page.get_by_role("row", name="boss admin logged in")).to_be_visible()
    assert_accessible(page)

    page = staff.page("desk")
    expect(page.get_by_role("link", name="Who may look")).to_have_count(0)
    page.goto(f"{staff.url}/users")
    staff.complaints.clear()  # the browser complains of the 403 itself
    expect(page.get_by_text("Only an admin sees who may look.")).to_be_visible()


def test_what_programs_do_for_somebody_is_kept_too(salon: Salon, sidecar: Sidecar) -> None:
    salon.bridge.client.post(
        "/api/v1/sites/salon/contacts",
        json={"email": ANNA["email"], "op": "opt_out"},
        headers=basic("desk", PASSWORDS["desk"]) | {"X-Requested-With": "booking-recovery"},
    )

    (deed,) = sidecar.deeds.latest("salon", 10)
    assert (deed.by, deed.what, deed.about) == ("desk", "api.contacts", {})


def test_every_door_through_which_somebody_acts_has_words(sidecar: Sidecar) -> None:
    rules = create_app(sidecar).url_map.iter_rules()
    doors = {rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
    acts = {door for door in doors if door.partition(".")[0] not in SIGNED} - CHANGE_NOTHING

    assert acts | {"access.from_wordpress"} == set(WORDS)
