"""What happened how often, summed over all processes and kept with the data."""

import logging
import secrets
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.scripts import script

log = logging.getLogger(__name__)

SENT_AGAIN_FOR = 60_000
"""Milliseconds; longer than a connection goes on sending a command whose reply was lost."""


NOT_UNDERSTOOD = "not_understood"
"""Counts by what it was: what lay in Redis, made no sense, and was dropped, put off or aside."""


class Counts:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._count = redis.register_script(script("count"))

    def add(self, name: str, *labels: str) -> None:
        """Count one more; a count that cannot be written is not worth failing for."""
        names = [keys.COUNTS, keys.counted(secrets.token_hex(8))]
        try:
            self._count(keys=names, args=[field(name, *labels), SENT_AGAIN_FOR])
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
