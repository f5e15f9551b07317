"""Who did what on the status page: kept in Redis, the latest of each site."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import msgspec
from redis import Redis

from sidecar.adapters import redis_keys as keys

log = logging.getLogger(__name__)

KEPT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """`what` names the door that somebody went through, `about` whom or what it concerned.

    Neither holds contact data: a session and a recovery are known by their ids.
    """

    at: datetime
    by: str
    role: str
    what: str
    about: dict[str, str] = field(default_factory=dict)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Deed)


class Deeds:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def note(self, site: str | None, deed: Deed) -> None:
        """Keep what somebody did at a site, or with None at all of them."""
        name, packed = keys.deeds(site or ""), _encoder.encode(deed)
        pipeline = self._redis.pipeline()
        # Where it is there already, because a reply was lost. The type is redis's own mistake.
        pipeline.lrem(name, 1, cast("str", packed))
        pipeline.lpush(name, packed)
        pipeline.ltrim(name, 0, KEPT - 1)
        pipeline.execute()

    def latest(self, site: str | None, at_most: int) -> list[Deed]:
        """Return what was done last; what cannot be read is left out."""
        found = cast("list[bytes]", self._redis.lrange(keys.deeds(site or ""), 0, at_most - 1))
        return list(_readable(found))


def _readable(found: list[bytes]) -> Iterator[Deed]:
    for packed in found:
        try:
            yield _decoder.decode(packed)
        except msgspec.DecodeError:
            log.error("passed over a deed that cannot be read")
