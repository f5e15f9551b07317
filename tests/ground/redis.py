"""A Redis server of its own for tests that need no whole sidecar."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.ground.processes import running


@contextlib.contextmanager
def started(folder: Path) -> Iterator[str]:
    """Run a server in a private folder; yields its URL."""
    socket = folder / "redis.sock"
    argv: list[str | Path] = ["redis-server", "--port", "0", "--unixsocket", socket]
    argv += ["--dir", folder, "--save", "", "--appendonly", "no"]
    with running(argv, log=folder / "redis.log", at=socket):
        yield f"unix://{socket}"
