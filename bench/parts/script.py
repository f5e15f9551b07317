"""P4: what the bridge's script costs a page: its size, its requests, and the browser's time."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from playwright.sync_api import Browser

from bench.booking_site import headers, paired
from bench.measuring import Runs
from bench.rows import Goal, Row
from tests.booknetic.visiting import panel_on
from tests.ground import chromium
from tests.ground.chromium import Devices
from tests.ground.wordpress import BRIDGE, PLUGINS, WordPress

COVERS = ("P4",)

PAIRS = 20
TRACES = 20
SHIPPED = PLUGINS[BRIDGE] / "assets/session.js"
_INLINE = re.compile(
    r"<script[^>]*>\s*\( function \(\) \{\s+var KEY = 'booking_recovery'.*?</script>", re.DOTALL
)
_TRACED = ("devtools.timeline", "v8", "disabled-by-default-v8.compile")


class _Load(NamedTuple):
    seconds: float
    requests: int


def rows() -> Iterator[Row]:
    size = len(gzip.compress(SHIPPED.read_bytes(), 9))
    yield Row(
        id="P4.size",
        name="the bridge's script as it is shipped, not minified, and compressed; beside not compressed",
        figure=size,
        unit="bytes",
        reference=SHIPPED.stat().st_size,
        goal=Goal("<=", 2048),
        goal_figure=size,
    )
    with paired() as site, chromium.started() as browser:
        loads = [_pair(site, browser, number) for number in range(PAIRS + 1)][1:]
        traces = [_trace(site, browser) for _ in range(TRACES + 1)][1:]
    bare = Runs(tuple(without.seconds for _, without in loads))
    added = Runs(tuple(with_it.seconds - without.seconds for with_it, without in loads))
    (with_it, without), *_ = loads
    yield Row(
        id="P4.requests",
        name="requests of a page with the form and the script; beside without it",
        figure=with_it.requests,
        unit="",
        reference=without.requests,
        goal=Goal("<=", 0),
        goal_figure=with_it.requests - without.requests,
    )
    runs = Runs(tuple(trace.all_of_it for trace in traces))
    compiling = Runs(tuple(trace.compiling for trace in traces)).median
    goal = Goal("<=", 2)
    yield Row(
        id="P4.time",
        name="time of the main thread in which the script is compiled and runs in a page with the form; beside all that the page takes",
        figure=runs.median,
        unit="ms",
        reference=bare.median * 1000,
        goal=goal,
        goal_figure=runs.median,
        spread=runs.spread,
        reason=None if goal.is_met_by(runs.median) else f"{compiling:.2f} ms of it is compiling",
    )
    yield Row(
        id="P4.pages",
        name="what the main thread takes for a page with the script less one without, half of the pairs; beside without it",
        figure=added.median * 1000,
        unit="ms",
        reference=bare.median * 1000,
        spread=bare.spread,
    )


class _Trace(NamedTuple):
    """Milliseconds of the main thread's own time."""

    all_of_it: float
    compiling: float


def _trace(site: WordPress, browser: Browser) -> _Trace:
    """Load the page and find in Chromium's trace what of it is the script."""
    devices = Devices(browser)
    try:
        page = devices.page()
        browser.start_tracing(page=page, categories=list(_TRACED))
        answer = page.goto(site.book_url, wait_until="networkidle")
        panel_on(page).root.get_by_role("button", name="Färben & Schneiden").wait_for()
        told = json.loads(browser.stop_tracing())["traceEvents"]
        assert answer is not None
        html = answer.text()
    finally:
        devices.close()
    found = _INLINE.search(html)
    assert found, "no script in the page"
    first, last = (html.count("\n", 0, place) + 1 for place in found.span())
    spans = {"EvaluateScript": 0.0, "FunctionCall": 0.0, "v8.compile": 0.0}
    for event in told:
        about = event.get("args", {}).get("data")
        is_of_page = event["name"] in spans and about.get("url") == site.book_url
        if is_of_page and first <= about["lineNumber"] <= last:
            spans[event["name"]] += event["tdur"] / 1000
    assert spans["EvaluateScript"], "the trace does not know the script"
    return _Trace(spans["EvaluateScript"] + spans["FunctionCall"], spans["v8.compile"])


def _pair(site: WordPress, browser: Browser, number: int) -> tuple[_Load, _Load]:
    """Load the page with the script and without it, every other time the other way round."""
    if number % 2:
        with_it = _load(site, browser, bridge=True)
        return with_it, _load(site, browser, bridge=False)
    without = _load(site, browser, bridge=False)
    return _load(site, browser, bridge=True), without


def _load(site: WordPress, browser: Browser, *, bridge: bool) -> _Load:
    devices = Devices(browser)
    try:
        page = devices.page()
        page.set_extra_http_headers(headers(bridge=bridge))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        measured = page.context.new_cdp_session(page)
        measured.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(site.book_url, wait_until="networkidle")
        panel_on(page).root.get_by_role("button", name="Färben & Schneiden").wait_for()
        assert bool(_INLINE.search(page.content())) is bridge
        told = measured.send("Performance.getMetrics")["metrics"]
        (seconds,) = (one["value"] for one in told if one["name"] == "TaskDuration")
        return _Load(seconds, len(asked))
    finally:
        devices.close()
