"""P9: whether anything becomes slower where there are many sessions."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from flask.testing import FlaskClient

from bench import redis_usage
from bench.measuring import in_turn
from bench.ours import HOME, PASSWORD, sidecar
from bench.rows import Goal, Row
from bench.visitors import Outbox, answer
from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.domain.abandonment import Due
from sidecar.domain.session import State
from sidecar.web import create_app
from sidecar.wiring import Sidecar

COVERS = ("P9",)
SMALL, LARGE = 1000, 100_000
LARGEST, INSTEAD = 1_000_000, 300_000
"""The second where the first cannot be filled within FILLED_WITHIN seconds."""

FILLED_WITHIN = 120
REAL = 200
"""Sessions that came as webhooks, the last seen: pages show them. The others are copies."""

AT_ONCE = 5000
VISITS = 20
LOOKS = 20

_WHAT = {
    "webhook": "a webhook of one event",
    "session": "the page of a session",
    "list": "the list of sessions",
    "search": "a search by address",
}


def rows() -> Iterator[Row]:
    with ExitStack() as started:
        filled = {size: _Filled(started.enter_context(sidecar()), size) for size in (SMALL, LARGE)}
        largest, reason = _largest(filled[LARGE].filled_in)
        filled[largest] = _Filled(started.enter_context(sidecar()), largest)
        taken = in_turn(
            {
                f"{what}.{size}": measure
                for size, store in filled.items()
                for what, measure in store.measures().items()
            }
        )
    for what, name in _WHAT.items():
        reference = taken[f"{what}.{SMALL}"].median
        for size in (LARGE, largest):
            runs = taken[f"{what}.{size}"]
            yield Row(
                id=f"P9.{what}.{size}",
                name=f"processor time, Redis's with ours, of {name} at {size:,} sessions; "
                f"reference: at {SMALL:,}",
                figure=runs.median,
                unit="ms",
                reference=reference,
                goal=Goal("<=", 1.2),
                goal_figure=runs.median / reference,
                spread=runs.spread,
                reason=reason if size == largest else None,
            )


def _largest(large_filled_in: float) -> tuple[int, str | None]:
    """Return how many sessions can be had in time, and why there are no more."""
    seconds = large_filled_in * LARGEST / LARGE
    if seconds <= FILLED_WITHIN:
        return LARGEST, None
    return INSTEAD, f"to fill {LARGEST:,} would take {seconds:.0f} s on this machine"


class _Filled:
    """A store with so many sessions, and somebody who looks at them."""

    def __init__(self, ours: Sidecar, size: int) -> None:
        self._ours = ours
        self._outbox = Outbox(ours.config.sites["s0"], HOME)
        self._app = create_app(ours)
        self._client = self._app.test_client()
        for _ in range(REAL):
            visit = self._outbox.visit()
            answer(self._app, self._outbox.message(visit).environ())
        self._session = cast("str", visit[0]["session_id"])
        began = time.monotonic()
        self._fill(size - REAL)
        self.filled_in = time.monotonic() - began
        assert ours.store.count_sessions("s0") == size
        _log_in(self._client)

    def _fill(self, many: int) -> None:
        copied = self._session
        person = next(iter(self._ours.redis.scan_iter(f"{keys.person('s0', '')}*"))).decode()
        list_ = keys.sessions_in("s0", State.ACTIVE)
        names = [keys.session("s0", copied), person, list_, keys.DUE]
        copy = self._ours.redis.register_script(
            (Path(__file__).parents[1] / "fill.lua").read_text()
        )
        seen = int(time.time() * 1000) - 60_000
        entry = DueEntry(Due.ABANDON, "s0", copied).member
        for first in range(0, many, AT_ONCE):
            some = min(AT_ONCE, many - first)
            copy(keys=names, args=[copied, first, some, seen, entry])

    def measures(self) -> dict[str, Callable[[], float]]:
        at = f"/sites/s0/sessions/{self._session}"
        wanted = {"wanted": f"{self._session}@example.com"}
        return {
            "webhook": self._webhook,
            "session": lambda: self._looking(lambda: self._client.get(at), 200),
            "list": lambda: self._looking(lambda: self._client.get("/sites/s0/sessions"), 200),
            "search": lambda: self._looking(
                lambda: self._client.post(
                    "/sites/s0/sessions", data=wanted | _token(self._client)
                ),
                302,
            ),
        }

    def _webhook(self) -> float:
        environs = iter([one.environ() for one in self._outbox.single(VISITS)])
        return self._cpu(lambda: answer(self._app, next(environs)), VISITS * 5)

    def _looking(self, look: Callable[[], Any], expected: int) -> float:
        def checked() -> None:
            seen = look()
            assert seen.status_code == expected, seen.status

        return self._cpu(checked, LOOKS)

    def _cpu(self, work: Callable[[], object], times: int) -> float:
        """Return the processor time of one, ours and Redis's, in ms."""
        redis = self._ours.redis
        in_redis, here = redis_usage.cpu_seconds(redis), time.process_time()
        for _ in range(times):
            work()
        here = time.process_time() - here
        return (here + redis_usage.cpu_seconds(redis) - in_redis) * 1000 / times


def _log_in(client: FlaskClient) -> None:
    given = {"name": "boss", "password": PASSWORD}
    done = client.post("/log-in", data=given | _token(client))
    assert done.status_code == 302, done.status


def _token(client: FlaskClient) -> dict[str, str]:
    """What a form carries; the page of the log-in has it also for who is logged in."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/log-in").text)
    assert found is not None
    return {"csrf_token": found[1]}
