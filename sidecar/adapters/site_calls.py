"""How many calls a site has at a time: a slow one must not hold all workers."""

from datetime import timedelta
from typing import NamedTuple, cast

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.scripts import script

_OWN = 1
"""What the script answers with a place that nobody had."""

AT_A_TIME = 2
"""Calls of one site at the same time, of those that come in any number."""


class Place(NamedTuple):
    """A place for a call; `is_own` unless another run of it is there already, or died there.

    One call may be queued twice: whoever finds the other at work has nothing to do, and must not
    give away its place.
    """

    entry: DueEntry
    is_own: bool


class SiteCalls:
    def __init__(self, redis: "Redis", longest: timedelta) -> None:
        """`longest` a call may take; then its place is free again, whatever became of it."""
        self._redis = redis
        self._longest = int(longest.total_seconds() * 1000)
        self._enter = redis.register_script(script("enter"))

    def enter(self, entry: DueEntry) -> Place | None:
        """Take a place for a call; None where none is free, and the entry stands in line."""
        names = [keys.calls(entry.site), keys.calls_in_line(entry.site)]
        answer = self._enter(keys=names, args=[entry.member, AT_A_TIME, self._longest])
        return Place(entry, is_own=answer == _OWN) if answer else None

    def leave(self, place: Place) -> DueEntry | None:
        """Give the place back; returns who has stood in line for the longest time."""
        entry = place.entry
        pipeline = self._redis.pipeline()
        if place.is_own:
            pipeline.zrem(keys.calls(entry.site), entry.member)
        pipeline.zpopmin(keys.calls_in_line(entry.site))
        found = cast("list[tuple[bytes, float]]", pipeline.execute()[-1])
        return DueEntry.parse(found[0][0].decode()) if found else None
