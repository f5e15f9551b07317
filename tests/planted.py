"""Somebody whose address, number and names stand nowhere else, and the search for them."""

import base64
import secrets
import zlib
from collections.abc import Callable, Iterator
from typing import Any, cast

from redis import Redis


class Planted:
    """Their names hold letters that JSON and URLs escape; what is searched for are the parts that stay."""

    def __init__(self) -> None:
        self._cores = {
            "email": f"mail{secrets.token_hex(6)}",
            "phone": f"{secrets.randbelow(10**9):09}",
            "first name": f"first{secrets.token_hex(6)}",
            "last name": f"last{secrets.token_hex(6)}",
        }

    @property
    def email(self) -> str:
        return f"{self._cores['email']}@visitors.example"

    @property
    def phone(self) -> str:
        return f"+4917{self._cores['phone']}"

    @property
    def first_name(self) -> str:
        return f"Zoë {self._cores['first name']}"

    @property
    def last_name(self) -> str:
        return f"{self._cores['last name']} Ñandú"

    @property
    def contact(self) -> dict[str, str]:
        return {
            "email": self.email,
            "phone": self.phone,
            "first_name": self.first_name,
            "last_name": self.last_name,
        }

    @property
    def everything(self) -> str:
        return f"<{self.email.upper()}> {self.phone} {self.first_name} {self.last_name}"

    def found_in(self, *places: str | bytes) -> set[str]:
        """Name what stands in one of these: plain, in capitals, in base64."""
        return {
            kind
            for place in places
            for kind, core in self._cores.items()
            if _stands_in(place if isinstance(place, bytes) else place.encode(), core)
        }


def _stands_in(data: bytes, core: str) -> bool:
    return core.encode() in data.lower() or any(one in data for one in _in_base64(core))


def _unpacked(data: bytes) -> list[bytes]:
    """RQ keeps what jobs leave compressed, and that in base64."""
    for packed in (data, _from_base64(data)):
        try:
            return [zlib.decompress(packed)]
        except zlib.error:
            continue
    return []


def _from_base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        return b""


def _in_base64(core: str) -> list[bytes]:
    """How a text looks in base64, wherever in it it begins; without the ends, which depend on that."""
    found = []
    for spelling in (core, core.upper()):
        for before in range(3):
            encoded = base64.b64encode(b"x" * before + spelling.encode())
            found.append(encoded[4 if before else 0 : -4])
    return found


_READ: dict[str, Callable[[Any, bytes], object]] = {
    "string": lambda redis, name: redis.get(name),
    "hash": lambda redis, name: redis.hgetall(name),
    "set": lambda redis, name: redis.smembers(name),
    "zset": lambda redis, name: redis.zrange(name, 0, -1),
    "list": lambda redis, name: redis.lrange(name, 0, -1),
    "stream": lambda redis, name: redis.xrange(name),
}


def everything_in(redis: "Redis") -> list[bytes]:
    """Read every name and every value, of whatever type, unpacked where it can be."""
    found: list[bytes] = []
    for name in cast("list[bytes]", list(redis.scan_iter(count=1000))):
        kind = cast("bytes", redis.type(name)).decode()
        parts = list(_parts(_READ[kind](redis, name)))
        found += [name, *parts, *(plain for part in parts for plain in _unpacked(part))]
    return found


def _parts(value: object) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _parts(pair)
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from _parts(one)
