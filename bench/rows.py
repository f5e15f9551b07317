"""What was measured: rows, the file that keeps them, and the table that shows them."""

import json
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Any, Literal

RESULTS = Path(__file__).parent / "results.json"
README = Path(__file__).parents[1] / "README.md"


@dataclass(frozen=True, slots=True)
class Goal:
    op: Literal["<=", ">="]
    value: float

    def is_met_by(self, figure: float) -> bool:
        return figure <= self.value if self.op == "<=" else figure >= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, beside the reference that was measured in the same run.

    `goal_figure` is the number that the goal is about: mostly the figure or the ratio. `spread`
    is that of the figure's runs: highest less lowest, as a share of their median. `reason` says
    why a figure is missing, or what keeps it from its goal.
    """

    id: str
    name: str
    figure: float | None
    unit: str
    reference: float | None = None
    goal: Goal | None = None
    goal_figure: float | None = None
    spread: float | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.figure is None and not self.reason:
            raise ValueError(f"{self.id} has no figure and no reason for that")
        if self.figure is not None and self.goal is not None and self.goal_figure is None:
            raise ValueError(f"{self.id} has a goal, and no number that it is about")

    @property
    def ratio(self) -> float | None:
        if self.figure is None or not self.reference:
            return None
        return self.figure / self.reference

    @property
    def is_missed(self) -> bool:
        """Tell whether it has a goal, and misses it: then `reason` says why, and what would be near."""
        return bool(
            self.goal
            and self.goal_figure is not None
            and not self.goal.is_met_by(self.goal_figure)
        )

    @property
    def covers(self) -> str:
        """The figure that this row is a part of: P3 for P3.p50."""
        return self.id.partition(".")[0]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def merge(rows: Iterable[Row], covered: Iterable[str], *, path: Path, now: datetime) -> None:
    """Write rows into the file, in place of all that it has of the figures `covered`.

    What was measured on another machine is dropped: it has no place in the same table.
    """
    here = machine()
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
    others = known["rows"] if known.get("machine") == here else []
    replaced = set(covered)
    kept = [row for row in others if row["id"].partition(".")[0] not in replaced]
    date = f"{now.astimezone(UTC):%Y-%m-%d}"
    fresh = [{**row.as_json(), "date": date} for row in rows]
    found = {
        "machine": here,
        "date": date,
        "rows": sorted([*kept, *fresh], key=lambda row: _number(row["id"])),
    }
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(path: Path) -> str:
    """Return what the file holds as Markdown, with each goal and whether it is met."""
    found = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"Measured on {found['date']}: {found['machine']}.",
        "",
        "| # | what | figure | reference | ratio | goal | met | spread |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, found["rows"])])


QUOTED = (
    *("P1.cpu", "P1.throughput", "P2.cpu", "P3.p50", "P4.size", "P5.p99", "P6.promoted"),
    *("P6.done", "P8.open", "P8.abandoned", "P10.web.rest", "P10.worker.rest", "P12"),
)
"""The rows that the README quotes."""


def quoted(path: Path) -> str:
    """Return what an owner or an operator asks first, as a shorter table, and each goal missed."""
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = {row["id"]: row for row in found["rows"]}
    lines = [
        f"Measured on {found['date']}: {found['machine']}.",
        "",
        "| what | figure | reference |",
        "| --- | --- | --- |",
    ]
    for row in (rows[name] for name in QUOTED if name in rows):
        figure, reference = (
            "-" if row[name] is None else f"{_short(row[name])} {row['unit']}".strip()
            for name in ("figure", "reference")
        )
        lines.append(f"| {row['name']} | {figure} | {reference} |")
    missed = [row for row in found["rows"] if row["goal"] and _met(row) == "no"]
    if missed:
        lines += ["", "Of the goals there, these are missed:", ""]
    lines += [
        f"- {row['id']}, {_goal(row)}, is {_short(row['goal_figure'])}: {row['reason']}."
        for row in missed
    ]
    return "\n".join([*lines, ""])


def _line(row: dict[str, Any]) -> str:
    name = f"{row['name']} ({row['reason']})" if row["reason"] else row["name"]
    met = _met(row)
    if met in ("yes", "no"):
        met = f"{met}: {_short(row['goal_figure'])}"
    cells = [
        row["id"],
        name,
        f"{_short(row['figure'])} {row['unit']}" if row["figure"] is not None else "-",
        _short(row["reference"]),
        _short(row["ratio"]),
        _goal(row),
        met,
        f"{row['spread']:.0%}" if row["spread"] is not None else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _goal(row: dict[str, Any]) -> str:
    sign = {"<=": "≤", ">=": "≥"}
    goal = row["goal"]
    return f"{sign[goal['op']]} {_short(goal['value'])}" if goal else "-"


def _met(row: dict[str, Any]) -> str:
    if row["goal"] is None:
        return "-"
    if row["goal_figure"] is None:
        return "not measured"
    return "yes" if Goal(**row["goal"]).is_met_by(row["goal_figure"]) else "no"


def _short(number: float | None) -> str:
    """Write a number with three digits that mean something, and no exponent."""
    if number is None:
        return "-"
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{float(f'{number:.3g}'):.10f}".rstrip("0").rstrip(".")


def _number(row_id: str) -> tuple[int, str]:
    figure, _, below = row_id.partition(".")
    return int(figure.removeprefix("P")), below


def machine() -> str:
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return (
        f"{cpu_count()} cores {model[1] if model else platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}"
    )
