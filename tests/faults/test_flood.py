"""Ten thousand recoveries are due at one moment, of a hundred sites."""

import time
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import cast

import pytest

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import QUEUE
from sidecar.adapters.site_calls import AT_A_TIME
from sidecar.config import parse
from sidecar.wiring import Sidecar, assemble
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from tests.assembled import assembled, work_off
from tests.gates import Gate

SITES = 100
RECOVERIES = 10_000
AT_MOST = 3.0
"""Seconds of work, also where others are at work beside it; the gate's own limit is 1 s."""


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    assembled(tmp_path, redis_url)
    path = tmp_path / "config.toml"
    secrets = iter(f"whsec_{n:032}" for n in range(10**31, 10**31 + 2 * SITES))
    more = "".join(
        f'[[sites]]\nid = "s{n}"\nwebhook_secret = "{next(secrets)}"\n'
        f'callback_secret = "{next(secrets)}"\n'
        for n in range(SITES)
    )
    path.write_text(path.read_text().replace("[status]", f"{more}[status]"))
    sidecar = assemble(parse(path.read_text(), path=path))
    jobs.work_for(sidecar)
    return sidecar


def test_all_are_in_line_at_once_and_each_once(sidecar: Sidecar, gate: Gate) -> None:
    entries = [DueEntry("recover", f"s{n % SITES}", f"v{n}.1") for n in range(RECOVERIES)]
    now = sidecar.due.now()
    sidecar.due.put(dict.fromkeys(entries, now))
    clocks = cycle([Clock(sidecar), Clock(sidecar)])

    began, used = time.monotonic(), time.process_time()
    while next(clocks).tick():
        pass
    took, used = time.monotonic() - began, time.process_time() - used

    lines = [sidecar.redis.zrange(keys.calls_in_line(f"s{n}"), 0, -1) for n in range(SITES)]
    in_line = [member.decode() for line in lines for member in cast("list[bytes]", line)]
    assert sorted(in_line) == sorted(entry.member for entry in entries)
    assert sidecar.redis.llen(f"rq:queue:{QUEUE}") == SITES * AT_A_TIME
    leased = [sidecar.due.due_at(entry) for entry in entries[:: RECOVERIES // 100]]
    assert all(at and at > now + timedelta(seconds=80) for at in leased)
    gate(
        "R6",
        f"{RECOVERIES:,} recoveries of {SITES} sites due at one moment",
        holds="all in line for a worker within 1 s, each once",
        figure=f"{took:.1f} s, of them {used:.1f} s at work; one worker decides {_rate(sidecar):.0f}/s",
    )
    assert used <= AT_MOST


def _rate(sidecar: Sidecar) -> float:
    """How many a worker decides on in a second, where there is nothing to be sent."""
    began = time.monotonic()
    work_off(sidecar.redis)
    assert sidecar.redis.llen(f"rq:queue:{QUEUE}") == 0
    left = sum(sidecar.redis.zcard(keys.calls_in_line(f"s{n}")) for n in range(SITES))
    return (RECOVERIES - left) / (time.monotonic() - began)
