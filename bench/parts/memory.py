"""P8: what a session takes in Redis, all keys and indexes counted, in each stage of its life."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bench import redis_usage
from bench.measuring import Runs
from bench.ours import HOME, sidecar
from bench.rows import Goal, Row
from bench.visitors import Outbox, answer, in_batches
from sidecar import recover
from sidecar.adapters.embedded_redis import LONGEST_IN_SMALL_HASH
from sidecar.config import policy_for
from sidecar.domain.recovery import Outcome
from sidecar.web import create_app
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock

COVERS = ("P8",)
SESSIONS = 1000
ROUNDS = 2
BATCH = 50
TWO_MESSAGES = """
messages = ["45m", "2d"]
"""
AGO = timedelta(minutes=20)
"""Long enough for a silence to be an abandonment, and too short for a message."""

_STAGES = {
    "open": ("an open session", 1200),
    "abandoned": ("an abandoned one with two waiting recoveries, RQ's jobs among it", 3000),
    "ended": ("one that ended with a booking", 1200),
    "expired": ("one after its retention", 200),
}


def rows() -> Iterator[Row]:
    rounds = [_taken() for _ in range(ROUNDS)]
    for stage, (name, goal) in _STAGES.items():
        bytes_ = Runs(tuple(taken[stage] for taken, _ in rounds))
        events = Runs(tuple(events for _, events in rounds))
        yield Row(
            id=f"P8.{stage}",
            name=f"bytes of {name}; reference: the JSON of a visit's events",
            figure=bytes_.median,
            unit="bytes",
            reference=events.median,
            goal=Goal("<=", goal),
            goal_figure=bytes_.median,
            spread=bytes_.spread,
        )


def _taken() -> tuple[dict[str, float], float]:
    """Return the bytes of one session in each stage, and those of its events."""
    with sidecar(recovery=TWO_MESSAGES) as ours:
        ours.redis.config_set("hash-max-listpack-value", LONGEST_IN_SMALL_HASH)  # as if embedded
        # What Redis notes of commands is no session's.
        ours.redis.config_set("latency-tracking", "no")
        ours.redis.config_set("slowlog-max-len", 0)
        outbox = Outbox(ours.config.sites["s0"], HOME)
        _send(ours, outbox, outbox.visit())  # what there is once is there already
        Clock(ours).tick()
        empty = redis_usage.memory(ours.redis)

        def per_session() -> float:
            return (redis_usage.memory(ours.redis) - empty) / SESSIONS

        visits = [outbox.visit(ago=AGO) for _ in range(SESSIONS)]
        names = [visit[0]["session_id"] for visit in visits]
        _send(ours, outbox, [event for visit in visits for event in visit])
        taken = {"open": per_session()}
        _tick(ours)
        _all(ours, names, lambda s: [r.outcome for r in s.recoveries] == [Outcome.WAITING] * 2)
        taken["abandoned"] = per_session()
        _send(ours, outbox, [outbox.booking(name) for name in names])
        _tick(ours)
        _all(ours, names, lambda session: not session.is_open)
        taken["ended"] = per_session()
        _expire(ours, names)
        _tick(ours)
        taken["expired"] = per_session()
    events = sum(len(json.dumps(event)) for visit in visits for event in visit)
    return taken, events / SESSIONS


def _send(ours: Sidecar, outbox: Outbox, events: list[dict[str, object]]) -> None:
    app = create_app(ours)
    for batch in in_batches(events, BATCH):
        answer(app, outbox.message(batch).environ())


def _tick(ours: Sidecar) -> None:
    """Have the clock do all that is due, and show it to RQ."""
    clock = Clock(ours)
    while clock.tick():
        pass
    clock.tick()


def _all(ours: Sidecar, names: list[str], holds: Callable[..., bool]) -> None:
    """See that the sessions are in the stage that is measured."""
    for session_id in names[:: SESSIONS // 20]:
        session = ours.store.begin("s0").session(session_id)
        assert session is not None
        assert holds(session), session.state


def _expire(ours: Sidecar, names: list[str]) -> None:
    site = ours.config.sites["s0"]
    kept = policy_for(site, {}).retention
    later: datetime = ours.due.now() + kept + timedelta(days=70)
    for name in names:
        recover.expire(ours.store, site, name, later)
