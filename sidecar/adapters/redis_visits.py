"""The test visit that staff last began at a site, as far as it has come."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import msgspec
from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.visit_report import VisitReport

log = logging.getLogger(__name__)

VISIT = "visit"
"""The kind of due entry of a test visit that is followed."""

PATIENCE = timedelta(seconds=150)
"""After which a visit is not followed any longer; WordPress gives up each stage sooner."""

KEPT = timedelta(hours=1)
"""As long as the sidecar itself remembers a test visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedVisit:
    """`report` is None until WordPress has begun it; `fault` tells why it did not answer last."""

    id: str
    by: str
    begun_at: datetime
    report: VisitReport | None = None
    fault: str | None = None
    is_over: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FollowedVisit)


class FollowedVisits:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def put(self, site: str, visit: FollowedVisit) -> None:
        self._redis.set(keys.followed_visit(site), _encoder.encode(visit), ex=KEPT)

    def read(self, site: str) -> FollowedVisit | None:
        """Return the visit begun last, None where it was forgotten, or cannot be read."""
        found = cast("bytes | None", self._redis.get(keys.followed_visit(site)))
        try:
            return None if found is None else _decoder.decode(found)
        except msgspec.DecodeError:
            log.error("forgot a test visit that cannot be read", extra={"site": site})
            self._redis.delete(keys.followed_visit(site))
            return None
