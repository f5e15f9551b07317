"""What the kernel tells of processes: which belong together, and what they take."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def family(first: int) -> list[int]:
    """Return a process, those that it started, and those that these did."""
    children: dict[int, list[int]] = {}
    for pid, fields in _processes():
        children.setdefault(int(fields[1]), []).append(pid)
    found = [first]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have taken since they began."""
    ticks = {pid: int(fields[11]) + int(fields[12]) for pid, fields in _processes()}
    return sum(ticks.get(pid, 0) for pid in pids) / os.sysconf("SC_CLK_TCK")


def _processes() -> Iterator[tuple[int, list[str]]]:
    """Yield each process's id, and its fields from its state on."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()
