"""A bridge that also delivers, and hangs up where a test says: the other side of crash points."""

import json
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

import requests

from sidecar.config import Site
from sidecar.domain.signature import sign
from tests.assembled import utc
from tests.faults.parts import Remembering
from tests.ground.clock import Clock
from tests.listening import Call, Listener, Reply

OUTBOX = "outbox-1"
_ACCEPTED = 202

UNWELL = [("status", 1), ("recoveries", 2)]
"""Calls after which it hangs up in every story, by route and number: so there is a look-up."""


class Salon(Remembering):
    """Sends its events until they are acknowledged."""

    def __init__(
        self,
        listener: Listener,
        clock: Clock,
        sidecar_url: str,
        *,
        settings: dict[str, Any],
        hangs_up_at: Iterable[tuple[str, int]],
    ) -> None:
        super().__init__()
        self.settings = settings
        self.asked: Counter[str] = Counter()
        self.asked_again: list[str] = []
        self.tokens: dict[str, str] = {}
        self.conversions: dict[str, dict[str, Any]] = {}
        self.wishes: list[tuple[str, str]] = []
        self.hung_up: list[tuple[str, int]] = []
        self.refusals: list[int] = []
        self.home_url = listener.url
        self._hangs_up_at = {*UNWELL, *hangs_up_at}
        self._clock = clock
        self._url = sidecar_url
        self._pending: list[dict[str, Any]] = []
        listener.answer = self.answer

    def notes(self, kind: str, session: str | None = None, **data: Any) -> None:
        """Something happened here; it goes out with the next `deliver`."""
        self._pending.append(self.keeps(kind, session, **data))

    def keeps(self, kind: str, session: str | None = None, **data: Any) -> dict[str, Any]:
        """Something happened here, and PHP ended before it could be sent."""
        event = {
            "seq": len(self.outbox) + 1,
            "type": kind,
            "occurred_at": utc(self._clock.now()),
            "session_id": session,
            "data": data,
        }
        self.outbox.append(event)
        return event

    def checks_in(self) -> None:
        self.notes(
            "site.checked_in",
            contract=1,
            home_url=self.home_url,
            rest_url=f"{self.home_url}/wp-json/booking-recovery/v1/",
            timezone="Europe/Berlin",
            delivery="push",
        )

    def deliver(self, site: Site) -> bool:
        """Send what is not acknowledged; tells whether everything is."""
        if not self._pending:
            return True
        origin = {"home_url": self.home_url, "outbox_id": OUTBOX}
        body = json.dumps({"site": site.id, "origin": origin, "events": self._pending}).encode()
        headers = sign(
            body,
            message_id="msg_" + secrets.token_hex(8),
            timestamp=int(self._clock.now().timestamp()),
            secrets=site.webhook_secrets,
        )
        try:
            answer = requests.post(
                f"{self._url}/webhooks/{site.id}",
                data=body,
                headers={**headers, "content-type": "application/json"},
                timeout=10,
            )
        except requests.RequestException:
            return False
        if answer.status_code != _ACCEPTED:
            self.refusals.append(answer.status_code)
            return False
        held = {result["seq"] for result in answer.json()["results"]}
        self._pending = [event for event in self._pending if event["seq"] not in held]
        return not self._pending

    def answer(self, call: Call) -> Reply:
        """Act, and then answer or not."""
        reply = super().answer(call)
        self.asked[call.route] += 1
        at = (call.route, self.asked[call.route])
        if at in self._hangs_up_at:
            self.hung_up.append(at)
            return Reply(hangs_up=True)
        asked = call.body
        if call.route == "conversions":
            known = self.conversions.get(asked["conversion_id"], {"revision": 0})
            if asked["revision"] > known["revision"]:
                self.conversions[asked["conversion_id"]] = asked
        elif call.route == "contacts":
            self.wishes.append((asked["op"], asked["email"]))
        return reply

    def _trigger(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = super()._trigger(body)
        self.tokens[body["recovery_id"]] = body["resume_token"]
        if answer["repeated"]:
            self.asked_again.append(body["recovery_id"])
        return answer

    def _status(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**super()._status(body), "time": utc(self._clock.now())}
