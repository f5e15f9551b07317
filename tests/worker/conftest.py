from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from tests.assembled import Bridge, assembled, work_off
from tests.listening import Listener, listening

AT_ONCE = """
abandon_after = "1s"
messages = ["1s"]
"""


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=AT_ONCE)
    jobs.work_for(sidecar)
    return sidecar


@pytest.fixture
def bridge(sidecar: Sidecar, wordpress: Listener) -> Bridge:
    return Bridge(sidecar, home_url=wordpress.url)


@pytest.fixture
def clock(sidecar: Sidecar) -> Clock:
    return Clock(sidecar)


@pytest.fixture
def work(redis_url: str) -> Callable[[], None]:
    """Run what is queued, in RQ's own worker, and come back when the queue is empty."""
    return lambda: work_off(Redis.from_url(redis_url))
