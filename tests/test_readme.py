"""What the README says of the code is what the code does."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from sidecar.cli import main
from sidecar.domain.recovery import Reason
from sidecar.domain.session import FINAL, MAY_BECOME

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "docs/operating.md"]
README = PAGES[0].read_text()


def test_the_diagram_shows_every_allowed_change_and_no_other() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+):", README, re.MULTILINE))
    ends = set(re.findall(r"^    (\w+) --> \[\*\]", README, re.MULTILINE))

    assert drawn == {(old, new) for old, followers in MAY_BECOME.items() for new in followers}
    assert ends == set(FINAL)


def test_every_dependency_has_a_reason_and_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]

    for dependency in wanted:
        name = re.split(r"[<>=]", dependency)[0]
        assert re.search(rf"^\| .*\b{name}\b.* \|", README, re.MULTILINE), name
        assert "<" in dependency, dependency


def test_every_command_has_its_row_and_no_other_is_named() -> None:
    commands = set(main.list_commands(click.Context(main)))
    table = re.findall(r"^\| command .*\n(?:\|.*\n)+", README, re.MULTILINE)[0]
    rows = set(re.findall(r"`([a-z][a-z-]*)(?: [A-Z[][^`]*)?`", table))
    typed = {
        command
        for page in PAGES
        for command in re.findall(r"\bbooking-recovery[@ ]([a-z][a-z-]*)", page.read_text())
    }

    assert rows == commands
    assert typed <= commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text())

    assert links
    for link in links:
        assert (page.parent / link).exists(), link


def test_imports_point_as_the_readme_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    told = re.search(r"Imports point one way: `([^`]+)`", README)

    assert told
    assert " ".join(told[1].split()) == " → ".join(layers).replace("sidecar.", "")


def test_every_reason_of_a_skip_is_explained() -> None:
    table = README.partition("| reason | means |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(Reason)
