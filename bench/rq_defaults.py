"""How long RQ, as it comes, takes to repeat a job whose worker was killed: `python -m bench.rq_defaults`.

It takes a quarter of an hour, since RQ's own timers do, so `make bench` does not: `outages` reads
what was measured last.
"""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from rq import Queue, Retry

from bench.processes import family
from bench.rows import machine
from tests.ground.processes import Process, private_directory
from tests.ground.redis import started
from tests.ground.waiting import wait_until

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).parent / "rq_defaults.json"

_RUNS = "runs"
_LONGEST = 1800.0  # seconds


def run_once(redis_url: str) -> None:
    """Tell that it runs, and be at work until somebody kills it."""
    if int(Redis.from_url(redis_url).incr(_RUNS)) == 1:
        time.sleep(_LONGEST)


def measured() -> float:
    """Return the seconds from the end of a worker in its job until the job runs again."""
    with private_directory() as folder, started(folder) as url:
        redis = Redis.from_url(url)
        Queue("bench", connection=redis).enqueue(
            "bench.rq_defaults.run_once", url, retry=Retry(max=2), job_timeout=int(_LONGEST)
        )
        argv = [
            sys.executable,
            "-m",
            "rq.cli",
            "worker",
            "--url",
            url,
            "--with-scheduler",
            "bench",
        ]
        worker = Process(argv, log=folder / "worker.log", cwd=ROOT)
        wait_until(lambda: redis.get(_RUNS) == b"1", what="the job")
        _, *at_work = family(worker.pid)
        worker.stop(signal.SIGKILL)
        for pid in at_work:
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        other = Process(argv, log=folder / "other.log", cwd=ROOT)
        try:
            wait_until(lambda: redis.get(_RUNS) == b"2", timeout=_LONGEST, what="its second run")
            return time.monotonic() - began
        finally:
            other.stop(signal.SIGKILL)


def main() -> None:
    told = {"worker": measured(), "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine()}
    FILE.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
