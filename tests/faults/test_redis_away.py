"""Redis dies, hangs or drops its connections, and comes back: what is due goes out, once."""

import signal
import time
from collections.abc import Iterator

import pytest

from sidecar.worker.clock import CLAIM
from tests.faults.parts import WORKERS, Parts, standing
from tests.gates import Gate
from tests.ground.waiting import wait_until


@pytest.fixture(scope="module")
def parts() -> Iterator[Parts]:
    """One sidecar for all tests here: none of these faults may need a restart."""
    with standing() as parts:
        parts.up()
        yield parts


@pytest.mark.parametrize(("away", "name", "within"), [(2, "R2", 3.0), (45, "R3", 5.0)])
def test_what_is_due_goes_out_as_soon_as_redis_is_back(
    parts: Parts, gate: Gate, away: int, name: str, within: float
) -> None:
    before, during, after = (f"{name}-{when}" for when in ("before", "during", "after"))
    assert parts.deliver(parts.leaves(before)).status_code == 202
    parts.wait_for_sent(before)
    assert parts.deliver(parts.leaves(during)).status_code == 202

    parts.server.kill()
    killed = time.monotonic()
    event = parts.leaves(after)
    refused = parts.deliver(event)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    time.sleep(max(0.0, away - (time.monotonic() - killed)))
    parts.server.start()
    back = time.time()
    answers = wait_until(lambda: parts.deliver(event).json().get("results"), what="the web server")
    parts.wait_for_sent(during, after)

    took = max(_late(parts, visit, back) for visit in (during, after))
    gate(
        name,
        f"Redis killed, and back after {away} s",
        holds=f"due messages sent once, within {within:g} s",
        figure=f"{took:.1f} s",
    )
    assert took <= within
    assert answers[0]["status"] == "applied"
    assert parts.deliver(event).json()["results"][0]["status"] == "duplicate"
    _all_sent_once(parts)


def test_what_redis_hears_late_is_done_once(parts: Parts, gate: Gate) -> None:
    assert parts.deliver(parts.leaves("paused")).status_code == 202

    parts.server.signal(signal.SIGSTOP)
    try:
        event = parts.leaves("meanwhile")
        time.sleep(7)  # longer than anybody waits for an answer of Redis's
    finally:
        parts.server.signal(signal.SIGCONT)
    back = time.time()
    assert parts.deliver(event).status_code == 202
    parts.wait_for_sent("paused", "meanwhile")

    took = max(_late(parts, visit, back) for visit in ("paused", "meanwhile"))
    # Clocks that gave up waiting may have taken what is due all the same, until their claim ends.
    within = CLAIM.total_seconds() + 5
    gate(
        "R2",
        "Redis hangs for 7 s",
        holds=f"due messages sent once, within {within:g} s",
        figure=f"{took:.1f} s",
    )
    assert took <= within
    _all_sent_once(parts)


def test_connections_that_are_cut_are_made_again(parts: Parts, gate: Gate) -> None:
    visits = [f"cut-{number}" for number in range(4)]
    for visit in visits:
        assert parts.deliver(parts.leaves(visit)).status_code == 202
        for _ in range(5):
            parts.server.client.client_kill_filter(_type="normal", skipme=True)
            time.sleep(0.1)
    parts.wait_for_sent(*visits)

    took = max(_late(parts, visit) for visit in visits)
    gate(
        "R2",
        "every connection to Redis cut, 20 times in 2 s",
        holds="due messages sent once",
        figure=f"{took:.1f} s late at the most",
    )
    _all_sent_once(parts)
    assert len(parts.pids("worker")) == WORKERS


def _late(parts: Parts, visit: str, back: float = 0.0) -> float:
    """Seconds by which its message went out after it was due and could be."""
    recovery = parts.recovery(visit)
    assert recovery is not None
    return parts.memory.at[f"{visit}.1"] - max(back, recovery.due_at.timestamp())


def _all_sent_once(parts: Parts) -> None:
    names = {event["session_id"] for event in parts.memory.outbox}
    for name in names:
        parts.wait_for_end(name)
    assert parts.memory.sent == {f"{name}.1": 1 for name in names}
    assert parts.wordpress.routes().count("recoveries") == len(names)
