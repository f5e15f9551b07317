"""The master dies under Sentinel: another takes over, and what is due goes out, once."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from redis import Redis
from redis.exceptions import RedisError

from sidecar.adapters.redis_store import DueEntry
from sidecar.config import parse
from sidecar.domain.recovery import Outcome
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge, assembled, statuses
from tests.gates import Gate
from tests.ground.processes import HOST, Process, free_port, private_directory, running
from tests.ground.waiting import wait_until
from tests.listening import Listener, listening

SENTINELS = 3
WITHIN = 10.0
"""Seconds: the gate. Of these the sentinels take one to be sure, and some to agree."""

AT_ONCE = """
abandon_after = "1s"
messages = ["2s"]
"""


class Replicas:
    """A master, its replica, and the sentinels that watch them."""

    def __init__(self, master: Process, ports: tuple[int, int], sentinels: list[int]) -> None:
        self._master = master
        self.first, self.second = (Redis(host=HOST, port=port) for port in ports)
        self.first_url = f"redis://{HOST}:{ports[0]}/0"
        self.url = (
            "redis+sentinel://" + ",".join(f"{HOST}:{port}" for port in sentinels) + "/mymaster/0"
        )

    def kill_master(self) -> None:
        assert self.first.wait(1, 5000) == 1, "the replica holds what the master has"
        self._master.stop(signal.SIGKILL)


@pytest.fixture
def replicas() -> Iterator[Replicas]:
    with private_directory() as folder, contextlib.ExitStack() as stack:
        ports, sentinels = (free_port(), free_port()), [free_port() for _ in range(SENTINELS)]

        def start(name: str, port: int, *words: str) -> Process:
            place = folder / name
            place.mkdir()
            argv: list[str | Path] = ["redis-server", *words, "--port", str(port), "--dir", place]
            return stack.enter_context(running(argv, log=place / "log", at=(HOST, port)))

        kept = ("--save", "", "--appendonly", "yes")
        master = start("master", ports[0], *kept)
        start("replica", ports[1], *kept, "--replicaof", f"{HOST} {ports[0]}")
        for number, port in enumerate(sentinels):
            settings = folder / f"sentinel-{number}.conf"
            settings.write_text(
                f"sentinel monitor mymaster {HOST} {ports[0]} 2\n"
                "sentinel down-after-milliseconds mymaster 1000\n"
                "sentinel failover-timeout mymaster 5000\n"
            )
            start(f"sentinel-{number}", port, str(settings), "--sentinel")
        made = Replicas(master, ports, sentinels)
        watched = [Redis(host=HOST, port=port) for port in sentinels]
        wait_until(lambda: all(_knows_all(one) for one in watched), what="the sentinels")
        yield made


def _knows_all(sentinel: "Redis") -> bool:
    told = cast("dict[str, int]", sentinel.sentinel_master("mymaster"))
    others, replicas = told["num-other-sentinels"], told["num-slaves"]
    return bool(others == SENTINELS - 1 and replicas == 1)


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, replicas: Replicas, wordpress: Listener) -> Sidecar:
    assembled(tmp_path, replicas.first_url, home=wordpress.url, recovery=AT_ONCE)
    path = tmp_path / "config.toml"
    text = path.read_text().replace(replicas.first_url, replicas.url)
    path.write_text(f"{text}\n[server]\njob_workers = 2\n")
    return assemble(parse(path.read_text(), path=path))


@pytest.fixture
def running_workers(sidecar: Sidecar) -> Iterator[None]:
    folder = sidecar.config.path.parent
    workers = Process([sys.executable, "-m", "sidecar", "worker"], log=folder / "log", cwd=folder)
    try:
        wait_until(lambda: all(sidecar.heartbeats.alive().values()), what="the processes")
        yield
    finally:
        workers.stop()


@pytest.mark.usefixtures("running_workers")
def test_a_message_goes_out_once_though_the_master_dies(
    sidecar: Sidecar, replicas: Replicas, wordpress: Listener, gate: Gate
) -> None:
    bridge = Bridge(sidecar, home_url=wordpress.url)
    given = bridge.event("session.contact_given", contact={"email": "anna@example.com"})
    assert statuses(bridge.send(given)) == ["applied"]

    replicas.kill_master()
    killed = time.monotonic()
    assert "recoveries" not in wordpress.routes()
    wait_until(lambda: "recoveries" in wordpress.routes(), what="the message")
    took = time.monotonic() - killed
    wait_until(lambda: _outcome(sidecar) == Outcome.SENT, what="its end")

    assert replicas.second.role()[0] == b"master"
    assert statuses(bridge.send(bridge.event("session.started", "s2"))) == ["applied"]
    sidecar.due.put({DueEntry("recover", "salon", "s1.1"): sidecar.due.now()})
    wait_until(
        lambda: sidecar.due.due_at(DueEntry("recover", "salon", "s1.1")) is None,
        what="another look at it",
    )
    assert wordpress.routes().count("recoveries") == 1
    gate("R14", "Sentinel's master killed", holds="sent once, within 10 s", figure=f"{took:.1f} s")
    assert took <= WITHIN


def _outcome(sidecar: Sidecar) -> Outcome | None:
    try:
        session = sidecar.store.begin("salon").session("s1")
    except RedisError:
        return None
    return session.recoveries[0].outcome if session and session.recoveries else None
