"""`up` as an operator meets it: everything real, on a free port, in a private folder."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import redis

from sidecar.adapters import redis_keys
from sidecar.adapters.embedded_redis import redis_url
from sidecar.adapters.redis_keys import DUE
from sidecar.config import load
from tests.cli.commands import booking_recovery
from tests.ground.processes import free_port, private_directory
from tests.ground.waiting import wait_until


class Up:
    """A running command, `up` unless told, in a folder in which `init` has run."""

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        self.folder = folder
        self.log = folder / f"{'-'.join(words) or 'up'}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "sidecar", *(words or ["up"])],
                cwd=folder,
                env={**os.environ, **environ},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, look: Callable[[], object]) -> None:
        """Wait until it looks right; fail with the log where it ended instead."""
        wait_until(lambda: look() or not self.running, what=str(self.log))
        assert self.running, self.log.read_text()

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def listens(self) -> bool:
        """Whether it is far enough to end in order when it is asked to."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = re.search(r"^SigCgt:\s+([0-9a-f]+)$", status, re.MULTILINE)
        return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(redis_url(load(self.folder / "config.toml", {})))

    def family(self) -> list[int]:
        """Return its processes and theirs, as far as they run."""
        members = [self.process.pid]
        for pid in members:
            with contextlib.suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    members += [int(child) for child in children.read_text().split()]
        return members

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(timeout=30)

    def close(self) -> None:
        """Leave nothing behind, also where the test failed."""
        family = self.family()
        self.process.kill()
        self.process.wait()
        for pid in family[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begun(tmp_path)


def begun(folder: Path) -> Path:
    """Run `init`, on a free port and with few processes."""
    assert booking_recovery(folder, "init").returncode == 0
    path = folder / "config.toml"
    few = f"port = {free_port()}\njob_workers = 2"
    path.write_text(path.read_text().replace("port = 8750", few))
    return folder


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Up]]:
    with contextlib.ExitStack() as started:

        def up(where: Path = folder, **environ: str) -> Up:
            one = Up(where, **environ)
            started.callback(one.close)
            one.wait_for(lambda: "The sidecar is running." in one.log.read_text())
            return one

        yield up


def running(pids: list[int]) -> list[int]:
    def is_running(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    return [pid for pid in pids if is_running(pid)]


def test_up_says_where_to_look_and_how_to_pair_and_ctrl_c_ends_it_all(
    start: Callable[..., Up],
) -> None:
    up = start()
    url = load(up.folder / "config.toml", {}).server.public_url
    told = up.log.read_text()
    family = up.family()

    assert f"Status page  {url}/  (log in as admin)" in told
    assert re.search(r"Pair a site  .+ pair my-site$", told, re.MULTILINE)
    assert urllib.request.urlopen(f"{url}/healthz", timeout=5).status == 200  # noqa: S310  # ours
    assert booking_recovery(up.folder, "check").returncode == 0
    # up, redis, two workers, the clock, the web server and its two.
    assert len(family) == 8

    assert up.stop() == 0

    assert running(family) == []
    assert "is killed" not in up.log.read_text()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/healthz", timeout=5)  # noqa: S310  # ours


def test_probes_see_every_part_of_it(start: Callable[..., Up]) -> None:
    up = start()
    url = load(up.folder / "config.toml", {}).server.public_url

    def told(path: str) -> str:
        with urllib.request.urlopen(f"{url}{path}", timeout=5) as answer:  # noqa: S310  # ours
            text: str = answer.read().decode()
            return text

    wait_until(lambda: json.loads(told("/readyz"))["status"] == "ok", what="all parts")
    wait_until(lambda: 'processes{role="worker"} 2.0' in told("/metrics"), what="both")
    assert 'processes{role="clock"} 1.0' in told("/metrics")
    assert "good: workers that live: 2" in booking_recovery(up.folder, "check").stdout


class _Reports(BaseHTTPRequestHandler):
    """Stands where Sentry would, and keeps what it is sent."""

    kept: ClassVar[list[str]]

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            sent = gzip.decompress(sent)
        self.kept.append(f"{self.headers}\n{sent.decode()}")
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing on the terminal."""


@pytest.fixture
def reports() -> Iterator[tuple[str, list[str]]]:
    _Reports.kept = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Reports) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://key@127.0.0.1:{server.server_port}/1", _Reports.kept
        finally:
            server.shutdown()
            thread.join()


def test_web_worker_and_clock_report_their_errors_and_nobody_s_data(
    folder: Path, start: Callable[..., Up], reports: tuple[str, list[str]]
) -> None:
    dsn, kept = reports
    path = folder / "config.toml"
    path.write_text(path.read_text() + f'\n[sentry]\ndsn = "{dsn}"\n')
    up = start()
    config = load(path, {})

    # What no part can read, and none may set aside: a later version has written it.
    broken = "booking-recovery:{0}:session:my-site:s1"
    up.redis().set(broken, b"\x7f" + b"12345678" + b"marker@example.com")
    up.redis().zadd(DUE, {"abandon:my-site:s1": 1, "recover:my-site:s1.1": 1})
    damaged = redis_keys.log_in(hashlib.sha256(b"made-up").hexdigest())
    up.redis().set(damaged, b'{"marker@example.com')
    request = urllib.request.Request(  # noqa: S310  # ours
        f"{config.server.public_url}/log-in/from-wordpress/made-up?marker=1",
        headers={"Cookie": "marker=1"},
    )
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(request, timeout=5)  # noqa: S310  # ours

    def reporters() -> set[str]:
        return set(re.findall(r'"role": ?"([a-z]+)', "\n".join(kept)))

    wait_until(lambda: reporters() == {"web", "worker", "clock"}, what="reports")
    assert "marker" not in "\n".join(kept)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_next_start_finds_all_data(start: Callable[..., Up], end: signal.Signals) -> None:
    first = start()
    first.redis().set("kept", "yes")
    first.stop(end)

    assert start().redis().get("kept") == b"yes"


def test_a_killed_redis_comes_back_with_its_data(start: Callable[..., Up]) -> None:
    up = start()
    client = up.redis()
    client.set("kept", "yes")
    killed = client.info("server")["process_id"]

    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: answer(up, "kept") == b"yes", what="Redis")
    assert up.redis().info("server")["process_id"] != killed
    assert "redis was ended by SIGKILL; starting it again" in up.log.read_text()


def answer(up: Up, key: str) -> object:
    with contextlib.suppress(redis.ConnectionError):
        return up.redis().get(key)
    return None


def test_nothing_outlives_an_up_that_was_killed(start: Callable[..., Up]) -> None:
    up = start()
    family = up.family()

    up.stop(signal.SIGKILL)

    wait_until(lambda: not running(family), what="the end of all")


def test_a_data_folder_has_one_owner(start: Callable[..., Up]) -> None:
    up = start()

    second = booking_recovery(up.folder, "up")

    assert second.returncode == 2
    assert f"is running with this data folder (process {up.process.pid})" in second.stderr
    assert up.redis().ping()


def test_a_port_that_is_taken_is_told(start: Callable[..., Up], tmp_path: Path) -> None:
    up = start()
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text((up.folder / "config.toml").read_text())

    for command in ("up", "web"):
        done = booking_recovery(other, command)
        assert done.returncode == 2
        assert "Address already in use; choose another [server] port" in done.stderr


def test_a_folder_too_deep_for_a_socket_keeps_it_elsewhere(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    # pytest's own folders may be too deep as well.
    with private_directory() as scratch:
        up = start(begun(deep), TMPDIR=str(scratch))
        socket = Path((deep / "var" / "redis" / "socket-path").read_text())

        assert socket.parent.parent == scratch
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert booking_recovery(deep, "check").returncode == 0

        up.stop()
        up = start(deep)
        assert up.redis().ping()
        assert Path((deep / "var" / "redis" / "socket-path").read_text()) == socket
        up.stop()


def test_folders_that_are_all_too_deep_are_told(tmp_path: Path) -> None:
    deep, scratch = (tmp_path / (letter * 100) for letter in "ds")
    deep.mkdir()
    scratch.mkdir()

    done = booking_recovery(begun(deep), "up", TMPDIR=str(scratch))

    assert done.returncode == 2
    assert "too deep for Redis's socket" in done.stderr
    assert list(scratch.iterdir()) == []


def test_the_packaged_server_serves_where_the_system_has_none(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    path_without_redis = tmp_path / "bin"
    path_without_redis.mkdir()

    up = start(PATH=str(path_without_redis))

    assert "valkey" in str(up.redis().info("server")["executable"])


@pytest.mark.parametrize(
    ("words", "processes"),
    [(["web"], 3), (["worker"], 4), (["worker", "--no-clock"], 3), (["clock"], 1)],
)
def test_each_part_runs_alone_until_it_is_asked_to_end(
    start: Callable[..., Up], words: list[str], processes: int
) -> None:
    up = start()
    here = up.folder / "config.toml"
    there = up.folder / "there.toml"
    there.write_text(re.sub(r"port = \d+", f"port = {free_port()}", here.read_text()))

    part = Up(up.folder, *words, BOOKING_RECOVERY_CONFIG=str(there))
    try:
        part.wait_for(lambda: len(part.family()) == processes and part.listens)
        family = part.family()
        # Long enough for a process that cannot live to have ended.
        time.sleep(1)

        assert part.family() == family
        assert part.stop(signal.SIGTERM) == 0
        assert running(family) == []
    finally:
        part.close()


def test_the_embedded_redis_is_closed_to_others(start: Callable[..., Up]) -> None:
    up = start()
    socket = up.folder / "var" / "redis" / "redis.sock"

    assert up.redis().info("server")["tcp_port"] == 0
    assert socket.stat().st_mode & 0o777 == 0o700
    assert socket.parent.stat().st_mode & 0o777 == 0o700
