"""What the tests of faults measured, as one table at the end of their run and in a document.

A gate is a limit that a fault may not break: R1 to R14, and more. A test says with `gate` which
fault it made, what must hold, and what it measured.
"""

import os
import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from tests.ground.documents import write_between

REPORT = Path(__file__).parents[1] / "docs/reliability.md"
_OPTION = "--write-gates"


class Measured(NamedTuple):
    gate: str
    fault: str
    holds: str
    figure: str


class Gate(Protocol):
    def __call__(self, name: str, fault: str, *, holds: str, figure: str) -> None: ...


@pytest.fixture
def gate(record_property: Callable[[str, object], None]) -> Gate:
    """Return what notes a measurement: `gate("R2", "Redis away for 2 s", holds=…, figure=…)`."""

    def note(name: str, fault: str, *, holds: str, figure: str) -> None:
        record_property("gate", list(Measured(name, fault, holds, figure)))

    return note


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(_OPTION, action="store_true", help=f"write the table into {REPORT.name}")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    measured = sorted(
        {
            Measured(*told)
            for report in terminalreporter.getreports("passed")
            for name, told in report.user_properties
            if name == "gate"
        },
        key=lambda one: (_number(one.gate), one.fault),
    )
    if not measured:
        return
    terminalreporter.section("gates")
    for line in _table(measured):
        terminalreporter.write_line(line)
    if config.getoption(_OPTION):
        _write(measured)


def _number(gate: str) -> tuple[int, str]:
    return (int(gate[1:]) if gate[1:].isdigit() else 99, gate)


def _table(measured: Iterable[Measured]) -> list[str]:
    head = Measured("gate", "fault", "must hold", "measured")
    return [_row(head), "| --- | --- | --- | --- |", *map(_row, measured)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _write(measured: Iterable[Measured]) -> None:
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    taken = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}, Python {platform.python_version()}."
    )
    text = "\n".join([taken, "", *_table(measured), ""])
    write_between(REPORT, "measured", text)
