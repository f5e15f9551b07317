"""What `make run` starts: `init` once, then `up`, in a folder of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from redis import Redis

from tests.ground.processes import (
    HOST,
    Process,
    command_lines_with,
    free_port,
    private_directory,
)
from tests.ground.waiting import wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    with private_directory() as path:
        yield path


def test_up_serves_after_init_ends_on_ctrl_c_and_finds_its_data_again(folder: Path) -> None:
    port = free_port()
    assert "password" in init(folder, port=port)

    first = up(folder, port=port)
    keep(folder, "kept over a restart")
    assert first.stop(signal.SIGINT) == 0
    assert command_lines_with(str(folder)) == []

    second = up(folder, port=port)
    assert kept(folder) == "kept over a restart"
    assert second.stop(signal.SIGINT) == 0
    assert command_lines_with(str(folder)) == []
    assert "Traceback" not in second.output()


def test_a_killed_up_takes_its_children_along_and_loses_nothing(folder: Path) -> None:
    port = free_port()
    init(folder, port=port)
    first = up(folder, port=port)
    keep(folder, "kept over a kill")

    first.stop(signal.SIGKILL)
    wait_until(lambda: not command_lines_with(str(folder)), timeout=15, what="its children to end")

    second = up(folder, port=port)
    assert kept(folder) == "kept over a kill"
    assert second.stop(signal.SIGINT) == 0


def init(folder: Path, *, port: int) -> str:
    done = subprocess.run(  # noqa: S603 -- the ground names its commands itself
        [*sidecar(folder), "init"], cwd=folder, capture_output=True, text=True, check=True
    )
    config = folder / "config.toml"
    text, changed = re.subn(r"^port = 8750$", f"port = {port}", config.read_text(), flags=re.M)
    assert changed == 1
    config.write_text(text)
    return done.stdout


def up(folder: Path, *, port: int) -> Process:
    process = Process([*sidecar(folder), "up"], log=folder / "up.log", cwd=folder)
    process.wait_for((HOST, port))
    with urlopen(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
        assert answer.status == 200
    wait_until(
        lambda: "Status page" in process.output(),
        timeout=15,
        what="the lines that say where it is",
    )
    return process


def sidecar(folder: Path) -> list[str]:
    return [sys.executable, "-m", "sidecar", "--config", str(folder / "config.toml")]


def store(folder: Path) -> Redis:
    return Redis(unix_socket_path=str(folder / "var/redis/redis.sock"), decode_responses=True)


def keep(folder: Path, value: str) -> None:
    with store(folder) as redis:
        redis.set("test:kept", value)


def kept(folder: Path) -> object:
    with store(folder) as redis:
        return redis.get("test:kept")
