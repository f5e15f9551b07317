"""A backup as it lies on the disk: frames of msgpack, and a digest that tells whether all is there."""

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from sidecar.adapters import private_file, schema
from sidecar.domain.errors import SidecarError

_MAGIC = b"booking-recovery backup 1\n"
_LENGTH = struct.Struct(">I")
_DIGEST = hashlib.sha256().digest_size
_READ_AT_ONCE = 1 << 20


class BadBackup(SidecarError):
    """A file cannot be restored here; the text says why, and what to do."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """`keys` is the text of a keys.json, None in a backup without."""

    made_at: datetime
    schema: int
    keys: str | None = None


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One key of Redis: a `string`, a `hash`, a `list` or a `zset`, as redis-py gives it.

    `ends_at` (ms since 1970) is when Redis drops it by itself, 0 for never. Of the kind
    `unsettled` is a member of the due index: a session with consequences still to be drawn.
    """

    name: bytes
    kind: str
    value: Any
    ends_at: int = 0


class Writer:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._write(_MAGIC)

    def put(self, frame: Head | Kept) -> None:
        packed = msgspec.msgpack.encode(frame)
        self._write(_LENGTH.pack(len(packed)) + packed)

    def end(self) -> None:
        self._file.write(self._digest.digest())

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """Yield what takes frames; the file is there when the block ends well, else not at all."""
    with private_file.written_whole(path) as file:
        out = Writer(file)
        yield out
        out.end()


class Backup:
    """A file that was found to be whole."""

    def __init__(self, path: Path) -> None:
        """Raises BadBackup, and reads the file to its end for that."""
        self._path = path
        try:
            self._end = _checked(path)
            self.head = msgspec.msgpack.decode(next(self._frames()), type=Head)
        except OSError as fault:
            raise BadBackup(f"{path}: cannot be read: {fault.strerror}") from None
        if self.head.schema > schema.VERSION:
            raise BadBackup(f"{path}: was made by a newer version; update the sidecar first")

    def kept(self) -> Iterator[Kept]:
        frames = self._frames()
        next(frames)
        decoder = msgspec.msgpack.Decoder(Kept)
        return map(decoder.decode, frames)

    def _frames(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            file.seek(len(_MAGIC))
            while file.tell() < self._end:
                [length] = _LENGTH.unpack(file.read(_LENGTH.size))
                yield file.read(length)


def _checked(path: Path) -> int:
    """Return where the frames end. Raises BadBackup and OSError."""
    end = path.stat().st_size - _DIGEST
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise BadBackup(f"{path}: is no backup that booking-recovery backup has made")
        file.seek(0)
        digest, left = hashlib.sha256(), end
        while left > 0 and (data := file.read(min(left, _READ_AT_ONCE))):
            digest.update(data)
            left -= len(data)
        if end < len(_MAGIC) or file.read(_DIGEST) != digest.digest():
            raise BadBackup(f"{path}: is damaged or not complete; take another copy of it")
    return end
