"""Files that only their owner may read, written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it, for its owner alone; leave one that is there alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def create(path: Path, text: str) -> None:
    """Write a new file; raises FileExistsError, and leaves what stands, if there is one."""
    with _written_beside(path, text) as whole:
        # A link fails where a rename would replace what another process has just made.
        os.link(whole, path)


def replace(path: Path, text: str) -> None:
    """Give a file a new text, with the mode and the owner that it had."""
    before = path.stat()
    with _written_beside(path, text) as whole:
        if os.geteuid() == 0:
            os.chown(whole, before.st_uid, before.st_gid)
        whole.chmod(before.st_mode & 0o7777)
        whole.replace(path)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Yield a file for its owner alone, which takes the place of `path` when the block ends well."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        _sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """Yield a file with the text, safe on the disk, that is removed if nobody moves it away."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
        _sync_folder(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
