"""What the bridge adds to a step of the form: the same requests with it and without it, in turn."""

import secrets
import time
from collections.abc import Iterator
from statistics import median, quantiles

import requests
from playwright.sync_api import Browser

from bench.booking_site import Step, answered, headers, paired, steps, walk, work_done
from bench.rows import Goal, Row
from tests.ground import chromium
from tests.ground.waiting import GaveUpError
from tests.ground.wordpress import WordPress

COVERS = ("P3",)

VISITS = 60
WARM_UP = 3  # visits that are not counted
WITH, WITHOUT, EMPTY = "with the bridge", "without it", "an empty call"


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
    added = [one - other for one, other in zip(taken[WITH], taken[WITHOUT], strict=True)]
    half = median(added)
    late = _p95(taken[WITH]) - _p95(taken[WITHOUT])
    spread = _spread_of_medians(added)
    behind = median(posts.behind[WITH]) - median(posts.behind[WITHOUT])
    yield Row(
        id="P3.p50",
        name="added to a step of the form by the bridge, half of them; beside the step without it",
        figure=half * 1000,
        unit="ms",
        reference=step * 1000,
        goal=Goal("<=", 0.05),
        goal_figure=half / step,
        spread=spread,
    )
    yield Row(
        id="P3.p95",
        name="what 95 of 100 steps take with the bridge less without it; beside without it",
        figure=late * 1000,
        unit="ms",
        reference=_p95(taken[WITHOUT]) * 1000,
        goal=Goal("<=", 0.1),
        goal_figure=late / _p95(taken[WITHOUT]),
    )
    yield Row(
        id="P3.empty",
        name="an empty call of admin-ajax.php; beside what the bridge adds to a step",
        figure=empty * 1000,
        unit="ms",
        reference=half * 1000,
        goal=Goal(">=", 20),
        # Where nothing that is added can be seen, the empty call is any number of times dearer.
        goal_figure=empty / max(half, 1e-6),
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


class _Posts:
    """Posts one request after the other, each when PHP is at rest."""

    def __init__(self, site: WordPress) -> None:
        self._site = site
        self._url = f"{site.url}/wp-admin/admin-ajax.php"
        self._http = requests.Session()
        self.behind: dict[str, list[float]] = {WITH: [], WITHOUT: [], EMPTY: []}
        self._over = -1
        while self._over != len(work_done(site)):  # the walk is told to the sidecar, still
            self._over = len(work_done(site))
            time.sleep(1)

    def post(self, kind: str, body: bytes, content_type: str) -> float:
        """Return the seconds until the answer was there."""
        told = {"content-type": content_type, **headers(bridge=kind == WITH)}
        began = time.perf_counter()
        answer = self._http.post(self._url, body, headers=told, timeout=30)
        took = time.perf_counter() - began
        if kind == EMPTY:
            assert answer.status_code == requests.codes.bad_request, answer.text[:500]
        else:
            assert answer.json()["status"] == "ok", answer.text[:500]
        self.behind[kind].append(self._wait_for_rest() - took)
        return took

    def _wait_for_rest(self) -> float:
        """Wait until PHP is through with the request, and return how long it was at work."""
        end = time.monotonic() + 30
        while len(done := work_done(self._site)) <= self._over:
            if time.monotonic() > end:
                raise GaveUpError("PHP did not get through with a request in 30 s")
            time.sleep(0.002)
        self._over += 1
        assert len(done) == self._over, "somebody else asked for something, too"
        return done[-1]


def _in_turn(posts: _Posts, form: list[Step]) -> dict[str, list[float]]:
    """Go through the form step by step, each with the bridge, without it, and an empty call."""
    taken: dict[str, list[float]] = {WITH: [], WITHOUT: [], EMPTY: []}
    for visit in range(WARM_UP + VISITS):
        session_id = secrets.token_hex(16)
        for number, step in enumerate(form):
            pair = (WITH, WITHOUT) if (visit + number) % 2 else (WITHOUT, WITH)
            for kind in pair:
                took = posts.post(kind, step.of_visit(session_id), step.content_type)
                taken[kind].append(took)
            nothing = posts.post(EMPTY, b"action=", "application/x-www-form-urlencoded")
            taken[EMPTY].append(nothing)
    return {kind: times[WARM_UP * len(form) :] for kind, times in taken.items()}


def _requests_of_a_walk(site: WordPress, browser: Browser, *, bridge: bool) -> int:
    """Count in the web server's log, so that also what no page knows of is counted."""
    before = answered(site)
    walk(site, browser, bridge=bridge)
    return answered(site) - before


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _spread_of_medians(added: list[float]) -> float:
    """Of five equal runs of the pairs: highest less lowest median, as a share of that of all."""
    length = len(added) // 5
    medians = [median(added[begin : begin + length]) for begin in range(0, length * 5, length)]
    return (max(medians) - min(medians)) / abs(median(added))
