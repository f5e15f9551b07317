"""Everything is killed at random while visitors come and go: `python -m tests.faults.soak --minutes 5`.

The sidecar runs as `up` runs it, with a real Redis. Its web servers, workers, clock, Redis and
supervisor are killed (SIGKILL) in no order; events come twice, in no order, or never by push; the
bridge answers some calls with 500, and does what some others ask and hangs up. Afterwards every
event and every visit is looked at.
"""

import json
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
import requests
from redis.exceptions import RedisError

from sidecar.adapters import redis_keys
from sidecar.config import parse
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, State
from sidecar.domain.signature import sign
from sidecar.wiring import Sidecar as Assembled
from sidecar.wiring import assemble
from tests.assembled import utc
from tests.ground.processes import HOST, answers, private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import GaveUpError, wait_until
from tests.listening import Call, Listener, Reply, listening

VISITS_A_SECOND = 3.0
BOOKING = 0.2
"""The share of visits that end with a booking."""

TWICE, NEVER_PUSHED = 0.3, 0.1
"""The shares of events that are pushed twice, and of those that lie in the outbox only."""

REFUSED, HUNG_UP = 0.1, 0.1
"""The shares of calls that the bridge answers with 500, and that it follows without an answer."""

SETTLES_WITHIN = 240.0
"""Seconds: a hand-over whose worker was killed is looked at when its lease of 90 s is over."""


@dataclass
class Bridge:
    """A site that remembers: its outbox, and which messages it has sent."""

    listener: Listener
    chance: random.Random
    sent: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0
    outbox: list[dict[str, Any]] = field(default_factory=list)
    is_faulty: bool = True

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.listener.answer = self._answer

    def note(self, kind: str, session_id: str | None, **data: Any) -> dict[str, Any]:
        with self._lock:
            event = {
                "seq": len(self.outbox) + 1,
                "type": kind,
                "occurred_at": utc(datetime.now(UTC)),
                "session_id": session_id,
                "data": data,
            }
            self.outbox.append(event)
        return event

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            luck = self.chance.random() if self.is_faulty else 1.0
            if luck < REFUSED:
                return Reply(status=500)
            answer = self._follow(call)
            return Reply(hangs_up=True) if luck < REFUSED + HUNG_UP else answer

    def _follow(self, call: Call) -> Reply:
        recovery_id = str(call.body.get("recovery_id"))
        match call.route:
            case "recoveries":
                if recovery_id in self.sent:
                    self.asked_again += 1
                else:
                    self.sent[recovery_id] += 1
                return Reply(body={"recovery_id": recovery_id, "outcome": "sent"})
            case "recoveries/lookup":
                known = "sent" if recovery_id in self.sent else "unknown_id"
                return Reply(body={"recovery_id": recovery_id, "outcome": known})
            case "outbox":
                found = [one for one in self.outbox if one["seq"] > call.body["after_seq"]]
                page = found[: call.body["limit"]]
                return Reply(
                    body={
                        "events": page,
                        "last_seq": len(self.outbox),
                        "has_more": len(found) > len(page),
                    }
                )
            case "suppressions":
                return Reply(body={"entries": [], "has_more": False})
            case "status":
                return Reply(body={"settings": {}, "revision": 1, "booknetic_ready": True})
            case _:
                return Reply(body={"outcome": "registered"})


class Visitors:
    """Come, leave or book; what they do is pushed in no order, and some of it twice or never."""

    def __init__(self, bridge: Bridge, url: str, secrets_: Sequence[bytes]) -> None:
        self._bridge = bridge
        self._url = f"{url}/webhooks/{SITE}"
        self._secrets = secrets_
        self._chance = bridge.chance
        self.count = 0
        self.pushed = 0

    def come(self, ends_at: float) -> None:
        self._push([self._check_in()])
        while time.monotonic() < ends_at:
            events = [event for _ in range(3) for event in self._visit()]
            events += [one for one in events if self._chance.random() < TWICE]
            events = [one for one in events if self._chance.random() >= NEVER_PUSHED]
            self._chance.shuffle(events)
            self._push(events)
            time.sleep(3 / VISITS_A_SECOND)

    def _check_in(self) -> dict[str, Any]:
        home = self._bridge.listener.url
        return self._bridge.note(
            "site.checked_in",
            None,
            contract=1,
            home_url=home,
            rest_url=f"{home}/wp-json/booking-recovery/v1/",
            timezone="Europe/Berlin",
            delivery="push",
        )

    def _visit(self) -> Iterator[dict[str, Any]]:
        self.count += 1
        session = f"visit-{self.count}"
        note = self._bridge.note
        yield note("session.started", session, page_url=f"{self._bridge.listener.url}/book/")
        yield note("session.step_reached", session, step="information")
        yield note("session.contact_given", session, contact={"email": f"{session}@example.com"})
        if self._chance.random() < BOOKING:
            starts = utc(datetime.now(UTC) + timedelta(days=3))
            booking = {
                "key": f"pay-{self.count}",
                "created_at": utc(datetime.now(UTC)),
                "appointments": [{"id": self.count, "starts_at": starts, "status": "approved"}],
            }
            yield note("booking.confirmed", session, booking=booking)

    def _push(self, events: list[dict[str, Any]]) -> None:
        """Try once, as a bridge does: what is not taken in is read from the outbox."""
        origin = {"home_url": self._bridge.listener.url, "outbox_id": "outbox-1"}
        body = json.dumps({"site": SITE, "origin": origin, "events": events}).encode()
        headers = sign(
            body,
            message_id="msg_" + secrets.token_hex(8),
            timestamp=int(time.time()),
            secrets=self._secrets,
        )
        headers["content-type"] = "application/json"
        with suppress(requests.RequestException):
            answer = requests.post(self._url, data=body, headers=headers, timeout=5)
            self.pushed += len(events) if answer.status_code == 202 else 0


class Killer:
    """Kills a process at random every moment."""

    def __init__(self, sidecar: Sidecar, look: Assembled, chance: random.Random) -> None:
        self._sidecar = sidecar
        self._look = look
        self._chance = chance
        self.killed: Counter[str] = Counter()

    def kill_until(self, ends_at: float) -> None:
        roles = ["web", "worker", "clock", "redis"]
        while time.monotonic() < ends_at:
            time.sleep(self._chance.uniform(0.3, 1.5))
            if not roles:
                roles = ["web", "worker", "worker", "clock", "redis", "up"]
            role = roles.pop(self._chance.randrange(len(roles)))
            if role == "up":
                self._sidecar.stop(signal.SIGKILL)
                wait_until(self._has_left, what="the port to be free")
                self._sidecar.start()
                self.killed[role] += 1
            elif pids := self._pids().get(role):
                with suppress(ProcessLookupError):
                    os.kill(self._chance.choice(pids), signal.SIGKILL)
                    self.killed[role] += 1

    def _has_left(self) -> bool:
        return not answers((HOST, urlsplit(self._sidecar.url).port or 0))

    def _pids(self) -> dict[str, list[int]]:
        """The living processes by their roles."""
        beating: dict[int, str] = {}
        with suppress(RedisError):
            members = self._look.redis.zrange(redis_keys.HEARTBEATS, 0, -1)
            for member in cast("list[bytes]", members):
                role, _, number = member.decode().split(":")
                beating[int(number)] = role
        found: dict[str, list[int]] = {}
        children = _children(self._sidecar.pid)
        for pid in [*children, *(each for one in children for each in _children(one))]:
            program = Path(f"/proc/{pid}/exe")
            with suppress(OSError):
                is_redis = not program.resolve().name.startswith("python")
                role = "redis" if is_redis else beating.get(pid, "web")
                found.setdefault(role, []).append(pid)
        return found


def _children(pid: int) -> list[int]:
    with suppress(OSError):  # it has just ended
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@dataclass
class Result:
    """What was done, and in `wrong` each difference from what must be."""

    visits: int
    events: int
    pushed: int
    killed: Counter[str]
    sent: int
    asked_again: int
    wrong: list[str]

    @property
    def figure(self) -> str:
        return f"{self.visits} visits, {self.sent} messages, {self.killed.total()} kills: {len(self.wrong)} differences"

    def __str__(self) -> str:
        kills = ", ".join(f"{role} {count}" for role, count in sorted(self.killed.items()))
        return (
            f"{self.figure} ({self.events} events of which {self.pushed} were pushed, with repeats; "
            f"kills: {kills}; asked again for what was sent: {self.asked_again})"
        )


def soak(seconds: float, seed: int) -> Result:
    """Run, kill, wait until everything has come to its end, and look."""
    chance = random.Random(seed)  # noqa: S311 -- nobody guesses at it
    with private_directory() as folder, listening() as listener, _running(folder, listener) as one:
        bridge, look = Bridge(listener, chance), _look_at(folder)
        site = look.config.sites[SITE]
        visitors = Visitors(bridge, one.url, site.webhook_secrets)
        killer = Killer(one, look, random.Random(seed + 1))  # noqa: S311 -- as above
        ends_at = time.monotonic() + seconds
        visiting = threading.Thread(target=visitors.come, args=(ends_at,))
        visiting.start()
        killer.kill_until(ends_at)
        visiting.join()
        bridge.is_faulty = False
        wrong = _differences(bridge, look)
        return Result(
            visits=visitors.count,
            events=len(bridge.outbox),
            pushed=visitors.pushed,
            killed=killer.killed,
            sent=bridge.sent.total(),
            asked_again=bridge.asked_again,
            wrong=wrong,
        )


@contextmanager
def _running(folder: Path, listener: Listener) -> Iterator[Sidecar]:
    sidecar = Sidecar(
        folder, site_url=listener.url, abandon_after="2s", messages=["1s"], attribution_window="1h"
    )
    sidecar.start()
    try:
        yield sidecar
    finally:
        sidecar.stop()


def _look_at(folder: Path) -> Assembled:
    path = folder / "config.toml"
    return assemble(parse(path.read_text(), path=path))


def _differences(bridge: Bridge, look: Assembled) -> list[str]:
    """Wait until there are none; what is left after that is wrong."""
    found: list[str] = []

    def settled() -> bool:
        with suppress(RedisError):
            found[:] = _found(bridge, look)
            return not found
        return False

    with suppress(GaveUpError):
        wait_until(settled, timeout=SETTLES_WITHIN, what="everything to come to its end")
    return list(found)


def _found(bridge: Bridge, look: Assembled) -> list[str]:
    work = look.store.begin(SITE)
    cursor = work.record().cursor
    held = cursor.ack if cursor else 0
    wrong = [] if held == len(bridge.outbox) else [f"events held: {held} of {len(bridge.outbox)}"]
    booked = {one["session_id"] for one in bridge.outbox if one["type"] == "booking.confirmed"}
    ids = sorted({one["session_id"] for one in bridge.outbox if one["session_id"]})
    for session_id in ids:
        session = work.session(session_id)
        wrong += [f"{session_id}: {what}" for what in _wrong_with(session, bridge, booked)]
    wrong += [f"{one} was sent {n} times" for one, n in bridge.sent.items() if n != 1]
    for name, count in (
        ("in quarantine", look.store.count_quarantined(SITE)),
        ("unreadable", look.store.count_unreadable(SITE)),
    ):
        wrong += [f"{name}: {count}"] if count else []
    return wrong


def _wrong_with(session: Session | None, bridge: Bridge, booked: set[str]) -> Iterator[str]:
    if session is None:
        yield "is not known"
        return
    ends = (State.BOOKED, State.RECOVERED) if session.id in booked else (State.CONTACTED,)
    if session.state not in ends:
        yield f"is {session.state}"
    was_sent = f"{session.id}.1" in bridge.sent
    is_sent = any(one.outcome is Outcome.SENT for one in session.recoveries)
    if was_sent != is_sent:
        yield f"the bridge {'has' if was_sent else 'has not'} sent a message, and it is not known"
    if not was_sent and session.id not in booked:
        yield "was not written to"
    for recovery in session.recoveries:
        explained = recovery.outcome is Outcome.SENT or (
            recovery.outcome is Outcome.SKIPPED and recovery.reason
        )
        if not explained:
            yield f"message {recovery.number} is {recovery.outcome}"
    if not session.timeline:
        yield "is not explained"


@click.command()
@click.option("--minutes", type=float, default=5.0, show_default=True)
@click.option("--seed", type=int, default=None, help="Of an earlier run, to have its dice again.")
def main(*, minutes: float, seed: int | None) -> None:
    """Kill everything at random for some minutes, then look whether anything was lost or doubled."""
    chosen = secrets.randbelow(10**6) if seed is None else seed
    click.echo(f"killing everything at random for {minutes:g} min (--seed {chosen})")
    result = soak(minutes * 60, chosen)
    for line in result.wrong:
        click.echo(line)
    click.echo(str(result))
    sys.exit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
