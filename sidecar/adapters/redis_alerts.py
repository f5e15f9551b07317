"""What people were told of what is wrong, shared by all processes that look."""

from datetime import timedelta
from typing import cast

import msgspec
from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.domain.alerts import Memory

LONGEST = timedelta(minutes=5)
"""Longer than a look with all its messages may take; then another process looks."""


class AlertMemory:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def claim(self) -> bool:
        """Take the next look for this process; False while another has it, or has just had it."""
        return bool(self._redis.set(keys.ALERTS_LOOK, 1, nx=True, px=LONGEST))

    def leave(self, pause: timedelta) -> None:
        """Let anybody look again after the pause."""
        self._redis.pexpire(keys.ALERTS_LOOK, pause)

    def read(self) -> Memory:
        found = cast("bytes | None", self._redis.get(keys.ALERTS))
        return Memory() if found is None else msgspec.json.decode(found, type=Memory)

    def write(self, memory: Memory) -> None:
        self._redis.set(keys.ALERTS, msgspec.json.encode(memory))
