"""What the sidecar chooses and locks, as the owner and visitors see it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.bridge.wire import Sidecar, ask, call, connected, listening
from tests.ground.wordpress import WordPress

CHOICES = {
    "defaults": {"messages": ["2h", "1d"], "quiet_hours": "", "consent": "opt_in"},
    "locked": ["messages", "consent"],
}
LOCKED = re.compile("The sidecar's operator has locked this: it cannot be changed in WordPress.$")


@pytest.fixture
def sidecar(wordpress: WordPress) -> Iterator[Sidecar]:
    with listening() as server, connected(wordpress, server):
        yield server
        wordpress.php("delete_option( 'booking_recovery_sidecars_choices' );")


@pytest.fixture
def owner(wordpress: WordPress, page: Page) -> Page:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{wordpress.url}/wp-login.php")
    page.get_by_label("Username or Email Address").fill(wordpress.admin.user)
    page.get_by_label("Password", exact=True).fill(wordpress.admin.password)
    page.get_by_role("button", name="Log In").click()
    page.wait_for_url("**/wp-admin/**")
    return page


def opens_settings(page: Page, wordpress: WordPress) -> None:
    page.goto(f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings")


@pytest.mark.usefixtures("sidecar")
def test_an_owner_sees_what_counts_and_what_is_locked(wordpress: WordPress, owner: Page) -> None:
    opens_settings(owner, wordpress)
    messages, consent = (
        owner.get_by_label(label) for label in ("Messages are sent after", "Who may be written to")
    )
    expect(messages).to_be_editable()
    expect(messages).to_have_accessible_description(re.compile("Usually: 45m$"))

    call(wordpress, "status", action="status.read", recovery=CHOICES)
    opens_settings(owner, wordpress)

    quiet = owner.get_by_label("Quiet hours")
    expect(quiet).to_have_accessible_description(re.compile("The sidecar's choice: none$"))
    for field, value in ((messages, "2h, 1d"), (consent, "Only those who tick a box")):
        expect(field).to_have_value(value)
        expect(field).not_to_be_editable()
        expect(field).to_have_accessible_description(LOCKED)
        field.focus()
        expect(field).to_be_focused()
    assert owner.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.usefixtures("sidecar")
def test_what_is_posted_for_a_locked_choice_is_not_taken(
    wordpress: WordPress, owner: Page
) -> None:
    call(wordpress, "status", action="status.read", recovery=CHOICES)
    opens_settings(owner, wordpress)
    quiet = owner.get_by_label("Quiet hours")
    quiet.fill("21:00-08:00")
    form = owner.locator("form").filter(has=quiet)
    form.evaluate(
        """form => { for (const [key, value] of [['messages', '1m'], ['consent', 'off']]) {
            form.append(Object.assign(document.createElement('input'),
                                      {name: `booking_recovery[${key}]`, value, type: 'hidden'}));
        } }"""
    )
    form.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Saved.")).to_be_visible()

    told = call(wordpress, "status", action="status.read")
    assert told["settings"] == {"quiet_hours": "21:00-08:00"}
    step = ask(wordpress, current_step="information", cart='[{"service": 1}]')
    assert "booking_recovery_consent" in step["html"]
    assert "checkbox" in step["html"]
