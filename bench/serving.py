"""The production server and the one that it is compared with, and load upon them."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.visitors import Message
from sidecar.web.server import THREADS
from tests.ground.processes import HOST, Process, free_port, private_directory, running
from tests.ground.waiting import wait_until

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


@contextlib.contextmanager
def production(folder: Path, *, workers: int) -> Iterator[tuple[Process, str]]:
    """Serve the sidecar of the folder's `config.toml`; yields the server and its URL."""
    port = free_port()
    path = folder / f"server-{port}.toml"
    server = f'[server]\nhost = "{HOST}"\nport = {port}\nweb_workers = {workers}\n'
    path.write_text(f"{(folder / 'config.toml').read_text()}\n{server}")
    argv = [sys.executable, "-m", "bench.server", os.fspath(path)]
    with running(argv, log=folder / "web.log", at=(HOST, port), cwd=ROOT) as it:
        yield it, f"http://{HOST}:{port}"


def wait_until_ready(url: str) -> None:
    """Wait for an answer: a server takes connections before its workers can serve them."""
    wait_until(lambda: _is_ready(url), what="the server to be ready")


def _is_ready(url: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{url}/readyz", timeout=5).ok
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of some seconds of load."""

    per_second: float
    p50_ms: float
    p99_ms: float
    answered: int


def load(url: str, messages: Sequence[Message], *, seconds: int, wraps: bool = False) -> Load:
    """Post messages over 16 connections for some seconds.

    Where they would be sent a second time, which is cheaper to take in, that is an error,
    unless it is known to make no difference (`wraps`).
    """
    with private_directory() as folder:
        path = folder / "messages"
        path.write_text("".join(map(_line, messages)))
        argv = ["wrk", "--threads", "1", "--connections", "16", "--duration", f"{seconds}s"]
        argv += ["--script", os.fspath(ROOT / "bench/replay.lua"), url, os.fspath(path)]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)  # noqa: S603 -- our own words
    told = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert told["refused"] == told["errors"] == 0, done.stdout
    assert wraps or told["answered"] <= len(messages), "too few messages for so fast a server"
    return Load(
        per_second=told["answered"] / told["seconds"],
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        answered=told["answered"],
    )


def _line(message: Message) -> str:
    fields = [message.path, *message.headers.values(), message.body.decode()]
    return "\t".join(fields) + "\n"
