"""P11: how soon the next message goes out after Redis, a clock or a worker was gone."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from bench import rq_defaults
from bench.rows import Goal, Row
from tests.faults.parts import Parts, standing
from tests.ground.waiting import wait_until
from tests.listening import Call

COVERS = ("P11",)

LEASE = timedelta(seconds=6)
"""Of a hand-over; as it is shipped, it is longer than any call may take."""

SILENCE = 1.0  # seconds, as `standing` has it
DELAY = 2.0


class OfRq(NamedTuple):
    """Seconds that RQ's own scheduler and retries take after the same fault, by default.

    Measured once, with rq 3.0.0 and its default intervals on two cores, and not anew in a run of
    the bench: they follow from RQ's timers (maintenance every 600 s, in steps of 405 s), and each
    takes a quarter of an hour to be seen. What it takes after a killed worker is measured by
    `bench.rq_defaults`.
    """

    redis_2: float = 811
    redis_45: float = 828
    clock: float = 807


OF_RQ = OfRq()
_KNOWN = "the reference is RQ's default, of an earlier and longer measurement"


def rows() -> Iterator[Row]:
    with standing() as parts:
        parts.up()
        yield _row("redis-2", "Redis back after 2 s", _redis_away(parts, 2), OF_RQ.redis_2, 3)
        yield _row("redis-45", "Redis back after 45 s", _redis_away(parts, 45), OF_RQ.redis_45, 5)
        yield _row("clock", "one of two clocks was killed", _killed_clock(parts), OF_RQ.clock, 1)
    with standing() as parts:
        limit = LEASE.total_seconds() + 1
        name = f"its worker was killed in the call (a lease of {LEASE.total_seconds():g} s)"
        of_rq = json.loads(rq_defaults.FILE.read_text())
        known = (
            f"the reference is RQ's default, as bench.rq_defaults measured it on {of_rq['date']}"
        )
        yield _row("worker", name, _killed_worker(parts), of_rq["worker"], limit, known)


def _row(
    name: str, fault: str, seconds: float, of_rq: float, limit: float, known: str = _KNOWN
) -> Row:
    return Row(
        id=f"P11.{name}",
        name=f"until the next message that was due was out, after {fault}",
        figure=seconds,
        unit="s",
        reference=of_rq,
        goal=Goal("<=", limit),
        goal_figure=seconds,
        reason=known,
    )


def _redis_away(parts: Parts, seconds: float) -> float:
    """Return how long after Redis is back a message is out that was due meanwhile."""
    visit = f"away-{seconds:g}"
    assert parts.deliver(parts.leaves(visit)).ok
    parts.server.kill()
    time.sleep(seconds)
    parts.server.start()
    back = time.time()
    parts.wait_for_sent(visit)
    return _late(parts, visit, since=back)


def _killed_clock(parts: Parts) -> float:
    """Kill one of two clocks while messages fall due; return by how much the next was late."""
    second = parts.start("clock")
    wait_until(lambda: second.pid in parts.pids("clock"), what="the second clock")
    visit = "clock"
    assert parts.deliver(parts.leaves(visit)).ok
    time.sleep(SILENCE + DELAY / 2)  # abandoned by now, and not yet due
    second.stop(signal.SIGKILL)
    parts.wait_for_sent(visit)
    return _late(parts, visit)


def _killed_worker(parts: Parts) -> float:
    """Kill the worker in its call; return how long after the hand-over the message's end is known."""
    parts.up(lease=LEASE)
    called, go_on = threading.Event(), threading.Event()
    parts.memory.before = _hanging(called, go_on)
    assert parts.deliver(parts.leaves("worker")).ok
    assert called.wait(60)
    for pid in parts.pids("worker"):
        os.kill(pid, signal.SIGKILL)
    go_on.set()
    parts.wait_for_end("worker")
    recovery = parts.recovery("worker")
    assert recovery is not None
    assert recovery.sent_at is not None
    assert recovery.handed_at is not None
    return (recovery.sent_at - recovery.handed_at).total_seconds()


def _hanging(called: threading.Event, go_on: threading.Event) -> Callable[[Call], None]:
    def hang(call: Call) -> None:
        if call.route == "recoveries" and not go_on.is_set():
            called.set()
            go_on.wait(60)

    return hang


def _late(parts: Parts, visit: str, *, since: float = 0.0) -> float:
    """Seconds by which a message went out after it was due and could be."""
    parts.wait_for_end(visit)
    recovery = parts.recovery(visit)
    assert recovery is not None
    return parts.memory.at[f"{visit}.1"] - max(since, recovery.due_at.timestamp())
