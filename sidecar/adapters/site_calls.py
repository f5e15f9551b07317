"""How many calls a site has at a time: a slow one must not hold all workers.

What is due stands in the site's line. A worker that comes takes a place and makes one call after
another, so that many which are due at a time cost RQ no job each.
"""

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, cast

from redis import Redis
from redis.exceptions import ResponseError

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.counts import NOT_UNDERSTOOD, SENT_AGAIN_FOR, Counts
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.scripts import script

log = logging.getLogger(__name__)

CALLS = "calls"
"""The kind of what calls a worker to a site; its item names the worker."""

IN_LINE = frozenset({"recover", "register", "contact"})
"""Kinds that stand in line: those of which a site may have any number."""

AT_A_TIME = 2
"""Calls of one site at the same time."""

WAITED_FOR = timedelta(seconds=10)
"""How long no other worker is called for in the place of one that has not come.

It is shorter than the clock's claim: where the clock dies before RQ has the worker's job, what
is due comes back and calls for another.
"""

_FREE = b"+"
"""What a place begins with, as the script answers it, that nobody had."""


class Place(NamedTuple):
    """A place for a call; `is_own` unless another run of it is there already, or died there.

    What is in line twice may be under way: whoever finds it so must not give away its place.
    """

    entry: DueEntry
    is_own: bool


class SiteCalls:
    def __init__(self, redis: "Redis", longest: timedelta) -> None:
        """`longest` a call may take; then its place is free again, whatever became of it."""
        self._redis = redis
        self._longest = _milliseconds(longest)
        self._stand = redis.register_script(script("stand"))
        self._take = redis.register_script(script("take"))

    def stand(self, entries: Iterable[DueEntry]) -> list[DueEntry]:
        """Put entries in line; returns the workers that are to be called, as entries of CALLS."""
        site_of = attrgetter("site")
        by_site = {
            site: [entry.member for entry in of_site]
            for site, of_site in groupby(sorted(entries, key=site_of), site_of)
        }
        pipeline = self._redis.pipeline(transaction=False)
        workers = [[secrets.token_hex(8) for _ in range(AT_A_TIME)] for _ in by_site]
        limits = [self._longest, _milliseconds(WAITED_FOR), AT_A_TIME]
        for names, (site, members) in zip(workers, by_site.items(), strict=True):
            self._stand(keys=_names(site), args=[*limits, *names, *members], client=pipeline)
        answers = pipeline.execute(raise_on_error=False) if by_site else []
        called = []
        for site, names, answer in zip(by_site, workers, answers, strict=True):
            if isinstance(answer, ResponseError):
                self._begin_anew(site)
            elif isinstance(answer, Exception):
                raise answer
            else:
                called += [DueEntry(CALLS, site, name) for name in names[:answer]]
        return called

    def _begin_anew(self, site: str) -> None:
        """Forget who stands in line where that makes no sense: the due index has them come back."""
        log.error("removed a line that cannot be understood", extra={"site": site})
        self._redis.delete(*_names(site))
        Counts(self._redis).add(NOT_UNDERSTOOD, "key")

    def take(self, site: str, *, worker: str = "", after: Place | None = None) -> Place | None:
        """Give a place back and take one for the first in line; None where there is none, or nobody.

        `worker` is the item of the entry by which one was called, where it has just come.
        """
        given_back = after.entry.member.encode() if after and after.is_own else b""
        while True:
            names = [*_names(site), keys.counted(secrets.token_hex(8))]
            limits = [AT_A_TIME, self._longest]
            answer = cast(
                "bytes",
                self._take(keys=names, args=[*limits, worker, given_back, SENT_AGAIN_FOR]),
            )
            if not answer:
                return None
            given_back = answer[1:]
            try:
                return Place(DueEntry.parse(given_back.decode()), is_own=answer[:1] == _FREE)
            except ValueError:
                log.error("removed an entry that cannot be understood", extra={"from": names[1]})
                Counts(self._redis).add(NOT_UNDERSTOOD, "due")

    def leave(self, place: Place) -> DueEntry | None:
        """Give the place back; returns who has stood in line for the longest time.

        What makes no sense there is removed by the next who takes a place.
        """
        entry = place.entry
        pipeline = self._redis.pipeline()
        if place.is_own:
            pipeline.zrem(keys.calls(entry.site), entry.member)
        pipeline.zrange(keys.calls_in_line(entry.site), 0, AT_A_TIME)
        for member in cast("list[bytes]", pipeline.execute()[-1]):
            with suppress(ValueError):
                return DueEntry.parse(member.decode())
        return None


def _names(site: str) -> list[str]:
    return [keys.calls(site), keys.calls_in_line(site), keys.workers_called(site)]


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
