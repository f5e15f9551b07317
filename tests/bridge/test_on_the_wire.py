"""The bridge behind a real web server: nobody waits for the sidecar, and strangers stay out."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page
from standardwebhooks.webhooks import Webhook

from sidecar.payloads import parse_event
from tests.ground.processes import HOST
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

WEBHOOK_SECRET, CALLBACK_SECRET = (
    "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2)
)
SAYS = {
    "/bridge/salon/summary": {
        "month": {"bookings": 3, "value": [{"amount": "120.00", "currency": "EUR"}]}
    },
    "/bridge/salon/login": {"url": "/from-wordpress/once"},
}


class Sidecar(ThreadingHTTPServer):
    """Keeps the events that it is sent, all of them signed; may take its time to answer."""

    daemon_threads = True
    delay = 0.0  # seconds
    status = 202
    calls_back: Callable[[], object] | None = None

    def __init__(self) -> None:
        super().__init__((HOST, 0), Webhooks)
        self.events: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def types(self, session_id: str) -> list[str]:
        return [event["type"] for event in self.events if event["session_id"] == session_id]


class Webhooks(BaseHTTPRequestHandler):
    server: Sidecar

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(WEBHOOK_SECRET).verify(body, dict(self.headers))
        time.sleep(self.server.delay)
        if self.path in SAYS:
            self.answer(200, SAYS[self.path])
            return
        events = json.loads(body)["events"]
        self.server.events += events
        results = [{"seq": event["seq"], "status": "applied"} for event in events]
        self.answer(self.server.status, {"results": results})
        if self.server.calls_back:
            threading.Thread(target=self.server.calls_back).start()

    def do_GET(self) -> None:
        self.answer(200, "The status page")

    def answer(self, status: int, said: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing: the test tells what went wrong."""


@pytest.fixture
def sidecar(wordpress: WordPress) -> Iterator[Sidecar]:
    """Connect the site to a sidecar, and leave its connection as it was."""
    with Sidecar() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = {
            "sidecar": server.url,
            "site": "salon",
            "webhook_secret": WEBHOOK_SECRET,
            "callback_secret": CALLBACK_SECRET,
        }
        before = wordpress.php(
            "echo wp_json_encode( get_option( 'booking_recovery_settings', array() ) );"
            f"update_option( 'booking_recovery_settings', array( 'connection' => json_decode( '{json.dumps(connection)}', true ) ) );"
        )
        try:
            yield server
        finally:
            wordpress.php(
                f"update_option( 'booking_recovery_settings', json_decode( '{before}', true ) );"
                "delete_option( 'booking_recovery_check_in' ); delete_option( 'booking_recovery_delivery' );"
            )
            server.shutdown()


def visits(wordpress: WordPress, step: str, session_id: str) -> float:
    """Open a step of the form; return how long that took in seconds."""
    start = time.monotonic()
    answer = ask(
        wordpress,
        current_step=step,
        cart='[{"service": 1, "location": 1}]',
        booking_recovery_session=session_id,
        booking_recovery_page="/book/",
    )
    assert answer["status"] == "ok"
    return time.monotonic() - start


def ask(wordpress: WordPress, **fields: str) -> Any:
    """Ask the form for a step, as a panel does."""
    address = f"{wordpress.url}/wp-admin/admin-ajax.php"
    return requests.post(address, data={"action": "bkntc_get_data", **fields}, timeout=30).json()


def test_what_visitors_do_arrives_at_once(wordpress: WordPress, sidecar: Sidecar) -> None:
    visitor = secrets.token_hex(16)
    visits(wordpress, "staff", visitor)

    wait_until(
        lambda: sidecar.types(visitor) == ["session.started", "session.step_reached"],
        timeout=5,
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
        timeout=20,
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

    wait_until(lambda: opt_outs(sidecar, token), timeout=5, what="the opt-out to arrive")
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
    page.goto(f"{wordpress.url}/wp-admin/options-general.php?page=booking-recovery")
    assert page.get_by_role("status").count() == 0, "looking at the page tests nothing"

    press(page, "Save and test")

    stages = page.get_by_role("status").get_by_role("listitem").all_inner_texts()
    assert len(stages) == 8
    assert [stage for stage in stages if "Failed" in stage] == stages[7:], (
        "only the workflow is missing"
    )
    assert "Booking abandoned" in stages[7]

    assert "This month: 3. 120.00 EUR" in page.inner_text(".wrap")
    press(page, "Open the status page")
    assert page.url == f"{sidecar.url}/from-wordpress/once"
    page.go_back()

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


def call(wordpress: WordPress, route: str, **fields: Any) -> Any:
    """Call a route of the bridge as the sidecar does."""
    body = json.dumps({"site": "salon", **fields})
    answer = requests.post(
        f"{wordpress.url}/wp-json/booking-recovery/v1/{route}",
        data=body,
        headers={"content-type": "application/json"} | signature(body),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def signature(body: str) -> dict[str, str]:
    """Sign as the sidecar does."""
    message_id, now = "msg_" + secrets.token_hex(8), datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(CALLBACK_SECRET).sign(message_id, now, body),
    }
