"""The version of what is stored: an earlier one is brought up to date as it is read.

What is packed carries its version. What is not (lists, counts, notes, links) is covered by the
versions that are noted for the store as a whole, by which data of a later version is refused
before anything is written over it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import msgspec
from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.squeeze import Damaged, expand, squeeze
from sidecar.config import ConfigError

VERSION = 2
"""The version in which values are written. Raise it where a value changes in another way than by
a field with a default, and say in `upgrades` how its kind gets there from the version before."""

_SQUEEZED_SINCE = 2
"""From this version on values with a sample are written squeezed."""

_LAST_VERSION = 31
"""No version is greater: a first byte that is belongs to no value of ours."""

_OLDEST = 1
"""The version of packed values that do not say theirs: those of 0.1.0 that had no first byte."""

_FIRST_OF_MAP = 0x80
"""From here on a byte begins a map of msgpack, as all unversioned values do."""

T = TypeVar("T")

Upgrade = Callable[[Any], Any]
"""From a value of version n, as plain lists and dicts, to one of n + 1."""


class NewerData(ConfigError):
    """What is stored was written by a later version than this one."""

    def __init__(self) -> None:
        super().__init__(
            "this data was written by a newer version; update the sidecar or restore a backup"
        )


class Unreadable(Exception):
    """What is stored was damaged, or was never what it should be."""


def version_of(value: bytes) -> int:
    """Return the version in a value's first byte. Raises NewerData, and Unreadable for none."""
    version = value[0] if value else 0
    if not _OLDEST <= version <= _LAST_VERSION:
        raise Unreadable
    return not_newer(version)


def not_newer(version: int) -> int:
    """Return the version. Raises NewerData."""
    if version > VERSION:
        raise NewerData
    return version


class Packed(Generic[T]):
    """How values of one kind are packed. `upgrades` lead from a version to the next.

    A version that changed nothing of this kind has none. What there are many of has a `sample`,
    by which it is squeezed.
    """

    _encoder = msgspec.msgpack.Encoder()

    def __init__(
        self,
        shape: type[T],
        upgrades: Mapping[int, Upgrade] = MappingProxyType({}),
        *,
        sample: bytes | None = None,
    ) -> None:
        self._decoder = msgspec.msgpack.Decoder(shape)
        self._sample = sample
        self.upgrades = upgrades

    def pack(self, value: T, *, tag: bytes = b"") -> bytes:
        return bytes([VERSION]) + tag + self.encode(value)

    def unpack(self, stored: bytes, *, tag: int = 0) -> T:
        """Return a value behind its version and a tag of so many bytes.

        Raises NewerData and Unreadable.
        """
        if not tag and stored[:1] >= bytes([_FIRST_OF_MAP]):
            return self.decode(stored, _OLDEST)
        return self.decode(stored[1 + tag :], version_of(stored))

    def encode(self, value: T) -> bytes:
        plain = self._encoder.encode(value)
        return plain if self._sample is None else squeeze(plain, self._sample)

    def decode(self, body: bytes, version: int) -> T:
        """Return a value whose version is known from elsewhere. Raises Unreadable."""
        try:
            if self._sample is not None and version >= _SQUEEZED_SINCE:
                body = expand(body, self._sample)
            return self._decoder.decode(self._upgraded(body, version))
        except (Damaged, msgspec.MsgspecError) as fault:
            raise Unreadable from fault

    def _upgraded(self, body: bytes, version: int) -> bytes:
        steps = [self.upgrades[n] for n in range(version, VERSION) if n in self.upgrades]
        if not steps:
            return body
        plain = msgspec.msgpack.decode(body)
        for step in steps:
            plain = step(plain)
        return self._encoder.encode(plain)


def refuse_newer(redis: "Redis") -> None:
    """Raise NewerData where a later version has written into this Redis."""
    written = cast("set[bytes]", redis.smembers(keys.SCHEMA))
    not_newer(max(map(int, written), default=_OLDEST))


def note_version(redis: "Redis") -> None:
    """Write down that this version writes here, for earlier ones to see."""
    redis.sadd(keys.SCHEMA, VERSION)
