"""What visitors do, as webhooks: signed, numbered, each body another."""

import io
import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sidecar.config import Site
from sidecar.domain.signature import sign
from tests.assembled import utc

EVENTS = 5
"""Those of one visit: it begins, chooses, leaves an address, and goes on to the last step."""


@dataclass(frozen=True, slots=True)
class Message:
    """One signed webhook."""

    path: str
    headers: dict[str, str]
    body: bytes

    def environ(self) -> dict[str, Any]:
        """As a server gives it to an application; good for one request."""
        named = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()
        }
        return {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(self.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **named,
        }


class Application(Protocol):
    def __call__(self, environ: dict[str, Any], start_response: Any, /) -> Iterable[bytes]: ...


def answer(app: Application, environ: dict[str, Any], *, expected: str = "202") -> None:
    """Have an application answer one request, without a server and without HTTP."""
    told: list[str] = []
    body = app(environ, lambda status, _headers, _error=None: told.append(status))
    list(body)
    close = getattr(body, "close", None)
    if close is not None:
        close()
    assert told[0].startswith(expected), told


class Outbox:
    """Of one site: numbers its events as the bridge's outbox does."""

    def __init__(self, site: Site, home: str) -> None:
        self.site = site
        self._home = home
        self._seq = 0
        self._visits = 0

    def visit(self, *, ago: timedelta = timedelta(0), session: str = "") -> list[dict[str, Any]]:
        """Return the events of a visit that took place so long ago."""
        self._visits += 1
        session = session or secrets.token_hex(16)
        at = datetime.now(UTC) - ago
        choice: dict[str, Any] = {
            "location": {"id": 2, "name": "Main Street"},
            "service": {"id": 9, "name": "Haircut"},
        }
        later = {
            **choice,
            "staff": {"id": 4, "name": "Ann Berger"},
            "date": f"{at + timedelta(days=60):%Y-%m-%d}",
            "time": "10:00",
            "total": {"amount": "45.00", "currency": "EUR"},
        }
        contact = {
            "email": f"{session}@example.com",
            "first_name": "Jo",
            "last_name": "Example",
        }
        page = {"page_url": f"{self._home}/book/", "locale": "de_DE", "device": "mobile"}
        told: list[tuple[str, dict[str, Any]]] = [
            ("session.started", {**page, "client_timezone": "Europe/Berlin"}),
            ("session.step_reached", {"step": "service", "selection": choice}),
            ("session.step_reached", {"step": "date_time", "selection": later}),
            ("session.contact_given", {"contact": contact, "consent": {"basis": "notice"}}),
            ("session.step_reached", {"step": "confirm_details", "selection": later}),
        ]
        assert len(told) == EVENTS
        return [self.event(kind, session, data, at) for kind, data in told]

    def booking(self, session: str) -> dict[str, Any]:
        """Return the event by which a visit ends with a booking."""
        self._visits += 1
        now = datetime.now(UTC)
        appointment = {
            "id": self._visits,
            "starts_at": utc(now + timedelta(days=60)),
            "status": "approved",
            "service_id": 9,
        }
        booking = {
            "key": f"pay{self._visits}",
            "created_at": utc(now),
            "appointments": [appointment],
            "total": {"amount": "45.00", "currency": "EUR"},
        }
        return self.event("booking.confirmed", session, {"booking": booking}, now)

    def event(self, kind: str, session: str, data: dict[str, Any], at: datetime) -> dict[str, Any]:
        self._seq += 1
        return {
            "seq": self._seq,
            "type": kind,
            "occurred_at": utc(at),
            "session_id": session,
            "data": data,
        }

    def message(self, events: Iterable[dict[str, Any]]) -> Message:
        origin = {"home_url": self._home, "outbox_id": "outbox-1"}
        body = json.dumps({"site": self.site.id, "origin": origin, "events": list(events)})
        headers = sign(
            body.encode(),
            message_id="msg_" + secrets.token_hex(8),
            timestamp=int(time.time()),
            secrets=self.site.webhook_secrets,
        )
        return Message(f"/webhooks/{self.site.id}", headers, body.encode())

    def single(self, visits: int) -> list[Message]:
        """Return the events of so many visits, each in a message of its own."""
        return [self.message([event]) for _ in range(visits) for event in self.visit()]


def in_batches(events: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(events), size):
        yield events[first : first + size]
