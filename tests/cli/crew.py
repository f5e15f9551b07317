"""A program to supervise: `python crew.py FOLDER STAGE...` notes in FOLDER what its roles do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sidecar.cli.logs import start_logging
from sidecar.cli.supervisor import Role, Stage, supervise
from sidecar.config import Log

FOLDER = Path(sys.argv[1])


def note(name: str, what: object) -> None:
    with (FOLDER / name).open("a") as file:
        file.write(f"{what}\n")


def orderly(name: str) -> None:
    """Note its end."""

    def end(_number: int, _frame: object) -> None:
        note("order", name)
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    note(name, os.getpid())
    time.sleep(600)


def parent() -> None:
    """Have a child that ignores everything but a kill."""
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    note("grandchild", subprocess.Popen([sys.executable, "-c", deaf]).pid)  # noqa: S603  # ours
    note("parent", os.getpid())
    time.sleep(600)


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("stubborn", os.getpid())
    time.sleep(600)


def failing() -> None:
    note("failing", time.monotonic())
    raise RuntimeError("maria@example.com")


def gone() -> None:
    note("gone", os.getpid())
    sys.exit(3)


STAGES = {
    "first": Stage(roles=(Role("first", lambda: orderly("first")),), ready=(FOLDER / "go").exists),
    "second": Stage(roles=(Role("second", lambda: orderly("second")),)),
    "parent": Stage(roles=(Role("parent", parent),)),
    "patient": Stage(roles=(Role("stubborn", stubborn),), stop_within=30),
    "impatient": Stage(roles=(Role("stubborn", stubborn),), stop_within=0.3),
    "failing": Stage(roles=(Role("failing", failing),)),
    "gone": Stage(roles=(Role("gone", gone),)),
}

# Whoever runs the tests may have made them deaf to the end of their terminal.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
start_logging(Log(), role="crew")
supervise([STAGES[name] for name in sys.argv[2:]], announce=lambda: note("announced", "yes"))
note("returned", "yes")
