"""What `make run` starts: `init` once, then `up`, in a folder of its own."""

import contextlib
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

    with up(folder, port=port) as process:
        keep(folder, "kept over a restart")
        assert process.stop(signal.SIGINT) == 0
    assert command_lines_with(str(folder)) == []

    with up(folder, port=port) as process:
        assert kept(folder) == "kept over a restart"
        assert process.stop(signal.SIGINT) == 0
    assert command_lines_with(str(folder)) == []
    assert "Traceback" not in process.output()


def test_a_killed_up_takes_its_children_along_and_what_was_on_disk_stays(folder: Path) -> None:
    port = free_port()
    init(folder, port=port)
    with up(folder, port=port) as process:
        keep(folder, "kept over a kill")
        wait_until(lambda: is_on_disk(folder), what="Redis to write")
        process.stop(signal.SIGKILL)
        wait_until(lambda: not command_lines_with(str(folder)), what="all to end")

    with up(folder, port=port):
        assert kept(folder) == "kept over a kill"


def init(folder: Path, *, port: int) -> str:
    done = subprocess.run(  # noqa: S603 -- the ground names its commands itself
        [*sidecar(folder), "init"], cwd=folder, capture_output=True, text=True, check=True
    )
    config = folder / "config.toml"
    text, changed = re.subn(r"^port = 8750$", f"port = {port}", config.read_text(), flags=re.M)
    assert changed == 1
    config.write_text(text)
    return done.stdout


@contextlib.contextmanager
def up(folder: Path, *, port: int) -> Iterator[Process]:
    """Have it run, healthy and announced, for as long as the block lasts or until stopped."""
    process = Process([*sidecar(folder), "up"], log=folder / "up.log", cwd=folder)
    try:
        process.wait_for((HOST, port))
        with urlopen(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200
        wait_until(lambda: "Status page" in process.output(), what="the address of the page")
        yield process
    finally:
        process.stop()


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


def is_on_disk(folder: Path) -> bool:
    with store(folder) as redis:
        state = redis.info("persistence")
    assert isinstance(state, dict)
    return not state["aof_buffer_length"] and not state["aof_pending_bio_fsync"]
