"""What the README says of the code is what the code does."""

import re
import tomllib
from pathlib import Path

from sidecar.domain.session import FINAL, MAY_BECOME

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


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
