"""Servers to compare ours with."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sidecar.web.server import THREADS
from tests.ground.processes import HOST, Process, free_port, running

ROOT = Path(__file__).parents[1]


@contextlib.contextmanager
def bare_gunicorn(folder: Path, *, workers: int) -> Iterator[tuple[Process, str]]:
    """Serve `bench.bare` with the settings of the production server; yields it and its URL."""
    port = free_port()
    argv = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}", "--log-level", "warning"]
    argv += ["--worker-class", "gthread", "--threads", str(THREADS), "--workers", str(workers)]
    argv += ["--keep-alive", "5", "--no-control-socket", "bench.bare:app"]
    env = {"PYTHONPATH": os.fspath(ROOT)}
    with running(argv, log=folder / "gunicorn.log", at=(HOST, port), cwd=folder, env=env) as it:
        yield it, f"http://{HOST}:{port}"
