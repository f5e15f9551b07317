"""P10: memory of the web server, of a worker and of the clock, and processor time at rest."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.processes import cpu_seconds, family
from bench.rows import Goal, Row
from bench.serving import bare_gunicorn, wait_until_ready
from tests.faults.parts import Parts, standing
from tests.ground.processes import Process, private_directory, running
from tests.ground.redis import started
from tests.ground.waiting import wait_until

COVERS = ("P10",)

CALM = 10.0  # seconds after a start until what it has to do is done
AT_REST = 20.0  # seconds for which its processor time is taken
LOADED_FOR = 60.0  # seconds
BATCH = 10
"""Visits in a message; each has an address, and is written to soon after."""

PAUSE = 0.2  # seconds between two messages: half of what one site may send

_ROLES = {"web": "the web server", "worker": "a worker", "clock": "the clock"}
_SHORTER = f"a load of {LOADED_FOR:g} s, for the whole bench shall take less than 15 minutes"


def rows() -> Iterator[Row]:
    least = _least()
    with standing() as parts:
        up = parts.up()
        wait_until_ready(parts.url)
        time.sleep(CALM)
        processes = family(up.pid)
        began, before = time.monotonic(), cpu_seconds(processes)
        time.sleep(AT_REST)
        busy = (cpu_seconds(processes) - before) / (time.monotonic() - began)
        at_rest = _taken(parts, up)
        written = _load(parts)
        loaded = _taken(parts, up)
    for when, taken, reason in (
        ("at rest", at_rest, None),
        (f"after {written} visits that were written to", loaded, _SHORTER),
    ):
        yield from _rows(taken, least, when, reason)
    yield Row(
        id="P10.cpu",
        name="processor time at rest of all processes but Redis, of one core",
        figure=busy * 100,
        unit="%",
        goal=Goal("<=", 1),
        goal_figure=busy * 100,
    )


def _rows(
    taken: Mapping[str, float], least: Mapping[str, float], when: str, reason: str | None
) -> Iterator[Row]:
    for role, name in _ROLES.items():
        of = least["web" if role == "web" else "worker"]
        yield Row(
            id=f"P10.{role}.{'loaded' if reason else 'rest'}",
            name=f"memory (PSS) of {name} {when}; reference: a bare "
            f"{'gunicorn with Flask' if role == 'web' else 'RQ worker'}",
            figure=taken[role],
            unit="MB",
            reference=of,
            goal=Goal("<=", 1.6),
            goal_figure=taken[role] / of,
            reason=reason,
        )


def _taken(parts: Parts, up: Process) -> dict[str, float]:
    """Return the memory of each role, in MB: of the web server in all, of a worker on average."""
    workers, clocks = parts.pids("worker"), parts.pids("clock")
    web = [pid for pid in family(up.pid) if pid not in {up.pid, *workers, *clocks}]
    return {"web": _pss(web), "worker": _pss(workers) / len(workers), "clock": _pss(clocks)}


def _load(parts: Parts) -> int:
    """Have visitors come and leave for a while, and wait for the message to each."""
    names: list[str] = []
    end = time.monotonic() + LOADED_FOR
    while time.monotonic() < end:
        batch = [f"visitor-{len(names) + number}" for number in range(BATCH)]
        assert parts.deliver(*map(parts.leaves, batch)).status_code == 202
        names += batch
        time.sleep(PAUSE)
    sent = parts.memory.sent
    wait_until(lambda: all(sent[f"{name}.1"] for name in names), what="the messages")
    return len(names)


def _least() -> dict[str, float]:
    """Return the memory of what does nothing: a gunicorn with Flask, a worker of RQ's."""
    with private_directory() as folder, started(folder) as url:
        with bare_gunicorn(folder, workers=1) as (gunicorn, its_url):
            wait_until_ready(its_url)
            web = _pss(family(gunicorn.pid))
        argv = [sys.executable, "-m", "rq.cli", "worker", "--url", url, "--quiet"]
        argv += ["--worker-class", "rq.SimpleWorker", "bare"]
        with running(argv, log=folder / "rq.log", at=folder / "redis.sock") as worker:
            time.sleep(3)  # its first look at everything is over
            return {"web": web, "worker": _pss([worker.pid])}


def _pss(pids: Iterable[int]) -> float:
    """Return the memory of processes in MB, of what they share with others their part."""
    kilobytes = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1000
