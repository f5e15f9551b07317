"""What the bridge adds to a step of the form: the same requests with it and without it, in turn."""

import secrets
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

import requests
from playwright.sync_api import Browser

from bench.booking_site import LEAST as LEAST_HEADER
from bench.booking_site import Step, answered, headers, paired, php_at, steps, walk
from bench.rows import Goal, Row
from tests.ground import chromium
from tests.ground.waiting import GaveUpError
from tests.ground.wordpress import WordPress

COVERS = ("P3",)

VISITS = 60
WARM_UP = 3  # visits that are not counted
WITH, WITHOUT, EMPTY = "with the bridge", "without it", "an empty call"
LEAST = "without it, one row looked for and one added"
KINDS = (WITH, WITHOUT, EMPTY, LEAST)
_FORM = "application/x-www-form-urlencoded"


def rows() -> Iterator[Row]:
    with paired() as site:
        with chromium.started() as browser:
            form = steps(walk(site, browser, bridge=True, books=False))
        taken = _in_turn(posts := _Posts(site), form)
        with chromium.started() as browser:
            walk(site, browser, bridge=True)
            with_it = _requests_of_a_walk(site, browser, bridge=True)
            without = _requests_of_a_walk(site, browser, bridge=False)
    step, empty = median(taken[WITHOUT]), median(taken[EMPTY])
    added = _added(taken, WITH)
    half = median(added)
    late = _p95(taken[WITH]) - _p95(taken[WITHOUT])
    least = median(_added(taken, LEAST))
    least_late = _p95(taken[LEAST]) - _p95(taken[WITHOUT])
    # Where nothing that is added can be seen, the empty call is any number of times dearer.
    times_dearer = empty / max(half, 1e-6)
    behind = median(posts.behind[WITH]) - median(posts.behind[WITHOUT])
    yield _row(
        id="P3.p50",
        name="added to a step of the form by the bridge, half of them; beside the step without it",
        figure=half * 1000,
        reference=step * 1000,
        goal=Goal("<=", 0.05),
        goal_figure=half / step,
        spread=_spread_of_medians(added),
        nearest=f"{least / step:.3f}",
    )
    yield _row(
        id="P3.p95",
        name="what 95 of 100 steps take with the bridge less without it; beside without it",
        figure=late * 1000,
        reference=_p95(taken[WITHOUT]) * 1000,
        goal=Goal("<=", 0.1),
        goal_figure=late / _p95(taken[WITHOUT]),
        nearest=f"{least_late / _p95(taken[WITHOUT]):.3f}",
    )
    yield _row(
        id="P3.empty",
        name="an empty call of admin-ajax.php; beside what the bridge adds to a step",
        figure=empty * 1000,
        reference=half * 1000,
        goal=Goal(">=", 20),
        goal_figure=times_dearer,
        nearest=f"{empty / max(least, 1e-6):.1f}",
    )
    yield Row(
        id="P3.least",
        name="added by one row that is looked for and one that is added, without the bridge; beside what the bridge adds",
        figure=least * 1000,
        unit="ms",
        reference=half * 1000,
        spread=_spread_of_medians(_added(taken, LEAST)),
    )
    yield Row(
        id="P3.behind",
        name="PHP's work behind the answer: the bridge tells the sidecar; beside the step without it",
        figure=behind * 1000,
        unit="ms",
        reference=step * 1000,
    )
    yield Row(
        id="P3.requests",
        name="requests of a whole booking in a browser with the bridge; beside without it",
        figure=with_it,
        unit="",
        reference=without,
        goal=Goal("<=", 0),
        goal_figure=with_it - without,
    )


def _row(*, goal: Goal, goal_figure: float, nearest: str, **given: Any) -> Row:
    """Return a row that, where it misses its goal, says what is the least that could be added."""
    reason = (
        "an event is written down before its answer goes out: one row looked for and one added, "
        f"without anything else of the bridge, come to {nearest} (P3.least)"
    )
    return Row(
        **given,
        unit="ms",
        goal=goal,
        goal_figure=goal_figure,
        reason=None if goal.is_met_by(goal_figure) else reason,
    )


class _Posts:
    """Posts one request after the other, each when PHP is at rest."""

    def __init__(self, site: WordPress) -> None:
        self._site = site
        self._url = f"{site.url}/wp-admin/admin-ajax.php"
        self._http = requests.Session()
        self.behind: dict[str, list[float]] = {kind: [] for kind in KINDS}
        self._wait_for_rest()  # the walk is told to the sidecar, still

    def post(self, kind: str, step: Step, session_id: str) -> float:
        """Return the seconds until the answer was there."""
        told = {"content-type": step.content_type, "user-agent": step.user_agent}
        told |= headers(bridge=kind == WITH) | ({LEAST_HEADER: "1"} if kind == LEAST else {})
        body = step.of_visit(session_id)
        if kind == EMPTY:
            told, body = told | {"content-type": _FORM}, b"action="
        before = php_at(self._site).begun
        began = time.perf_counter()
        answer = self._http.post(self._url, body, headers=told, timeout=30)
        answered_at = time.perf_counter()
        if kind == EMPTY:
            assert answer.status_code == requests.codes.bad_request, answer.text[:500]
        else:
            assert answer.json()["status"] == "ok", answer.text[:500]
        begun = self._wait_for_rest()
        self.behind[kind].append(time.perf_counter() - answered_at)
        # php-fpm leaves a request uncounted that begins while it is asked.
        assert begun <= before + 1, "somebody else asked for something, too"
        return answered_at - began

    def _wait_for_rest(self) -> int:
        """Wait until PHP is through with everything, and return what it has begun by then."""
        end = time.monotonic() + 30
        while (work := php_at(self._site)).at_work:
            if time.monotonic() > end:
                raise GaveUpError("PHP did not get through with a request in 30 s")
            time.sleep(0.002)
        return work.begun


def _in_turn(posts: _Posts, form: list[Step]) -> dict[str, list[float]]:
    """Go through the form step by step, each in every way, each time another one first."""
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for visit in range(WARM_UP + VISITS):
        session_id = secrets.token_hex(16)
        for number, step in enumerate(form):
            first = (visit + number) % len(KINDS)
            order = KINDS[first:] + KINDS[:first]
            for kind in order if visit % 2 else reversed(order):
                taken[kind].append(posts.post(kind, step, session_id))
    return {kind: times[WARM_UP * len(form) :] for kind, times in taken.items()}


def _requests_of_a_walk(site: WordPress, browser: Browser, *, bridge: bool) -> int:
    """Count in the web server's log, so that also what no page knows of is counted."""
    before = answered(site)
    walk(site, browser, bridge=bridge)
    return answered(site) - before


def _added(taken: dict[str, list[float]], kind: str) -> list[float]:
    """Of each step, what it took more than without the bridge."""
    return [one - other for one, other in zip(taken[kind], taken[WITHOUT], strict=True)]


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _spread_of_medians(added: list[float]) -> float:
    """Of five equal runs of the pairs: highest less lowest median, as a share of that of all."""
    length = len(added) // 5
    medians = [median(added[begin : begin + length]) for begin in range(0, length * 5, length)]
    return (max(medians) - min(medians)) / abs(median(added))
