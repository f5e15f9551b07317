"""Whether Redis has room for more."""

import time
from collections.abc import Callable
from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

FULL_AT = 0.85
"""The share of its memory (maxmemory) from which nothing new is taken in.

What is left serves what runs already: its ends must be written down.
"""

LOOK_EVERY = 1.0
"""Seconds for which an answer holds."""


class Room:
    def __init__(self, redis: "Redis", clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._looked_at = float("-inf")
        self._is_short = False

    def is_short(self) -> bool:
        """Tell whether nothing new should be taken in; False where Redis has no limit."""
        if self._clock() >= self._looked_at + LOOK_EVERY:
            self._is_short = self.used() >= FULL_AT
            self._looked_at = self._clock()
        return self._is_short

    def used(self) -> float:
        """Return the share of its memory that Redis has used; 0 where it has no limit, or does not say."""
        try:
            told = cast("dict[str, int]", self._redis.info("memory"))
        except ResponseError:  # a managed Redis may keep this to itself
            return 0.0
        limit = told.get("maxmemory", 0)
        return told["used_memory"] / limit if limit else 0.0
