"""Which processes live: each says so every second, and is believed for a few."""

import logging
import os
import socket
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from sidecar.adapters import redis_keys as keys

log = logging.getLogger(__name__)

EVERY = 1.0
BELIEVED = timedelta(seconds=10)
"""How long after its last beat; longer than any pause of a process that is well."""


class Heartbeats:
    """Redis's own time counts, whatever the hosts' clocks say."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def beat(self, role: str) -> None:
        now = self._now()
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.zadd(keys.HEARTBEATS, {f"{role}:{socket.gethostname()}:{os.getpid()}": now})
        pipeline.zremrangebyscore(keys.HEARTBEATS, "-inf", now - BELIEVED.total_seconds())
        pipeline.execute()

    def alive(self) -> Counter[str]:
        """Count the living processes of each role."""
        since = self._now() - BELIEVED.total_seconds()
        found = cast("list[bytes]", self._redis.zrangebyscore(keys.HEARTBEATS, since, "+inf"))
        return Counter(member.decode().partition(":")[0] for member in found)

    def _now(self) -> float:
        seconds, microseconds = self._redis.time()
        return float(seconds + microseconds / 1_000_000)


def keep_beating(heartbeats: Heartbeats, role: str) -> None:
    """Beat for this process until it ends, also while a job keeps it busy."""
    threading.Thread(target=_beat_on, args=(heartbeats, role), name="heart", daemon=True).start()


def _beat_on(heartbeats: Heartbeats, role: str) -> None:
    while True:
        try:
            heartbeats.beat(role)
        except RedisError as fault:
            log.debug("no heartbeat", extra={"fault": type(fault).__name__})
        time.sleep(EVERY)
