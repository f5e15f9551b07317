"""A clock that tests set, for the programs that begin with its environment."""

import ctypes
import mmap
import os
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.ground.processes import private_directory

SOURCE = Path(__file__).with_suffix(".c")
_FILE = "GROUND_CLOCK"


class Clock:
    """Shows the real time until it is set; from then on it goes on from there.

    Only the time of day is set, and for all programs at once: what waits or measures goes on as
    ever. The known library for this, libfaketime, has Python wait for ever or not at all.
    """

    def __init__(self, folder: Path, library: Path) -> None:
        file = folder / "clock"
        file.write_bytes(bytes(8))
        self._ahead = timedelta(0)
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            _FILE: str(file),
        }

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def show(self, moment: datetime) -> None:
        self._ahead = moment - datetime.now(UTC)
        self._shared[:] = struct.pack("=q", self._ahead // timedelta(microseconds=1) * 1000)


def built(folder: Path) -> Path:
    """Build what programs load that shall go by a clock of ours."""
    library = folder / "clock.so"
    subprocess.run(  # noqa: S603 -- the ground names its commands itself
        ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, SOURCE],  # noqa: S607 -- Debian's own
        check=True,
    )
    return library


def go_by(clock: Mapping[str, str]) -> None:
    """Have this process, which has loaded the library already, go by the clock of an environment."""
    os.environ[_FILE] = clock[_FILE]
    ctypes.CDLL(None).open_clock()


@contextmanager
def started() -> Iterator[Clock]:
    with private_directory() as folder:
        yield Clock(folder, built(folder))
