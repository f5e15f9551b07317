"""When messages go out: at rest, and where a clock or a worker is killed."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.decision import LEASE
from sidecar.worker.clock import CLAIM
from tests.assembled import utc
from tests.faults.parts import Parts, standing
from tests.gates import Gate
from tests.ground.waiting import wait_until
from tests.listening import Call

SPREAD = """
abandon_after = "1s"
messages = ["9s"]
"""
BOUND = 5.0
"""Seconds that a busy machine may add to what must hold on a quiet one."""

SHORT_LEASE = timedelta(seconds=6)


@pytest.fixture(scope="module")
def parts() -> Iterator[Parts]:
    with standing(SPREAD) as parts:
        parts.up()
        yield parts


def test_no_message_is_early_and_few_are_late(parts: Parts, gate: Gate) -> None:
    late = _lateness(parts, "rest", count=200, apart=0.035)

    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99) - 1]
    gate(
        "R7",
        f"{len(late)} messages at rest",
        holds="0 early, 99 of 100 at most 0.5 s late",
        figure=f"{sum(one < 0 for one in late)} early, half within {p50:.2f} s, 99 % within {p99:.2f} s",
    )
    assert late[0] >= 0
    assert p99 <= BOUND


def test_the_death_of_a_clock_delays_little(parts: Parts, gate: Gate) -> None:
    (first,) = parts.pids("clock")
    second = parts.start("clock")
    wait_until(lambda: second.pid in parts.pids("clock"), what="the second clock")

    late = _lateness(
        parts, "two", count=40, apart=0.05, during=lambda: second.stop(signal.SIGKILL)
    )
    alone = _lateness(
        parts, "one", count=40, apart=0.05, during=lambda: os.kill(first, signal.SIGKILL)
    )

    limit = CLAIM.total_seconds()
    gate(
        "R5",
        "one of two clocks killed (SIGKILL)",
        holds=f"at most 1 s late, or {limit:g} s what it had just taken",
        figure=f"{late[-1]:.2f} s late at the most",
    )
    gate(
        "R5",
        "the only clock killed (SIGKILL)",
        holds=f"at most {limit:g} s late, and the time of its restart",
        figure=f"{alone[-1]:.2f} s late at the most",
    )
    assert min(late[0], alone[0]) >= 0
    assert max(late[-1], alone[-1]) <= limit + BOUND


def test_a_call_whose_worker_was_killed_is_looked_up_and_made_once(gate: Gate) -> None:
    with standing() as parts:
        parts.up(lease=SHORT_LEASE)
        called, go_on = threading.Semaphore(0), threading.Event()

        def hang(call: Call) -> None:
            if call.route == "recoveries" and not go_on.is_set():
                called.release()
                go_on.wait(60)
                if call.body["session_id"] == "lost":
                    raise ConnectionAbortedError  # it never came so far as to be claimed

        parts.memory.before = hang
        assert parts.deliver(parts.leaves("arrived"), parts.leaves("lost")).status_code == 202
        for _ in range(2):
            assert called.acquire(timeout=60)
        for pid in parts.pids("worker"):
            os.kill(pid, signal.SIGKILL)
        go_on.set()

        for name in ("arrived", "lost"):
            parts.wait_for_end(name)
        took = max(_until_looked_up(parts, name) for name in ("arrived", "lost"))
        assert parts.memory.sent == {"arrived.1": 1, "lost.1": 1}
        assert parts.wordpress.routes().count("recoveries") == 3
        limit = SHORT_LEASE.total_seconds()
        gate(
            "R4",
            "workers killed (SIGKILL) in the middle of their calls",
            holds=f"looked up within the hand-over's lease ({LEASE.total_seconds():g} s, here "
            f"{limit:g} s) + 1 s, triggered once",
            figure=f"{took:.1f} s",
        )
        assert took <= limit + BOUND


def _until_looked_up(parts: Parts, name: str) -> float:
    """Seconds between the hand-over and the end that was found out."""
    recovery = parts.recovery(name)
    assert recovery is not None
    assert recovery.sent_at is not None
    assert recovery.handed_at is not None
    return (recovery.sent_at - recovery.handed_at).total_seconds()


def _lateness(
    parts: Parts,
    name: str,
    *,
    count: int,
    apart: float,
    during: Callable[[], object] | None = None,
) -> list[float]:
    """By how many seconds each of some messages went out after it was due, in rising order.

    `during` is called when the first have gone out.
    """
    first = datetime.now(UTC) - timedelta(seconds=count * apart)
    events = []
    for number in range(count):
        event = parts.leaves(f"{name}-{number}")
        event["occurred_at"] = utc(first + timedelta(seconds=number * apart))
        events.append(event)
    for begin in range(0, count, 50):
        assert parts.deliver(*events[begin : begin + 50]).status_code == 202
    visits = [f"{name}-{number}" for number in range(count)]
    parts.wait_for_sent(*visits[: count // 4])
    if during is not None:
        during()
    parts.wait_for_sent(*visits)
    late = []
    for visit in visits:
        parts.wait_for_end(visit)
        recovery = parts.recovery(visit)
        assert recovery is not None
        assert parts.memory.sent[f"{visit}.1"] == 1
        late.append(parts.memory.at[f"{visit}.1"] - recovery.due_at.timestamp())
    return sorted(late)
