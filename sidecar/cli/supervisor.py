"""Keeps processes running: starts them in order, starts again what ends, stops all in reverse."""

import contextlib
import ctypes
import gc
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import NoReturn, Self

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
# A process that lived this long (s) did not fail at its start.
_LIVED = 10.0
# Who asks a second time waits no longer than this (s) for each stage.
_HURRY = 1.0
_POLL = 0.1

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


@dataclass(frozen=True, slots=True)
class Role:
    """What one process does: `run` blocks, and when it returns it is called again in a new one."""

    name: str
    run: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Roles that start together and stop together.

    The next stage starts once `ready` is true. A process that has not ended `stop_within`
    seconds after it was asked to is killed.
    """

    roles: tuple[Role, ...] = ()
    ready: Callable[[], bool] = lambda: True
    stop_within: float = 10.0


def supervise(stages: Sequence[Stage], *, announce: Callable[[], None] = lambda: None) -> None:
    """Run the stages until SIGINT, SIGTERM or SIGHUP; `announce` once the last one is ready.

    Forks: the calling process must have no other thread.
    """
    # What is there by now stays: collectors of the children need not touch, and so copy, it.
    gc.freeze()
    with _Signals() as signals:
        crew = _Crew(signals)
        try:
            crew.work(stages, announce)
        finally:
            crew.rest()


class _Signals:
    """Notes signals, and lets the loop sleep until the next one."""

    def __init__(self) -> None:
        self.requests = 0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in _SIGNALS:
            # Whoever runs under nohup wants to outlive the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # as getsignal gave it
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # Python's call
        if number != signal.SIGCHLD:
            self.requests += 1

    def wait(self, timeout: float | None) -> None:
        """Return at the next signal, or one that came since the last wait, or after `timeout` s."""
        if select.select([self._read], [], [], timeout)[0]:
            os.read(self._read, 4096)

    def forget(self) -> None:
        """In a child: take signals as any new process does."""
        signal.set_wakeup_fd(-1)
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)


class _Post:
    """A role, and the process that has it now (`pid` 0: nobody until `due`)."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.pid = 0
        self.due = 0.0
        self._since = 0.0
        self._pause = _FIRST_PAUSE

    def fill(self, pid: int) -> None:
        self.pid = pid
        self._since = time.monotonic()

    def vacate(self) -> float:
        """Note the end of the process; return the pause (s) until the next one."""
        now = time.monotonic()
        if now - self._since >= _LIVED:
            self._pause = _FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE)
        self.pid, self.due = 0, now + pause
        return pause


class _Crew:
    def __init__(self, signals: _Signals) -> None:
        self._signals = signals
        self._started: list[tuple[Stage, list[_Post]]] = []

    def work(self, stages: Sequence[Stage], announce: Callable[[], None]) -> None:
        for stage in stages:
            self._started.append((stage, [_Post(role) for role in stage.roles]))
            self._fill_posts()
            while not self._signals.requests and not stage.ready():
                self._tend(_POLL)
            if self._signals.requests:
                return
        announce()
        while not self._signals.requests:
            self._tend(None)

    def rest(self) -> None:
        while self._started:
            stage, posts = self._started[-1]
            self._stop(posts, stage.stop_within)
            self._started.pop()

    def _posts(self) -> Iterable[_Post]:
        return (post for _, posts in self._started for post in posts)

    def _tend(self, timeout: float | None) -> None:
        """Sleep until something happens, `timeout` at most, and fill the posts that are due."""
        pauses = [post.due - time.monotonic() for post in self._posts() if not post.pid]
        pauses += [] if timeout is None else [timeout]
        self._signals.wait(max(0.0, min(pauses)) if pauses else None)
        for post, end in self._ended():
            pause = post.vacate()
            log.warning("%s %s; starting it again in %.1f s", post.role.name, end, pause)
        if not self._signals.requests:
            self._fill_posts()

    def _fill_posts(self) -> None:
        for post in self._posts():
            if not post.pid and post.due <= time.monotonic():
                post.fill(_fork(post.role, self._signals))

    def _ended(self) -> list[tuple[_Post, str]]:
        """Collect the children that ended, and end what they left behind."""
        ended = []
        filled = {post.pid: post for post in self._posts() if post.pid}
        while dead := _collect():
            pid, status = dead
            # Others come here only where we are a container's first process: its orphans.
            if post := filled.get(pid):
                _kill_group(pid)
                ended.append((post, _describe(os.waitstatus_to_exitcode(status))))
        return ended

    def _stop(self, posts: list[_Post], within: float) -> None:
        for post in posts:
            if post.pid:
                os.kill(post.pid, signal.SIGTERM)
        asked = time.monotonic()
        # Whoever asked twice before has asked for this stage, too.
        requests, told = min(self._signals.requests, 1), False
        while working := [post for post in posts if post.pid]:
            limit = _HURRY if self._signals.requests > requests else within
            waited = time.monotonic() - asked
            if waited >= limit:
                break
            if waited >= _HURRY and not told:
                names = ", ".join(post.role.name for post in working)
                log.info("waiting for %s to finish; Ctrl-C again hurries", names)
                told = True
            self._signals.wait(_POLL)
            for post, _ in self._ended():
                post.vacate()
        for post in working:
            log.warning("%s did not stop in time and is killed", post.role.name)
            # It may have been too young yet to lead a group.
            os.kill(post.pid, signal.SIGKILL)
            _kill_group(post.pid)
            os.waitpid(post.pid, 0)
            post.vacate()


def _collect() -> tuple[int, int] | None:
    """Return the number and the status of a child that ended."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _describe(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _fork(role: Role, signals: _Signals) -> int:
    supervisor = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal that comes before the child has its own handlers must wait, or it would be lost.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if pid == 0:
        _live(role, signals, supervisor, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _live(
    role: Role, signals: _Signals, supervisor: int, mask: set[signal.Signals | int]
) -> NoReturn:
    """Be the role, in a session of its own so that a terminal's Ctrl-C does not reach it."""
    code = 1
    try:
        os.setsid()
        _die_with(supervisor)
        signals.forget()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        role.run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        log.exception("%s failed", role.name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # What the supervisor registered for its own end is not ours to run.
        os._exit(code)


def _die_with(supervisor: int) -> None:
    """Have the kernel kill this process when its parent ends, however that happens (Linux).

    A kill, because whoever replaces the supervisor must not wait for what the old one began.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)
