"""The counts of the report, as they lie in Redis, and how they are made anew."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import cast

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import WatchError

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import RedisStore
from sidecar.domain.session import State
from sidecar.domain.tally import RULES, By, Count, tally

_AT_ONCE = 200


class Tallies:
    def __init__(self, redis: "Redis", store: RedisStore) -> None:
        self._redis = redis
        self._store = store

    def read(self, site: str, by: By, first: date, last: date) -> dict[date, Counter[str]]:
        """Return what is counted on each day from the first to the last, where anything is."""
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        pipeline = self._redis.pipeline(transaction=False)
        for day in days:
            pipeline.hgetall(keys.tally(site, by, day.isoformat()))
        counted = (_counter(found) for found in pipeline.execute())
        return {day: counts for day, counts in zip(days, counted, strict=True) if counts}

    def follow_other_rules(self, site: str) -> bool:
        """Tell whether a site's counts were made by another version's rules: recount them then."""
        return self._redis.get(keys.tally_rules(site)) != str(RULES).encode()

    def recount(self, site: str) -> dict[Count, int]:
        """Make all counts of a site anew from its sessions; returns by how much they were wrong.

        What sessions added that are not kept any more stays as it was counted then. Where
        sessions change meanwhile, it begins again.
        """
        while True:
            with self._redis.pipeline() as pipeline:
                pipeline.watch(keys.tally_revision(site))  # type: ignore[no-untyped-call]  # redis leaves it untyped
                right, stored = self._right(site), self._stored(site, keys.tally)
                wrong = {
                    count: right[count] - stored[count]
                    for count in right.keys() | stored.keys()
                    if right[count] != stored[count]
                }
                _write(pipeline, site, wrong)
                pipeline.set(keys.tally_rules(site), RULES)
                pipeline.delete(*keys.of_earlier_versions(site))
                try:
                    pipeline.execute()
                except WatchError:
                    continue
                return wrong

    def _right(self, site: str) -> Counter[Count]:
        counted = self._stored(site, keys.past_tally)
        for ids in self._ids(site):
            work = self._store.begin(site, sessions=ids)
            for session_id in ids:
                session = work.session(session_id)
                if session is not None:
                    counted.update(tally(session))
        return counted

    def _ids(self, site: str) -> Iterator[list[str]]:
        ids: list[bytes] = []
        for state in State:
            ids += cast("list[bytes]", self._redis.zrange(keys.sessions_in(site, state), 0, -1))
        for begin in range(0, len(ids), _AT_ONCE):
            yield [session_id.decode() for session_id in ids[begin : begin + _AT_ONCE]]

    def _stored(self, site: str, name: Callable[[str, By, str], str]) -> Counter[Count]:
        counted: Counter[Count] = Counter()
        for by in By:
            days = cast("set[bytes]", self._redis.smembers(keys.tally_days(site, by)))
            for day in map(bytes.decode, days):
                found = cast("dict[bytes, bytes]", self._redis.hgetall(name(site, by, day)))
                counts = _counter(found)
                counted.update({Count(by=by, day=day, what=w): n for w, n in counts.items()})
        return counted


def _write(pipeline: "Pipeline", site: str, wrong: dict[Count, int]) -> None:
    """Queue the corrections; where there are none, what was read must still hold together."""
    pipeline.multi()
    pipeline.incr(keys.tally_revision(site))
    for count, by in wrong.items():
        pipeline.hincrby(keys.tally(site, count.by, count.day), count.what, by)
        pipeline.sadd(keys.tally_days(site, count.by), count.day)


def _counter(found: dict[bytes, bytes]) -> Counter[str]:
    """Count what is a number; what is damaged counts as nothing until it is counted anew."""
    numbers = {what: n for what, n in found.items() if n.lstrip(b"-").isdigit()}
    return Counter({what.decode(): int(n) for what, n in numbers.items() if int(n)})
