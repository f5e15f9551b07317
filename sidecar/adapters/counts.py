"""What happened how often, summed over all processes and kept with the data.

A count may be one too high where a connection broke while it was written: nothing is decided
by it.
"""

import logging
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from sidecar.adapters import redis_keys as keys

log = logging.getLogger(__name__)


NOT_UNDERSTOOD = "not_understood"
"""Counts by what it was: what lay in Redis, made no sense, and was dropped, put off or aside."""


class Counts:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def add(self, name: str, *labels: str) -> None:
        """Count one more; a count that cannot be written is not worth failing for."""
        try:
            self._redis.hincrby(keys.COUNTS, field(name, *labels), 1)
        except RedisError as fault:
            log.debug("not counted", extra={"count": name, "fault": type(fault).__name__})

    def read(self) -> dict[tuple[str, ...], int]:
        """Return each count by its name and labels."""
        found = cast("dict[bytes, bytes]", self._redis.hgetall(keys.COUNTS))
        return {
            tuple(name.decode().split(":")): int(count)
            for name, count in found.items()
            if count.isdigit()
        }


def field(name: str, *labels: str) -> str:
    """Where a count lies in the hash; no label has a colon."""
    return ":".join((name, *labels))
