"""The sidecar's processes as the tests of crash points start them: forked, watched, each alone."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import NamedTuple

from werkzeug.serving import make_server

from sidecar.config import Config, parse
from sidecar.web import create_app
from sidecar.wiring import assemble
from sidecar.worker.clock import run_clock
from sidecar.worker.run import run_worker
from tests.faults.points import Fault, Trace, watch
from tests.ground.clock import go_by
from tests.ground.processes import HOST

ROLES = ("web", "clock", "worker")

_forking = multiprocessing.get_context("forkserver")
_one_at_a_time = threading.Lock()


class Place(NamedTuple):
    """Where the processes of one run find everything."""

    folder: Path
    clock: Mapping[str, str]
    port: int


def prepare(library: Path) -> None:
    """Start what the processes are forked from: everything imported, and clocks to be chosen."""
    # pytest, because a process imports the program that started it.
    _forking.set_forkserver_preload([__name__, "pytest", "tests.faults.warm"])
    before = os.environ.get("LD_PRELOAD")
    os.environ["LD_PRELOAD"] = str(library)
    try:
        ensure_running()
    finally:
        del os.environ["LD_PRELOAD"]
        if before is not None:
            os.environ["LD_PRELOAD"] = before


def start(role: str, place: Place, redis: int, fault: Fault | None) -> ForkServerProcess:
    mine = fault if fault and fault.role == role else None
    process = _forking.Process(target=_live, args=(role, place, redis, mine), daemon=True)
    with _one_at_a_time:
        process.start()
    return process


def _live(role: str, place: Place, redis: int, fault: Fault | None) -> None:
    go_by(place.clock)
    log = os.open(place.folder / "log", os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {role} %(name)s %(message)s")
    path = place.folder / "config.toml"
    config = parse(path.read_text(), path=path)
    watch(role, Trace(place.folder / "trace"), fault, redis)
    {
        "web": lambda: _serve(config, place.port),
        "clock": lambda: run_clock(config),
        "worker": lambda: run_worker(config),
    }[role]()


def _serve(config: Config, port: int) -> None:
    make_server(HOST, port, create_app(assemble(config)), threaded=True).serve_forever()
