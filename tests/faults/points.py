"""Points at which a process of the sidecar dies, or loses Redis or an answer, as a test says.

The points are the methods by which the sidecar acts on Redis and on WordPress. They are watched
from outside, in a process of the test's own: nothing in the sidecar knows of them.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import RedisError

from sidecar.adapters.counts import Counts
from sidecar.adapters.redis_deeds import Deeds
from sidecar.adapters.redis_notes import SiteNotes
from sidecar.adapters.redis_store import DueIndex, RedisWork
from sidecar.adapters.rq_jobs import Jobs, OurJob
from sidecar.adapters.site_calls import SiteCalls
from sidecar.adapters.wordpress import WordPress
from sidecar.worker.run import Worker
from tests.ground.waiting import wait_until

POINTS: dict[type, tuple[str, ...]] = {
    RedisWork: ("commit",),
    DueIndex: ("bring_to_now", "claim", "extend", "postpone", "put", "remove", "seen"),
    Jobs: ("schedule", "unschedule", "promote", "next_call"),
    SiteCalls: ("stand", "take", "leave"),
    SiteNotes: ("answered", "failed", "told"),
    Counts: ("add",),
    Deeds: ("note",),
    OurJob: ("perform",),
    Worker: ("dequeue_job_and_maintain_ttl",),
    WordPress: (
        "trigger",
        "look_up",
        "register",
        "read_outbox",
        "read_status",
        "update_contact",
        "read_suppressions",
    ),
}

FOR_SEVERAL = (
    "SiteCalls.stand",
    "Jobs.promote",
    "Jobs.unschedule",
    "DueIndex.extend",
    "DueIndex.seen",
)
"""Points that the clock passes with a list, which may be empty."""

CLAIM = "DueIndex.claim"
DEQUEUE = "Worker.dequeue_job_and_maintain_ttl"

EXEMPT = {
    "counts.Counts.read": "only reads",
    "heartbeats": "tells that a process lives; nothing is decided by it",
    "redis_continuity.Continuity": "asked every second; a look that is cut off is made again",
    "redis_deeds.Deeds.latest": "only reads",
    "redis_glances": "only reads",
    "redis_log_ins.LogIns": "a log-in that is lost is asked for again",
    "redis_notes.SiteNotes.read": "only reads",
    "redis_notes.noted": "only reads",
    "redis_room.Room": "only reads",
    "redis_sessions": "only reads",
    "redis_store.DueEntry": "a value",
    "redis_store.DueIndex.now": "only reads",
    "redis_store.DueIndex.backlog": "only reads",
    "redis_store.DueIndex.due_at": "only reads",
    "redis_store.DueIndex.times": "only reads",
    "redis_store.RedisStore": "only reads",
    "redis_store.RedisWork": "only reads, or notes what `commit` writes",
    "redis_tallies.Tallies": "an operator's, who calls again what was cut off",
    "redis_keys": "names",
    "redis_lateness": "only reads, or makes commands that `commit` writes",
    "redis_server": "only asks",
    "alerter": "tells the operator; nothing is decided by it",
    "redis_alerts": "what the operator was told; nothing is decided by it",
    "backup": "an operator's, who calls again what was cut off",
    "backup_file": "an operator's, who calls again what was cut off",
    "redis_store.DueIndex.bring_forward": "has something looked at earlier, which changes nothing else",
    "rq_jobs.OurJob.restore": "only reads",
    "rq_jobs.OurJob.to_dict": "only computes",
    "rq_jobs.OurJob.refresh": "only reads; what cannot be read is made again by its due entry",
    "rq_jobs.job_id_of": "a name",
    "redis_visits": "an operator's, who looks on",
    "schema": "says how values are written; looked at and noted at the start",
    "vault": "only computes",
    "visit_report": "only reads what was answered",
    "wordpress.WordPress.begin_test_visit": "an operator's, who looks on",
    "wordpress.WordPress.read_test_visit": "an operator's, who looks on",
    "egress": "makes connections for WordPress's methods",
    "redis_connection": "makes connections for all others",
    "embedded_redis": "starts Redis, before anything else",
    "key_check": "looks at the keys at the start, before anything else",
    "keys": "reads files at the start, before anything else",
    "private_file": "writes files at the start, before anything else",
    "sentry": "tells of errors; nothing is decided by it",
    "counts.field": "a name",
    "scripts": "reads files of the program",
    "redis_store.milliseconds": "only computes",
    "redis_store.moment": "only computes",
    "redis_store.unpack_session": "only computes",
    "squeeze": "only computes",
    "rq_jobs.queue": "a name",
}
"""What is no point: a method, a class or a file of the adapters, and why."""


class Kind(StrEnum):
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    REDIS_GONE = "Redis gone before"
    REPLY_LOST = "reply lost in"


class Fault(NamedTuple):
    """What goes wrong: at the n-th time that a role passes a point; `exchange` counts commands."""

    role: str
    kind: Kind
    point: str
    passing: int
    exchange: int = 1

    def __str__(self) -> str:
        return f"{self.role} {self.kind} {self.point}, passing {self.passing}.{self.exchange}"


class Passing(NamedTuple):
    """One line of a trace: `exchanges` with Redis are known afterwards."""

    role: str
    when: str
    point: str
    passing: int
    exchanges: int = 0


class Trace:
    """What was passed, in a file that several processes write to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)

    def note(self, passing: Passing) -> None:
        os.write(self._file, ("\t".join(map(str, passing)) + "\n").encode())

    def read(self) -> list[Passing]:
        found = [line.split("\t") for line in self._path.read_text().splitlines()]
        return [Passing(role, when, point, int(n), int(m)) for role, when, point, n, m in found]

    def close(self) -> None:
        os.close(self._file)


MADE = "made"
"""Stands in a trace where the fault was made."""

IDLE = "idle"
"""Stands where the clock found nothing to do."""


def watch(role: str, trace: Trace, fault: Fault | None, redis: int) -> None:
    """Have this process note what it passes, and meet its fault; `redis` is the pid of Redis."""
    _watch_exchanges()
    passings: Counter[str] = Counter()
    for kind, names in POINTS.items():
        for name in names:
            point = f"{kind.__name__}.{name}"
            watched = _watched(getattr(kind, name), point, passings, role, trace, fault, redis)
            setattr(kind, name, watched)


def _watched(
    method: Callable[..., Any],
    point: str,
    passings: Counter[str],
    role: str,
    trace: Trace,
    fault: Fault | None,
    redis: int,
) -> Callable[..., Any]:
    idle = _Idle()

    @wraps(method)
    def passed(self: Any, *args: Any, **named: Any) -> Any:
        if point in FOR_SEVERAL and not args[0]:
            return method(self, *args, **named)
        if point == CLAIM and self.backlog()[0] == 0:  # the clock looks in vain all the time
            if idle.since != passings.total():
                idle.since = passings.total()
                trace.note(Passing(role, IDLE, point, passings[point]))
            return method(self, *args, **named)
        passings[point] += 1
        number = passings[point]
        mine = fault if fault and (fault.point, fault.passing) == (point, number) else None
        trace.note(Passing(role, "before", point, number))
        if mine and mine.kind is Kind.KILLED_BEFORE:
            _die(trace, mine)
        if mine and mine.kind is Kind.REDIS_GONE:
            _kill(redis, trace, mine)
        lost = mine.exchange if mine and mine.kind is Kind.REPLY_LOST else 0
        with _counting(lost) as exchanges:
            try:
                return method(self, *args, **named)
            finally:
                if exchanges.was_lost:
                    trace.note(Passing(role, MADE, point, number))
                trace.note(Passing(role, "after", point, number, exchanges.count))
                if mine and mine.kind is Kind.KILLED_AFTER:
                    _die(trace, mine)

    return passed


class _Idle:
    """How many passings there had been when a process last had nothing to do."""

    since = -1


def _die(trace: Trace, fault: Fault) -> None:
    trace.note(Passing(fault.role, MADE, fault.point, fault.passing))
    os.kill(os.getpid(), signal.SIGKILL)


def _kill(redis: int, trace: Trace, fault: Fault) -> None:
    os.kill(redis, signal.SIGKILL)
    wait_until(lambda: _has_ended(redis), what="the end of Redis")
    trace.note(Passing(fault.role, MADE, fault.point, fault.passing))


def _has_ended(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


class _Exchanges:
    """Commands, or pipelines of them, sent to Redis within a point; the `lost`th has no reply."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.count = 0
        self.was_lost = False


class _Within(threading.local):
    def __init__(self) -> None:
        self.stack: list[_Exchanges | None] = []


_within = _Within()


@contextmanager
def _counting(lost: int) -> Iterator[_Exchanges]:
    """Count for the innermost point alone."""
    exchanges = _Exchanges(lost)
    _within.stack.append(exchanges)
    try:
        yield exchanges
    finally:
        _within.stack.pop()


def _watch_exchanges() -> None:
    send, read = AbstractConnection.send_packed_command, AbstractConnection.read_response

    def send_counted(self: AbstractConnection, command: Any, *args: Any, **named: Any) -> Any:
        sent = send(self, command, *args, **named)  # type: ignore[no-untyped-call]  # redis leaves it untyped
        if _within.stack and _within.stack[-1]:
            _within.stack[-1].count += 1
        return sent

    def read_or_lose(self: AbstractConnection, *args: Any, **named: Any) -> Any:
        reply = read(self, *args, **named)
        mine = _within.stack[-1] if _within.stack else None
        if mine and mine.lost == mine.count and not mine.was_lost:
            mine.was_lost = True
            # All that was sent with it has been done by the time the connection is cut.
            while self.can_read(0.05):
                with suppress(RedisError):
                    read(self)
            self.disconnect()  # type: ignore[no-untyped-call]  # as well
            raise NoConnectionError("the reply was lost")
        return reply

    # What a connection says of itself when it is made, or tested, belongs to no point.
    for name in ("on_connect", "check_health"):
        setattr(AbstractConnection, name, _uncounted(getattr(AbstractConnection, name)))
    AbstractConnection.send_packed_command = send_counted  # type: ignore[method-assign]  # only in this process
    AbstractConnection.read_response = read_or_lose  # type: ignore[method-assign]  # as well


def _uncounted(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def called(*args: Any, **named: Any) -> Any:
        _within.stack.append(None)
        try:
            return method(*args, **named)
        finally:
            _within.stack.pop()

    return called
