"""P4: what the bridge's script costs a page: its size, its requests, and the browser's time."""

import gzip
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
SHIPPED = PLUGINS[BRIDGE] / "assets/session.js"
_INLINE = re.compile(r"<script[^>]*>\s*\( function \(\) \{\s+var KEY = 'booking_recovery'")


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
    yield Row(
        id="P4.time",
        name="time of the main thread that the script adds to a page with the form; beside without it",
        figure=added.median * 1000,
        unit="ms",
        reference=bare.median * 1000,
        goal=Goal("<=", 2),
        goal_figure=added.median * 1000,
        spread=bare.spread,
    )


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
