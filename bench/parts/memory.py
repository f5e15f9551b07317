"""P8: what a session takes in Redis, all keys and indexes counted, in each stage of its life."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from redis import Redis

from bench import redis_usage
from bench.measuring import Runs
from bench.ours import HOME, sidecar
from bench.rows import Goal, Row
from bench.visitors import Outbox, answer, in_batches
from sidecar import recover
from sidecar.adapters import redis_keys as keys
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

_WORTH_A_WORD = 50
"""Bytes from which on a kind of key is named."""

_STAGES = {
    "open": ("an open session", 1200),
    "abandoned": ("an abandoned one with two waiting recoveries, RQ's jobs among it", 3000),
    "ended": ("one that ended with a booking", 1200),
    "expired": ("one after its retention", 200),
}


class Taken(NamedTuple):
    """Bytes of one session in each stage, what of these is which kind of key, and of its events."""

    stages: dict[str, float]
    kinds: dict[str, Counter[str]]
    events: float


def rows() -> Iterator[Row]:
    rounds = [_taken() for _ in range(ROUNDS)]
    for stage, (name, most) in _STAGES.items():
        bytes_ = Runs(tuple(taken.stages[stage] for taken in rounds))
        events = Runs(tuple(taken.events for taken in rounds))
        goal = Goal("<=", most)
        yield Row(
            id=f"P8.{stage}",
            name=f"bytes of {name}; reference: the JSON of a visit's events",
            figure=bytes_.median,
            unit="bytes",
            reference=events.median,
            goal=goal,
            goal_figure=bytes_.median,
            spread=bytes_.spread,
            reason=None if goal.is_met_by(bytes_.median) else _what_takes(rounds[0].kinds[stage]),
        )


def _what_takes(kinds: Counter[str]) -> str:
    """Say what it is made of: each key or entry names a session by 32 letters."""
    told = [f"{kind} {bytes_}" for kind, bytes_ in kinds.most_common() if bytes_ >= _WORTH_A_WORD]
    return f"by the kind of key, each with ids of 32 letters: {', '.join(told)}"


def _taken() -> Taken:
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

        stages: dict[str, float] = {}
        kinds: dict[str, Counter[str]] = {}

        def measure(stage: str) -> None:
            stages[stage], kinds[stage] = per_session(), _kinds(ours.redis)

        visits = [outbox.visit(ago=AGO) for _ in range(SESSIONS)]
        names = [visit[0]["session_id"] for visit in visits]
        _send(ours, outbox, [event for visit in visits for event in visit])
        measure("open")
        _tick(ours)
        _all(ours, names, lambda s: [r.outcome for r in s.recoveries] == [Outcome.WAITING] * 2)
        measure("abandoned")
        _send(ours, outbox, [outbox.booking(name) for name in names])
        _tick(ours)
        _all(ours, names, lambda session: not session.is_open)
        measure("ended")
        _expire(ours, names)
        _tick(ours)
        measure("expired")
    events = sum(len(json.dumps(event)) for visit in visits for event in visit)
    return Taken(stages, kinds, events / SESSIONS)


def _kinds(redis: "Redis") -> Counter[str]:
    """Return what the keys of each kind take, in bytes for each session."""
    taken: Counter[str] = Counter()
    for name in redis.scan_iter(count=1000):
        kind = name.decode().removeprefix(keys.PREFIX).split(":")[0]
        taken[kind] += cast("int", redis.memory_usage(name, samples=0))
    return Counter({kind: round(bytes_ / SESSIONS) for kind, bytes_ in taken.items()})


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
