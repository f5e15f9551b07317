"""A Redis server of its own for tests that need no whole sidecar, or want to see it fail."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

from redis import Redis

from tests.ground.processes import Process, running
from tests.ground.waiting import wait_until


@contextlib.contextmanager
def started(folder: Path) -> Iterator[str]:
    """Run a server in a private folder; yields its URL."""
    socket = folder / "redis.sock"
    argv: list[str | Path] = ["redis-server", "--port", "0", "--unixsocket", socket]
    argv += ["--dir", folder, "--save", "", "--appendonly", "no"]
    with running(argv, log=folder / "redis.log", at=socket):
        yield f"unix://{socket}"


def waiting(redis: Redis) -> int:
    """Return how many clients wait for something to be put into a list, as idle workers do.

    A worker that was given a job is none of them from that moment on, before it knows itself.
    """
    return int(redis.info("clients")["blocked_clients"])


class Server:
    """Keeps its data as operators are told to: append-only, synced every second.

    Its folder, and so its data, outlives its end.
    """

    def __init__(self, folder: Path, *, env: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._env = env
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self.client = Redis.from_url(self.url)
        self._process: Process | None = None

    def start(self) -> None:
        """Return when it serves, its data read."""
        assert self._process is None, "it runs already"
        self._socket.unlink(missing_ok=True)
        argv: list[str | Path] = ["redis-server", "--port", "0", "--unixsocket", self._socket]
        argv += ["--dir", self._folder, "--save", "", "--appendonly", "yes"]
        argv += ["--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
        argv += ["--enable-debug-command", "yes"]
        self._process = Process(argv, log=self._folder / "redis.log", env=self._env)
        self._process.wait_for(self._socket)
        wait_until(self._serves, what="the data to be read")

    def _serves(self) -> bool:
        with contextlib.suppress(Exception):
            return bool(self.client.ping())
        return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def kill(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.stop(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def data(self) -> Path:
        return self._folder / "appendonlydir"

    def save(self, to: Path) -> None:
        """Copy what it has written so far, as a backup does."""
        shutil.copytree(self.data(), to)

    def put_back(self, saved: Path | None) -> None:
        """While it is down, replace its data by what was saved, or by nothing."""
        shutil.rmtree(self.data())
        if saved is not None:
            shutil.copytree(saved, self.data())
