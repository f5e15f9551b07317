"""The other side of the bridge, as its tests play it: visitors' forms, and a sidecar that keeps what it hears."""

import base64
import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from standardwebhooks.webhooks import Webhook

from tests.ground.processes import HOST
from tests.ground.wordpress import WordPress

SITE = "salon"
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
        self.asked: list[str] = []  # paths other than the webhooks'

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def types(self, session_id: str, *, site: str = SITE) -> list[str]:
        """Return what `site` told of a session, as types of events."""
        return [
            event["type"]
            for event in self.events
            if (event["site"], event["session_id"]) == (site, session_id)
        ]


class Webhooks(BaseHTTPRequestHandler):
    server: Sidecar

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(WEBHOOK_SECRET).verify(body, dict(self.headers))
        if self.path in SAYS:
            self.server.asked.append(self.path)
        time.sleep(self.server.delay)
        if self.path in SAYS:
            self.answer(200, SAYS[self.path])
            return
        message = json.loads(body)
        assert self.path == f"/webhooks/{message['site']}"
        self.server.events += [event | {"site": message["site"]} for event in message["events"]]
        results = [{"seq": event["seq"], "status": "applied"} for event in message["events"]]
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


@contextlib.contextmanager
def listening() -> Iterator[Sidecar]:
    with Sidecar() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextlib.contextmanager
def connected(wordpress: WordPress, server: Sidecar, *, site: str = SITE) -> Iterator[None]:
    """Connect a site or a blog to a sidecar, and leave its connection as it was."""
    connection = {
        "sidecar": server.url,
        "site": site,
        "webhook_secret": WEBHOOK_SECRET,
        "callback_secret": CALLBACK_SECRET,
    }
    before = wordpress.php(
        "echo wp_json_encode( get_option( 'booking_recovery_settings', array() ) );"
        f"update_option( 'booking_recovery_settings', array( 'connection' => json_decode( '{json.dumps(connection)}', true ) ) );"
    )
    try:
        yield
    finally:
        wordpress.php(
            f"update_option( 'booking_recovery_settings', json_decode( '{before}', true ) );"
            "delete_option( 'booking_recovery_check_in' ); delete_option( 'booking_recovery_delivery' );"
        )


def visits(wordpress: WordPress, step: str, session_id: str, **fields: str) -> float:
    """Open a step of the form; return how long that took in seconds."""
    start = time.monotonic()
    answer = ask(
        wordpress,
        current_step=step,
        cart='[{"service": 1, "location": 1}]',
        booking_recovery_session=session_id,
        booking_recovery_page="/book/",
        **fields,
    )
    assert answer["status"] == "ok"
    return time.monotonic() - start


def ask(wordpress: WordPress, **fields: str) -> Any:
    """Ask the form for a step, as a panel does."""
    address = f"{wordpress.url}/wp-admin/admin-ajax.php"
    return requests.post(address, data={"action": "bkntc_get_data", **fields}, timeout=30).json()


def call(wordpress: WordPress, route: str, *, site: str = SITE, **fields: Any) -> Any:
    """Call a route of the bridge as the sidecar does; return what it answers."""
    answer = called(f"{wordpress.url}/wp-json/booking-recovery/v1/{route}", site=site, **fields)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


def called(address: str, *, site: str = SITE, **fields: Any) -> requests.Response:
    body = json.dumps({"site": site, **fields})
    headers = {"content-type": "application/json"} | signature(body)
    return requests.post(address, data=body, headers=headers, timeout=30)


def signature(body: str) -> dict[str, str]:
    """Sign as the sidecar does."""
    message_id, now = "msg_" + secrets.token_hex(8), datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(CALLBACK_SECRET).sign(message_id, now, body),
    }
