"""The supervisor with real processes, seen from outside."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ground.waiting import wait_until

CREW = Path(__file__).with_name("crew.py")


class Crew:
    """A supervisor of the stages of crew.py, and what its roles noted."""

    def __init__(self, folder: Path, *stages: str) -> None:
        self._folder = folder
        with (folder / "errors").open("w") as errors:
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, str(CREW), str(folder), *stages],
                stderr=errors,
                start_new_session=True,
            )

    def notes(self, name: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / name).read_text().splitlines()
        return []

    def pid(self, name: str, number: int = 1) -> int:
        """Wait until the role was there so many times; return its latest process."""
        wait_until(lambda: len(self.notes(name)) >= number, what=name)
        return int(self.notes(name)[-1])

    def end(self, sign: signal.Signals = signal.SIGINT) -> str:
        """Ask to end and wait; return what was said on standard error."""
        self.process.send_signal(sign)
        self.process.wait(timeout=10)
        return "\n".join(self.notes("errors"))

    def close(self) -> None:
        """Leave nothing behind, also where the test failed."""
        self.process.kill()
        self.process.wait()
        for name in ("first", "second", "parent", "grandchild", "stubborn", "gone"):
            for pid in self.notes(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Callable[..., Crew]]:
    with contextlib.ExitStack() as made:

        def make(*stages: str) -> Crew:
            one = Crew(tmp_path, *stages)
            made.callback(one.close)
            return one

        yield make


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end_of(*pids: int) -> None:
    wait_until(lambda: not any(map(alive, pids)), what=f"the end of {pids}")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_with_its_children(
    crew: Callable[..., Crew], sign: signal.Signals
) -> None:
    up = crew("parent")
    parent, grandchild = up.pid("parent"), up.pid("grandchild")

    up.end(sign)

    assert up.process.returncode == 0
    assert up.notes("returned")
    assert not alive(parent)
    wait_for_end_of(grandchild)


def test_stages_start_in_order_and_stop_in_reverse(
    crew: Callable[..., Crew], tmp_path: Path
) -> None:
    up = crew("first", "second")
    up.pid("first")
    time.sleep(0.5)
    assert not up.notes("second")
    assert not up.notes("announced")
    (tmp_path / "go").touch()
    up.pid("second")
    wait_until(lambda: bool(up.notes("announced")), what="the announcement")

    up.end()

    assert up.notes("order") == ["second", "first"]


def test_a_role_that_was_killed_is_started_again(crew: Callable[..., Crew]) -> None:
    up = crew("second")

    os.kill(up.pid("second"), signal.SIGKILL)

    assert alive(up.pid("second", 2))
    assert "second was ended by SIGKILL; starting it again in 0.2 s" in up.end()


def test_the_children_of_a_role_that_died_die_before_it_is_started_again(
    crew: Callable[..., Crew],
) -> None:
    up = crew("parent")
    orphan = up.pid("grandchild")

    os.kill(up.pid("parent"), signal.SIGKILL)
    up.pid("parent", 2)

    wait_for_end_of(orphan)


def test_a_role_that_fails_at_once_is_started_with_growing_pauses(
    crew: Callable[..., Crew],
) -> None:
    up = crew("failing")
    wait_until(lambda: len(up.notes("failing")) >= 4, what="four starts")
    times = [float(at) for at in up.notes("failing")]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]

    errors = up.end()

    assert 0.2 <= pauses[0] < 0.4 <= pauses[1] < 0.8 <= pauses[2]
    assert "failing ended with exit code 1; starting it again in 0.8 s" in errors


def test_a_failure_is_told_without_what_the_error_quotes(crew: Callable[..., Crew]) -> None:
    up = crew("failing")
    wait_until(lambda: len(up.notes("failing")) >= 2, what="two starts")

    errors = up.end()

    assert "failing failed" in errors
    assert "RuntimeError" in errors
    assert "maria@example.com" not in errors.replace('raise RuntimeError("maria@example.com")', "")


def test_an_exit_code_is_told(crew: Callable[..., Crew]) -> None:
    up = crew("gone")
    up.pid("gone", 2)

    assert "gone ended with exit code 3" in up.end()


def test_a_role_that_does_not_stop_is_killed_in_the_end(crew: Callable[..., Crew]) -> None:
    up = crew("second", "impatient")
    deaf = up.pid("stubborn")

    errors = up.end()

    assert "stubborn did not stop in time and is killed" in errors
    assert up.notes("order") == ["second"]
    assert not alive(deaf)


def test_asking_twice_hurries(crew: Callable[..., Crew]) -> None:
    up = crew("patient")
    deaf = up.pid("stubborn")

    up.process.send_signal(signal.SIGINT)
    time.sleep(1.5)
    assert up.process.poll() is None
    errors = up.end()

    assert "waiting for stubborn to finish; Ctrl-C again hurries" in errors
    assert up.process.returncode == 0
    assert not alive(deaf)


def test_nothing_outlives_a_supervisor_that_was_killed(crew: Callable[..., Crew]) -> None:
    up = crew("second", "patient")
    roles = up.pid("second"), up.pid("stubborn")

    up.process.kill()

    wait_for_end_of(*roles)


def test_ctrl_c_while_waiting_for_a_stage_stops_what_has_started(
    crew: Callable[..., Crew],
) -> None:
    up = crew("first", "second")
    first = up.pid("first")

    up.end()

    assert not alive(first)
    assert not up.notes("second")
    assert not up.notes("announced")
