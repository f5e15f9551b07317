"""What visitors of the salon do, told by webhooks as the bridge tells it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sidecar.adapters.heartbeats import EVERY
from sidecar.web.access import OURS
from sidecar.worker.clock import Clock
from tests.assembled import PASSWORDS, Bridge, statuses, utc, work_off
from tests.web.test_probes import basic

STEPS = ("service", "staff", "date_time", "information")
ANNA = {"email": "anna@example.com", "phone": "+4930123456", "first_name": "Anna"}
HAIRCUT = {"id": 9, "name": "Haircut"}


class Salon:
    """The site `salon`: its visitors, and the workers and clock that look after them."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self._clock = Clock(bridge.sidecar)

    def checks_in(self, **more: Any) -> None:
        told = {
            "bridge_version": "0.1.0",
            "wordpress_version": "6.8",
            "php_version": "8.2",
            "booknetic_version": "5.2.0",
            **more,
        }
        self._tell(self.bridge.check_in(self.bridge.home_url, **told))

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """Have a worker and a clock live."""
        done = threading.Event()
        hearts = self.bridge.sidecar.heartbeats

        def live() -> None:
            while not done.is_set():
                for role in ("worker", "clock"):
                    hearts.beat(role)
                done.wait(EVERY)

        living = threading.Thread(target=live)
        living.start()
        try:
            yield
        finally:
            done.set()
            living.join()

    def asks_how_it_is(self) -> None:
        """Have WordPress asked, as after every start."""
        self._clock.start()

    def visited(
        self,
        session_id: str,
        contact: dict[str, Any] | None = None,
        *,
        ago: timedelta = timedelta(0),
        steps: Sequence[str] = STEPS,
        service: dict[str, Any] = HAIRCUT,
        slot: datetime | None = None,
        **start: Any,
    ) -> None:
        """Have somebody walk through the form, last seen `ago`."""
        page = {"page_url": f"{self.bridge.home_url}/book/", "device": "mobile", **start}
        selection: dict[str, Any] = {"service": service, "total": _money("45.00")}
        if slot is not None:
            selection |= {"date": f"{slot:%Y-%m-%d}", "time": f"{slot:%H:%M}"}
            selection["starts_at"] = utc(slot)
        events = [self.bridge.event("session.started", session_id, **page)]
        events += [
            self.bridge.event("session.step_reached", session_id, step=step, selection=selection)
            for step in steps
        ]
        if contact is not None:
            events.append(self.bridge.event("session.contact_given", session_id, contact=contact))
        end = datetime.now(UTC) - ago
        for before, event in enumerate(reversed(events)):
            event["occurred_at"] = utc(end - before * timedelta(seconds=20))
        self._tell(*events)

    def booked(
        self,
        session_id: str | None,
        key: str,
        *,
        starts_at: datetime,
        created_at: datetime | None = None,
        amount: str = "45.00",
        contact: dict[str, Any] | None = None,
    ) -> None:
        """Have somebody book one appointment, whose number is that of its key."""
        booking = self.booking(key, starts_at=starts_at, created_at=created_at, amount=amount)
        self._tell(
            self.bridge.event("booking.created", session_id, booking=booking, contact=contact),
            self.bridge.event("booking.confirmed", session_id, booking=booking, contact=contact),
        )

    def canceled(self, session_id: str | None, key: str, *, starts_at: datetime) -> None:
        booking = self.booking(key, starts_at=starts_at, status="canceled")
        event = self.bridge.event("booking.canceled", session_id, booking=booking)
        event["data"]["reason"] = "canceled"
        self._tell(event)

    def booking(
        self,
        key: str,
        *,
        starts_at: datetime,
        created_at: datetime | None = None,
        status: str = "approved",
        amount: str = "45.00",
    ) -> dict[str, Any]:
        return {
            "key": key,
            "created_at": utc(created_at or datetime.now(UTC)),
            "appointments": [
                {
                    "id": int(key),
                    "starts_at": utc(starts_at),
                    "ends_at": utc(starts_at + timedelta(hours=1)),
                    "status": status,
                    "service_id": HAIRCUT["id"],
                }
            ],
            "total": _money(amount),
        }

    def sends_nonsense(self) -> None:
        """Have an event come that is well signed and tells of another site's page."""
        nonsense = self.bridge.event(
            "session.started", "nonsense", page_url="https://elsewhere.example/book"
        )
        assert statuses(self.bridge.send(nonsense)) == ["quarantined"]

    def notes_that_no_more_is_wanted(self, email: str) -> None:
        """Have the one at the desk note that somebody wants no messages."""
        answered = self.bridge.client.post(
            f"/api/v1/sites/{self.bridge.site}/contacts",
            json={"email": email, "op": "opt_out"},
            headers=basic("desk", PASSWORDS["desk"]) | OURS,
        )
        assert answered.status_code == 200, answered.text

    def time_passes(self) -> None:
        """Have the clock and the workers do all that is due."""
        while True:
            while self._clock.tick():
                pass
            work_off(self.bridge.sidecar.redis)
            if not self.bridge.sidecar.due.backlog()[0]:
                return

    def passes_a_moment(self) -> None:
        """Have the clock and the workers do what is due at this very moment."""
        self._clock.tick()
        work_off(self.bridge.sidecar.redis)

    def _tell(self, *events: dict[str, Any]) -> None:
        assert set(statuses(self.bridge.send(*events))) == {"applied"}


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}
