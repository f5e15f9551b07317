"""A sidecar of real processes with a Redis of its own, beside a WordPress that remembers."""

import contextlib
import json
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import requests
from redis.exceptions import RedisError

from sidecar.adapters import redis_keys
from sidecar.config import parse
from sidecar.domain.decision import LEASE
from sidecar.domain.person import person_key
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.signature import sign
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge, assembled, utc
from tests.ground.processes import HOST, Process, free_port, private_directory
from tests.ground.redis import Server
from tests.ground.waiting import wait_until
from tests.listening import Call, Listener, Reply, listening

WORKERS = 2

AT_ONCE = """
abandon_after = "1s"
messages = ["2s"]
"""


_WITH_LEASE = """
from datetime import timedelta
from sidecar.domain import decision
decision.LEASE = timedelta(seconds={})
from sidecar.cli import main
main(prog_name="booking-recovery")
"""
"""The sidecar with another lease of a hand-over, set before anybody takes it over."""


class Remembering:
    """What the bridge keeps: claims, an outbox, opt-outs. `sent` counts what really went out."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.at: dict[str, float] = {}
        self.outbox: list[dict[str, Any]] = []
        self.opted_out: dict[str, str] = {}
        self.settings: dict[str, Any] = {}
        self.before: Callable[[Call], None] = lambda _: None
        self._outcomes: dict[str, str] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Reply:
        self.before(call)
        told = {
            "recoveries": self._trigger,
            "recoveries/lookup": self._look_up,
            "outbox": self._outbox,
            "suppressions": self._suppressions,
            "status": self._status,
        }.get(call.route)
        return Reply(body=told(call.body) if told else {"outcome": "done", "rows": 0})

    def _trigger(self, body: dict[str, Any]) -> dict[str, Any]:
        name = body["recovery_id"]
        with self._lock:
            repeated = name in self._outcomes
            if not repeated:
                wanted = person_key(body["contact"]["email"]) not in self.opted_out
                self._outcomes[name] = "sent" if wanted else "stopped"
                self.sent[name] += wanted
                self.at[name] = time.time()
        return {"recovery_id": name, "outcome": self._outcomes[name], "repeated": repeated}

    def _look_up(self, body: dict[str, Any]) -> dict[str, Any]:
        name = body["recovery_id"]
        return {"recovery_id": name, "outcome": self._outcomes.get(name, "unknown_id")}

    def _outbox(self, body: dict[str, Any]) -> dict[str, Any]:
        later = [event for event in self.outbox if event["seq"] > body.get("after_seq", 0)]
        page = later[: body["limit"]]
        last = self.outbox[-1]["seq"] if self.outbox else 0
        return {"events": page, "last_seq": last, "has_more": len(page) < len(later)}

    def _suppressions(self, body: dict[str, Any]) -> dict[str, Any]:
        entries = [
            {"cursor": number, "person_key": key, "at": at, "via": "link"}
            for number, (key, at) in enumerate(self.opted_out.items(), start=1)
            if number > (body.get("after") or 0)
        ]
        return {"entries": entries, "has_more": False}

    def _status(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "time": utc(datetime.now(UTC)),
            "settings": self.settings,
            "revision": 1,
            "booknetic_ready": True,
            "workflows": 1,
        }


class Parts:
    """All of it; `sidecar` looks at the store from within the test's own process."""

    def __init__(self, folder: Path, server: Server, wordpress: Listener, recovery: str) -> None:
        self.folder = folder
        self.server = server
        self.wordpress = wordpress
        self.memory = Remembering()
        wordpress.answer = self.memory.answer
        self.sidecar = self._wired(recovery)
        self.bridge = Bridge(self.sidecar, home_url=wordpress.url)
        self._processes: list[Process] = []

    def _wired(self, recovery: str) -> Sidecar:
        self._address = (HOST, free_port())
        assembled(self.folder, self.server.url, home=self.wordpress.url, recovery=recovery)
        path = self.folder / "config.toml"
        host, port = self._address
        text = f'{path.read_text()}\n[server]\nhost = "{host}"\nport = {port}\n'
        path.write_text(f"{text}job_workers = {WORKERS}\nweb_workers = 1\n")
        return assemble(parse(path.read_text(), path=path))

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self._address)

    def start(self, *command: str, program: Sequence[str] = ("-m", "sidecar")) -> Process:
        process = Process(
            [sys.executable, *program, *command], log=self.folder / "sidecar.log", cwd=self.folder
        )
        self._processes.append(process)
        return process

    def up(self, *, lease: timedelta = LEASE) -> Process:
        """Start everything that an operator's `up` starts, and wait for it."""
        process = self.start("up", program=("-c", _WITH_LEASE.format(lease.total_seconds())))
        process.wait_for(self._address)
        wait_until(self.all_alive, what="the processes")
        return process

    def all_alive(self) -> bool:
        with contextlib.suppress(RedisError):
            return all(self.sidecar.heartbeats.alive()[role] for role in ("worker", "clock"))
        return False

    def stop(self) -> None:
        while self._processes:
            self._processes.pop().stop(signal.SIGKILL)

    def pids(self, role: str) -> list[int]:
        found = cast("list[bytes]", self.server.client.zrange(redis_keys.HEARTBEATS, 0, -1))
        return [
            int(member.decode().rpartition(":")[2])
            for member in found
            if member.startswith(f"{role}:".encode())
        ]

    def log(self) -> str:
        return (self.folder / "sidecar.log").read_text()

    def happens(self, kind: str, session_id: str | None = "s1", **data: Any) -> dict[str, Any]:
        """Write an event into the outbox, and deliver nothing."""
        event = self.bridge.event(kind, session_id, **data)
        self.memory.outbox.append(event)
        return event

    def leaves(self, session_id: str, email: str | None = None) -> dict[str, Any]:
        contact = {"email": email or f"{session_id}@example.com"}
        return self.happens("session.contact_given", session_id, contact=contact)

    def deliver(self, *events: object) -> requests.Response:
        """Post events to the web server as the bridge does."""
        body = json.dumps(self.bridge.envelope(events)).encode()
        headers = sign(
            body,
            message_id="msg_" + secrets.token_hex(8),
            timestamp=int(time.time()),
            secrets=self.sidecar.config.sites["salon"].webhook_secrets,
        )
        headers = {**headers, "content-type": "application/json"}
        return requests.post(f"{self.url}/webhooks/salon", body, headers=headers, timeout=30)

    def recovery(self, session_id: str) -> Recovery | None:
        """How the first recovery of a session stands; None also while Redis is away."""
        with contextlib.suppress(RedisError):
            session = self.sidecar.store.begin("salon").session(session_id)
            return session.recoveries[0] if session and session.recoveries else None
        return None

    def wait_for_end(self, session_id: str, outcome: Outcome = Outcome.SENT) -> None:
        wait_until(
            lambda: (found := self.recovery(session_id)) and found.outcome is outcome,
            what=f"{session_id} to be {outcome}",
        )

    def wait_for_sent(self, *sessions: str) -> None:
        wait_until(
            lambda: all(self.memory.sent[f"{name}.1"] for name in sessions),
            what="the messages",
        )


@contextlib.contextmanager
def standing(recovery: str = AT_ONCE) -> Iterator[Parts]:
    """Have all parts there, of which only Redis and WordPress run yet."""
    with private_directory() as folder, listening() as wordpress:
        place = folder / "redis"
        place.mkdir()
        server = Server(place)
        server.start()
        parts = Parts(folder, server, wordpress, recovery)
        try:
            yield parts
        finally:
            parts.stop()
            server.kill()
