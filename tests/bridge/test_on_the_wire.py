"""The bridge behind a real web server: nobody waits for the sidecar, and strangers stay out."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from sidecar.payloads import parse_event
from tests.bridge.wire import Sidecar, ask, call, connected, listening, signature, visits
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress


@pytest.fixture
def sidecar(wordpress: WordPress) -> Iterator[Sidecar]:
    with listening() as server, connected(wordpress, server):
        yield server


def test_what_visitors_do_arrives_at_once(wordpress: WordPress, sidecar: Sidecar) -> None:
    visitor = secrets.token_hex(16)
    visits(wordpress, "staff", visitor)

    wait_until(
        lambda: sidecar.types(visitor) == ["session.started", "session.step_reached"],
        what="the visit to arrive",
    )
    first = sidecar.events[0]
    assert first["type"] == "site.checked_in", "a site says who it is before anything else"
    assert first["data"]["delivery"] == "push"


def test_no_visitor_waits_for_a_slow_sidecar(wordpress: WordPress, sidecar: Sidecar) -> None:
    visitor = secrets.token_hex(16)
    visits(wordpress, "staff", visitor)
    sidecar.delay = 2.0

    took = [visits(wordpress, step, visitor) for step in ("date_time", "information", "staff")]

    assert max(took) < sidecar.delay / 2
    wait_until(
        lambda: sidecar.types(visitor).count("session.step_reached") == 4,
        what="all steps to arrive",
    )


def test_no_visitor_waits_for_a_sidecar_that_is_gone(
    wordpress: WordPress, sidecar: Sidecar
) -> None:
    visitor = secrets.token_hex(16)
    visits(wordpress, "staff", visitor)
    sidecar.shutdown()
    sidecar.server_close()

    assert max(visits(wordpress, step, visitor) for step in ("date_time", "staff")) < 1


@pytest.mark.parametrize("status", [401, 409, 500])
def test_no_visitor_notices_that_the_sidecar_refuses(
    wordpress: WordPress, sidecar: Sidecar, status: int
) -> None:
    sidecar.status = status
    visitor = secrets.token_hex(16)

    took = [visits(wordpress, step, visitor) for step in ("staff", "date_time", "information")]

    assert max(took) < 1


@pytest.mark.parametrize("path", ["wp-json/", "?rest_route=/"])
@pytest.mark.usefixtures("sidecar")
def test_only_signed_callbacks_are_answered(wordpress: WordPress, path: str) -> None:
    address = f"{wordpress.url}/{path}booking-recovery/v1/status"
    body = json.dumps({"site": "salon", "action": "status.read"})
    headers = {"content-type": "application/json"}

    unsigned = requests.post(address, data=body, headers=headers, timeout=30)
    broken = requests.post(address, data="{", headers=headers, timeout=30)
    signed = requests.post(address, data=body, headers=headers | signature(body), timeout=30)

    assert unsigned.status_code == broken.status_code == 401
    assert unsigned.json()["code"] == broken.json()["code"] == "rest_not_signed"
    assert signed.status_code == 200
    assert signed.json()["booknetic_ready"] is True


@pytest.mark.parametrize("how", ["button", "mail program"])
def test_a_link_out_of_a_message_works_without_javascript(
    wordpress: WordPress, sidecar: Sidecar, page: Page, how: str
) -> None:
    token = "opt_" + secrets.token_hex(12)
    address = f"{wordpress.url}/?booking_recovery_opt_out={token}"

    shown = requests.get(address, timeout=30)
    assert shown.status_code == 200
    assert "no-store" in shown.headers["cache-control"]
    assert "noindex" in shown.headers["x-robots-tag"]
    assert requests.head(address, timeout=30).status_code == 200
    assert not opt_outs(sidecar, token), "looking at the page changes nothing"

    if how == "button":
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(address)
        press(page, "Stop these messages")
        assert "no more" in page.get_by_role("heading").inner_text()
        assert page.get_by_role("button").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    else:
        done = requests.post(address, data={"List-Unsubscribe": "One-Click"}, timeout=30)
        assert done.status_code == 200

    wait_until(lambda: opt_outs(sidecar, token), what="the opt-out to arrive")
    assert requests.post(address, timeout=30).status_code == 200
    assert len(opt_outs(sidecar, token)) == 1


def opt_outs(sidecar: Sidecar, token: str) -> list[dict[str, Any]]:
    return [
        event["data"]
        for event in sidecar.events
        if event["type"] == "contact.opted_out" and event["data"]["token"] == token
    ]


@pytest.mark.usefixtures("sidecar")
def test_an_owner_without_javascript_sees_what_works_and_what_to_do(
    wordpress: WordPress, sidecar: Sidecar, browser: Browser
) -> None:
    sidecar.calls_back = lambda: call(wordpress, "status", action="status.read")
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto(f"{wordpress.url}/wp-login.php")
    page.fill("#user_login", wordpress.admin.user)
    page.fill("#user_pass", wordpress.admin.password)
    page.click("#wp-submit")
    page.goto(f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings")
    assert page.get_by_role("status").count() == 0, "looking at the page tests nothing"

    press(page, "Save and test")

    stages = page.get_by_role("status").get_by_role("listitem").all_inner_texts()
    assert len(stages) == 8
    assert [stage for stage in stages if "Failed" in stage] == stages[7:], (
        "only the workflow is missing"
    )
    assert "Booking abandoned" in stages[7]

    sidecar.status = 401
    press(page, "Save and test")
    refused = page.get_by_role("status").get_by_role("listitem").all_inner_texts()
    assert "pair" in refused[3]

    page.get_by_label("Messages are sent after").fill("soon")
    press(page, "Save")
    assert "Nothing was changed" in page.locator(".notice-error").first.inner_text()
    page.get_by_label("Messages are sent after").fill("45m, 1d")
    press(page, "Save")
    assert page.get_by_label("Messages are sent after").input_value() == "45m, 1d"
    assert "whsec_" not in page.content()
    context.close()


@pytest.mark.usefixtures("sidecar")
def test_the_sidecar_understands_every_kind_of_event(wordpress: WordPress) -> None:
    visitor, token = secrets.token_hex(16), "opt_" + secrets.token_hex(12)
    answer = ask(
        wordpress,
        current_step="information",
        previous_step="date_time",
        cart='[{"service": 1, "location": 1, "staff": 1, "date": "2199-01-02", "time": "10:00",'
        ' "customer_data": {"email": "Chloe@visitors.example", "first_name": "Chloë"}}]',
        query_params='{"utm_source": "letter", "booking_recovery": "tok_12345678"}',
        booking_recovery_session=visitor,
        booking_recovery_page="/book/?page_id=2",
        booking_recovery_referrer="https://search.example/?q=x",
    )
    assert answer["status"] == "ok"
    script = Path(__file__).parent / "site/every-event.php"
    wordpress.php(f"$visitor = '{visitor}'; require '{script}';")
    requests.post(f"{wordpress.url}/?booking_recovery_opt_out={token}", timeout=30)

    told = call(wordpress, "outbox", action="outbox.read", after_seq=0, limit=500)["events"]

    mine = [event for event in told if event["session_id"] in {visitor, None}]
    assert {event["type"] for event in mine} >= {
        "session.started",
        "session.step_reached",
        "session.contact_given",
        "session.returned",
        "booking.created",
        "booking.confirmed",
        "booking.changed",
        "booking.canceled",
        "contact.opted_out",
        "contact.forgotten",
        "site.checked_in",
        "site.settings_saved",
    }
    for event in told:
        parse_event(event, home_url=wordpress.url, received_at=datetime.now(UTC))


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()
