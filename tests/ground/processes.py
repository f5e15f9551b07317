"""Children that cannot outlive us, and where they may listen."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.ground.waiting import wait_until

HOST = "127.0.0.1"


def free_port() -> int:
    """Find a port that stays free until its server starts, also for a second time."""
    while True:
        # Below the range from which the kernel takes the ports of outgoing connections.
        port = random.randrange(10_000, 32_000)  # noqa: S311 -- nobody guesses at it
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def answers(address: tuple[str, int] | Path) -> bool:
    """Whether somebody accepts connections at a port or a Unix socket."""
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        target = str(address) if isinstance(address, Path) else address
        return probe.connect_ex(target) == 0


def command_lines_with(text: str) -> list[str]:
    """List the command lines of running processes that hold `text`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
            continue
        if text in line:
            found.append(line)
    return found


@contextlib.contextmanager
def private_directory() -> Iterator[Path]:
    # Short, because a Unix socket's path may have 107 characters at most.
    path = Path(tempfile.mkdtemp(prefix="booking-recovery-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """A running child with its output in a file."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = Path(argv[0]).name
        self.log = log
        with log.open("ab") as output:
            # The kernel ends the child when we are killed, too; its own session keeps a
            # terminal's Ctrl-C from reaching it before our own tidy end.
            self._popen = subprocess.Popen(  # noqa: S603 -- the ground names its commands itself
                ["setpriv", "--pdeathsig", "TERM", "--", *argv],  # noqa: S607 -- Debian's own
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_for(self, address: tuple[str, int] | Path) -> None:
        """Return when the child accepts connections; raise with its output when it ends."""

        def there() -> bool:
            if not self.running:
                msg = f"{self.name} ended with {self._popen.returncode}:\n{self.output()}"
                raise RuntimeError(msg)
            return answers(address)

        wait_until(there, what=f"{self.name} at {address}")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, sign: signal.Signals = signal.SIGTERM, *, timeout: float = 20) -> int:
        """Ask to end, wait, and make sure of the whole group; return the exit code."""
        if self.running:
            self._popen.send_signal(sign)
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            msg = f"{self.name} did not end {timeout:g} s after {sign.name}:\n{self.output()}"
            raise RuntimeError(msg) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()


@contextlib.contextmanager
def running(
    argv: Sequence[str | Path],
    *,
    log: Path,
    at: tuple[str, int] | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Run a daemon in the foreground for as long as the block lasts."""
    process = Process(argv, log=log, cwd=cwd, env=env)
    try:
        process.wait_for(at)
        yield process
    finally:
        process.stop()
