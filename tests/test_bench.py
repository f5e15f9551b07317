"""What the bench writes: its file, its table, its parts."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import parts
from bench.measuring import in_turn
from bench.rows import README, RESULTS, Goal, Row, merge, quoted, table

NOW = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
BENCH = Path(__file__).parents[1] / "bench"


def row(row_id: str = "P1.cpu", figure: float | None = 3.0, **more: object) -> Row:
    known: dict[str, object] = {"name": "a webhook", "unit": "ms", "reference": 2.0}
    if figure is not None:
        known |= {"goal": Goal("<=", 1.6), "goal_figure": figure / 2, "spread": 0.1}
    return Row(id=row_id, figure=figure, **{**known, **more})  # type: ignore[arg-type] # mixed


def test_the_file_has_the_shape_that_others_read(tmp_path: Path) -> None:
    path = tmp_path / "results.json"

    merge([row()], ["P1"], path=path, now=NOW)

    found = json.loads(path.read_text())
    assert found["date"] == "2026-05-06"
    assert "Python" in found["machine"]
    assert found["rows"] == [
        {
            "id": "P1.cpu",
            "name": "a webhook",
            "figure": 3.0,
            "unit": "ms",
            "reference": 2.0,
            "ratio": 1.5,
            "goal": {"op": "<=", "value": 1.6},
            "goal_figure": 1.5,
            "spread": 0.1,
            "reason": None,
            "date": "2026-05-06",
        }
    ]


def test_a_part_run_alone_replaces_its_own_rows_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    merge([row("P10.old"), row("P2")], ["P10", "P2"], path=path, now=NOW)

    merge([row("P10.new"), row("P1")], ["P10", "P1"], path=path, now=NOW)

    assert [one["id"] for one in json.loads(path.read_text())["rows"]] == ["P1", "P2", "P10.new"]


def test_another_machine_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    merge([row("P2")], ["P2"], path=path, now=NOW)
    elsewhere = {**json.loads(path.read_text()), "machine": "another one"}
    path.write_text(json.dumps(elsewhere))

    merge([row("P1")], ["P1"], path=path, now=NOW)

    assert [one["id"] for one in json.loads(path.read_text())["rows"]] == ["P1"]


def test_the_table_tells_whether_a_goal_is_met(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    missing = row("P3", None, reason="no nginx here")
    merge([row("P1"), row("P2", 4.0), missing], ["P1", "P2", "P3"], path=path, now=NOW)

    lines = table(path).splitlines()

    assert "| P1 | a webhook | 3 ms | 2 | 1.5 | ≤ 1.6 | yes: 1.5 | 10% |" in lines
    assert "| P2 | a webhook | 4 ms | 2 | 2 | ≤ 1.6 | no: 2 | 10% |" in lines
    assert "| P3 | a webhook (no nginx here) | - | 2 | - | - | - | - |" in lines


def test_the_readme_quotes_what_was_measured() -> None:
    assert RESULTS.exists()

    assert f"<!-- measured -->\n{quoted(RESULTS)}<!-- /measured -->" in README.read_text()


def test_a_row_without_a_figure_says_why() -> None:
    with pytest.raises(ValueError, match="no reason"):
        row("P3", None)


def test_a_goal_is_about_a_number() -> None:
    with pytest.raises(ValueError, match="no number"):
        row(goal_figure=None)


def test_runs_are_taken_in_turn_after_one_that_does_not_count() -> None:
    order: list[str] = []

    def taken(name: str) -> float:
        order.append(name)
        return float(len(order))

    runs = in_turn({"a": lambda: taken("a"), "b": lambda: taken("b")}, rounds=3)

    assert "".join(order) == "abababab"
    assert runs["a"].values == (3.0, 5.0, 7.0)
    assert runs["a"].median == 5.0
    assert runs["a"].spread == 0.8


def test_every_figure_is_measured_by_one_part_that_the_readme_explains() -> None:
    covered = {name: parts.part(name).COVERS for name in parts.names()}
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (BENCH / "README.md").read_text(), re.M)
    figures = [figure for figures in covered.values() for figure in figures]

    assert len(figures) == len(set(figures))
    assert {name: tuple(told.split(", ")) for name, told in rows} == covered
    assert all(callable(parts.part(name).rows) for name in parts.names())


def test_of_each_goal_that_is_missed_it_is_said_why() -> None:
    rows = json.loads(RESULTS.read_text())["rows"]
    missed = {
        row["id"]: row["reason"]
        for row in rows
        if row["goal"] and not Goal(**row["goal"]).is_met_by(row["goal_figure"])
    }

    assert [name for name, reason in missed.items() if not reason] == []
