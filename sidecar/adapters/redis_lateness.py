"""How late messages were handed over, kept for a day; written in the commit that hands over."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.counts import field
from sidecar.domain.lateness import Lateness, bucket, summed

SLOT = timedelta(minutes=10)
"""Counted together; an hour is its last six."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_LONGEST = "longest"


def noted(site: str, late: timedelta, at: datetime) -> Iterator[tuple[object, ...]]:
    """The commands that note one message, for the pages and for the metrics."""
    name, milliseconds = keys.lateness(site, _slot(at)), round(late.total_seconds() * 1000)
    yield "ZINCRBY", name, 1, bucket(late)
    yield "ZADD", name, "GT", milliseconds, _LONGEST
    yield "EXPIRE", name, int((DAY + HOUR).total_seconds())
    yield "HINCRBY", keys.COUNTS, field("lateness", site, str(bucket(late))), 1
    yield "HINCRBY", keys.COUNTS, field("lateness_milliseconds", site), milliseconds


class LatenessKept:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def read(self, site: str, now: datetime, span: timedelta) -> Lateness | None:
        """How late the messages of the last `span` were, to the slot; None where none went out."""
        pipeline = self._redis.pipeline(transaction=False)
        for back in range(span // SLOT):
            pipeline.zrange(keys.lateness(site, _slot(now) - back), 0, -1, withscores=True)
        counts: Counter[int] = Counter()
        longest = 0.0
        for slot in cast("list[list[tuple[bytes, float]]]", pipeline.execute()):
            for member, score in slot:
                if member.decode() == _LONGEST:
                    longest = max(longest, score)
                else:
                    counts[int(member)] += int(score)
        return summed(counts, timedelta(milliseconds=longest))


def _slot(at: datetime) -> int:
    return int(at.timestamp() // SLOT.total_seconds())
