"""How large an installation must be for a number of sites: `python -m bench.scale`.

It computes with what `make bench` has measured, and else with what is assumed here, and writes
the table in docs/scale.md anew.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bench.rows import RESULTS
from tests.ground.documents import write_between

PAGE = Path(__file__).parents[1] / "docs/scale.md"

GB = 1e9
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What no measurement can tell: how busy sites are, and what a machine is asked to bear."""

    bookings: int = 20  # of one site in a day
    left_for_each_booking: float = 1.0  # visits that end without one
    events: int = 5  # of a visit: begun, two steps, contact, booked or gone on
    with_contact: float = 0.6  # share of the visits left that can be written to
    messages: int = 1  # for each of them
    peak: float = 5.0  # times the day's mean
    call: float = 0.5  # seconds that WordPress takes for a call
    open_for: float = 1 / 24  # days until a visit is booked or left
    retention: float = 90.0  # days
    running: float = 365.0  # days; the counts are not erased after retention
    waiting_for: float = 7.0  # days until a visit left is over
    status_every: float = 900.0  # seconds; `worker.jobs.STATUS_READ_AGAIN`
    outbox_every: float = 3600.0  # seconds; `domain.outbox.READ_AGAIN_PUSHED`
    calls_at_start: int = 2  # to each site
    busy: float = 0.5  # share of what is there that a peak may use
    redis_node: float = 32 * GB
    redis_commands: float = 60_000.0  # that one Redis does in a second
    least_workers: int = 8  # `config`'s default of job_workers
    most_workers: int = 256  # of one machine; `config`'s limit of job_workers


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and whence it is: a row of bench/results.json, or an assumption."""

    what: str
    value: float
    unit: str
    source: str


class Figures:
    """What was measured, and what is assumed instead where it was not."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._rows = rows
        self.used: list[Figure] = []

    def take(self, row_id: str, what: str, unit: str, instead: float) -> float:
        """Return the row's figure, in the unit that it was measured in.

        What is less than Redis's memory varies by may have been measured as less than nothing.
        """
        measured = self._rows.get(row_id, {}).get("figure")
        value, source = (instead, "assumed") if measured is None else (measured, row_id)
        figure = max(0.0, value)
        self.used.append(Figure(what, figure, unit, source))
        return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    event_ms: float
    recoveries: float  # in a second, by all cores of the machine measured
    cores: int
    open: float  # bytes
    left: float
    ended: float
    over: float
    web: float  # bytes of memory
    worker: float
    promoted: float  # seconds for 10,000
    commands: float  # of Redis, for a recovery
    event_commands: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a number of sites needs at its busiest; `shards` as large as one Redis can bear."""

    sites: int
    events: float  # in a second
    calls: float
    web_cores: float
    workers: int
    worker_cores: float
    memory: float
    redis: float
    commands: float
    start: float
    breaks_first: str
    shards: int


def costs(figures: Figures, cores: int) -> Costs:
    return Costs(
        event_ms=figures.take("P1.cpu", "an event, in the web server", "ms of a core", 1.0),
        recoveries=figures.take("P6.done", "recoveries, all cores at work", "/s", 100),
        cores=cores,
        open=figures.take("P8.open", "an open visit", "bytes", 1200),
        left=figures.take(
            "P8.abandoned", "a visit left, with two messages waiting", "bytes", 3000
        ),
        ended=figures.take("P8.ended", "a visit that has ended", "bytes", 1200),
        over=figures.take("P8.expired", "what is left of it after retention", "bytes", 200),
        web=figures.take("P10.web.loaded", "memory of a web process", "MB", 45) * 1e6,
        worker=figures.take("P10.worker.loaded", "memory of a worker", "MB", 25) * 1e6,
        promoted=figures.take("P6.promoted", "10,000 recoveries queued within", "s", 1.0),
        commands=figures.take("P6.commands", "a recovery, from its visit on", "commands", 90),
        event_commands=figures.take("P1.commands", "an event", "commands", 12),
    )


def install(sites: int, given: Assumed, cost: Costs) -> Installation:
    left = sites * given.bookings * given.left_for_each_booking
    visits = sites * given.bookings + left
    messages = left * given.with_contact * given.messages
    events = visits * given.events / DAY * given.peak
    recoveries = messages / DAY * given.peak
    asking = sites / given.status_every + sites / given.outbox_every
    calls = recoveries + asking
    workers = max(given.least_workers, math.ceil(calls * given.call / given.busy))
    kept = (
        visits * given.open_for * cost.open
        + left * given.waiting_for * cost.left
        + visits * given.retention * cost.ended
        + visits * max(0.0, given.running - given.retention) * cost.over
    )
    commands = events * cost.event_commands + calls * cost.commands
    web_cores = events * cost.event_ms / 1000 / given.busy
    worker_cores = calls * cost.cores / cost.recoveries / given.busy
    loads = {
        "memory of Redis": kept / given.redis_node,
        "commands of Redis": commands / (given.redis_commands * given.busy),
        "workers of a machine": workers / given.most_workers,
        "the clock": recoveries * cost.promoted / 10_000 / given.busy,
    }
    first = max(loads, key=lambda name: loads[name])
    return Installation(
        sites=sites,
        events=events,
        calls=calls,
        web_cores=web_cores,
        workers=workers,
        worker_cores=worker_cores,
        memory=workers * cost.worker + max(1, math.ceil(web_cores)) * cost.web,
        redis=kept,
        commands=commands,
        start=sites * given.calls_at_start * given.call / workers,
        breaks_first=f"{first}, {loads[first]:.0%} of what one bears",
        shards=max(1, math.ceil(max(loads.values()))),
    )


SIZES = {"one salon": 1, "an agency": 1_000, "a host": 100_000}

_LINES: Mapping[str, Callable[[Installation], str]] = {
    "sites": lambda one: f"{one.sites:,}",
    "events at the peak": lambda one: _rate(one.events),
    "calls to WordPress at the peak": lambda one: _rate(one.calls),
    "cores for the web server": lambda one: _few(one.web_cores),
    "workers": lambda one: f"{one.workers:,}",
    "cores for the workers": lambda one: _few(one.worker_cores),
    "memory of all processes": lambda one: _bytes(one.memory),
    "memory of Redis": lambda one: _bytes(one.redis),
    "commands of Redis at the peak": lambda one: _rate(one.commands),
    "until all sites are asked after a start": lambda one: f"{_few(one.start)} s",
    "nearest to its limit": lambda one: one.breaks_first,
    "sidecars, each with a Redis": lambda one: f"{one.shards}",
}


def report(rows: Mapping[str, Any]) -> str:
    """Return the tables as Markdown."""
    given = Assumed()
    figures = Figures({row["id"]: row for row in rows.get("rows", [])})
    cores = int(str(rows.get("machine", "2")).split()[0])
    cost = costs(figures, cores)
    found = [install(sites, given, cost) for sites in SIZES.values()]
    head = f"Measured figures are of {rows['date']}: {rows['machine']}." if rows else _NOTHING
    sizes = _table(["", *SIZES], ([name, *map(say, found)] for name, say in _LINES.items()))
    taken = [[one.what, f"{_few(one.value)} {one.unit}", one.source] for one in figures.used]
    taken += [
        [f"`{one.name}`", _few(float(getattr(given, one.name))), "assumed"]
        for one in fields(given)
    ]
    return "\n".join(
        [head, "", *sizes, "", *_table(["computed with", "figure", "from"], taken), ""]
    )


_NOTHING = "Nothing has been measured yet; every figure is assumed."


def _table(head: list[str], lines: Iterable[list[str]]) -> list[str]:
    return [_line(head), _line(["---"] * len(head)), *map(_line, lines)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _few(number: float) -> str:
    if number >= 100:
        return f"{number:,.0f}"
    return f"{float(f'{number:.2g}'):.10f}".rstrip("0").rstrip(".")


def _rate(number: float) -> str:
    return f"{_few(number)}/s"


def _bytes(number: float) -> str:
    return f"{_few(number / GB)} GB" if number >= GB else f"{_few(number / 1e6)} MB"


def main() -> None:
    rows = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    text = report(rows)
    sys.stdout.write(text)
    write_between(PAGE, "computed", text)


if __name__ == "__main__":
    main()
