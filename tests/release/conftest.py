"""What `make dist` makes, in a copy of the sources."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ground.wordpress import REPOSITORY

NO_SOURCES = shutil.ignore_patterns(
    ".*", "var", "config.toml", "build", "dist", "*.egg-info", "__pycache__"
)


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = tmp_path_factory.mktemp("sources") / "repository"
    shutil.copytree(REPOSITORY, sources, ignore=NO_SOURCES)
    (sources / ".venv").symlink_to(REPOSITORY / ".venv")
    done = subprocess.run(
        ["make", "dist"],  # noqa: S607 -- Debian's own
        cwd=sources,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return sources / "dist"
