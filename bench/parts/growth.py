"""P9: whether anything becomes slower where there are many sessions."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from flask.testing import FlaskClient

from bench import redis_usage
from bench.measuring import Runs, in_turn
from bench.ours import HOME, PASSWORD, sidecar
from bench.rows import Goal, Row
from bench.visitors import Outbox, answer
from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_deeds import Deed
from sidecar.adapters.redis_store import DueEntry
from sidecar.domain.abandonment import Due
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import State
from sidecar.web import create_app
from sidecar.wiring import Sidecar

COVERS = ("P9",)
SMALL, LARGE = 1000, 100_000
LARGEST, INSTEAD = 1_000_000, 300_000
"""The second where the first cannot be filled within FILLED_WITHIN seconds."""

FILLED_WITHIN = 120
REAL = 1000
"""Sessions that came as webhooks, the last seen: pages show them. The others are copies."""

LISTED = 50
"""Failures, events in quarantine and deeds that the pages of them list."""

AT_ONCE = 5000
VISITS = 20
LOOKS = 20

_WHAT = {
    "webhook": "a webhook of one event",
    "session": "the page of a session",
    "list": "the list of sessions",
    "search": "a search by address",
}
_PAGES = {
    "sites": ("/", "the page of all sites"),
    "overview": ("/sites/s0", "the overview"),
    "failures": ("/sites/s0/failures", f"the page of {LISTED} failures"),
    "quarantine": ("/sites/s0/quarantine", f"the page of {LISTED} events in quarantine"),
    "report": ("/sites/s0/report", "the report"),
    "what-if": ("/sites/s0/what-if?days=30", "a look at other settings"),
    "live": ("/sites/s0/live", "the live view"),
    "deeds": ("/sites/s0/deeds", f"the page of {LISTED} deeds"),
}
"""The other pages, by address and name; they are looked at with LARGE sessions at most."""

_SLOW = {"what-if": 1}
"""How often a page is looked at for one figure that takes a second."""


def rows() -> Iterator[Row]:
    with ExitStack() as started:
        filled = {size: _Filled(started.enter_context(sidecar()), size) for size in (SMALL, LARGE)}
        largest, reason = _largest(filled[LARGE].filled_in)
        filled[largest] = _Filled(started.enter_context(sidecar()), largest)
        taken = in_turn(
            {
                f"{what}.{size}": measure
                for size, store in filled.items()
                for what, measure in store.measures(pages=size <= LARGE).items()
            }
        )
    for what, name in _WHAT.items():
        for size in (LARGE, largest):
            yield _row(taken, what, name, size, 1.2, reason if size == largest else None)
    for what, (_, name) in _PAGES.items():
        yield _row(taken, what, name, LARGE, 2, None)


def _row(
    taken: Mapping[str, Runs], what: str, name: str, size: int, at_most: float, reason: str | None
) -> Row:
    runs, reference = taken[f"{what}.{size}"], taken[f"{what}.{SMALL}"].median
    return Row(
        id=f"P9.{what}.{size}",
        name=f"processor time, Redis's with ours, of {name} at {size:,} sessions; "
        f"reference: at {SMALL:,}",
        figure=runs.median,
        unit="ms",
        reference=reference,
        goal=Goal("<=", at_most),
        goal_figure=runs.median / reference,
        spread=runs.spread,
        reason=reason,
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
        self._have_some_listed()

    def _have_some_listed(self) -> None:
        now = datetime.now(UTC)
        failed = Recovery(number=1, due_at=now, outcome=Outcome.FAILED)
        for session in self._ours.store.latest_sessions("s0", limit=LISTED):
            work = self._ours.store.begin("s0", sessions=[session.id])
            work.put_session(replace(session, recoveries=(failed,)), Policy())
            assert work.commit()
            self._ours.deeds.note(
                "s0", Deed(at=now, by="boss", role="admin", what="steering.pause")
            )
            nonsense = self._outbox.event("session.unheard_of", session.id, {}, now)
            answer(self._app, self._outbox.message([nonsense]).environ())
        assert self._ours.store.count_failures("s0") == LISTED
        assert self._ours.store.count_quarantined("s0") == LISTED

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

    def measures(self, *, pages: bool) -> dict[str, Callable[[], float]]:
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
            **(self._of_pages() if pages else {}),
        }

    def _of_pages(self) -> dict[str, Callable[[], float]]:
        return {
            what: partial(
                self._looking,
                partial(self._client.get, address),
                200,
                times=_SLOW.get(what, LOOKS),
            )
            for what, (address, _) in _PAGES.items()
        }

    def _webhook(self) -> float:
        environs = iter([one.environ() for one in self._outbox.single(VISITS)])
        return self._cpu(lambda: answer(self._app, next(environs)), VISITS * 5)

    def _looking(self, look: Callable[[], Any], expected: int, *, times: int = LOOKS) -> float:
        def checked() -> None:
            seen = look()
            assert seen.status_code == expected, seen.status

        return self._cpu(checked, times)

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
