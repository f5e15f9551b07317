"""How sites are, read for any number of them in one round trip."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_notes import Notes, noted
from sidecar.adapters.redis_store import RECORDS, TAG, milliseconds, moment
from sidecar.adapters.schema import Unreadable
from sidecar.domain.health import LATELY
from sidecar.domain.session import OPEN, State
from sidecar.domain.site import SiteRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One site at a glance.

    `states` counts its visits, `waiting` the messages that wait to be sent; `overdue` is for how
    long the oldest of them is. What says `lately` is counted over LATELY; `unreadable` is what
    could not be read and was set aside.
    """

    record: SiteRecord
    notes: Notes
    states: Counter[State]
    waiting: int
    overdue: timedelta
    failures: int
    failures_lately: int
    quarantined_lately: int
    unreadable: int

    @property
    def open(self) -> int:
        """How many visits are not over."""
        return sum(self.states[state] for state in OPEN)


class Glances:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def read(self, sites: Iterable[str], now: datetime) -> list[Glance]:
        """Look at these sites; what cannot be read counts as not there."""
        lately = milliseconds(now - LATELY)
        pipeline = self._redis.pipeline(transaction=False)
        names = list(sites)
        for site in names:
            pipeline.get(keys.site(site))
            pipeline.hgetall(keys.notes(site))
            for state in State:
                pipeline.zcard(keys.sessions_in(site, state))
            pipeline.zcard(keys.waiting(site))
            pipeline.zrange(keys.waiting(site), 0, 0, withscores=True)
            pipeline.zcard(keys.failures(site))
            pipeline.zcount(keys.failures(site), lately, "+inf")
            pipeline.zcount(keys.quarantine(site), lately, "+inf")
            pipeline.hlen(keys.unreadable(site))
        told = iter(pipeline.execute())
        return [
            _glance(site, answers, now)
            for site, answers in zip(names, zip(*[told] * _ASKED, strict=True), strict=True)
        ]


_ASKED = 8 + len(State)
"""Questions about each site."""


def _glance(site: str, answers: tuple[Any, ...], now: datetime) -> Glance:
    record, notes, *states, waiting, first, failures, failed, quarantined, unreadable = answers
    late = [now - moment(score) for _, score in cast("list[tuple[bytes, float]]", first)]
    return Glance(
        record=_record(site, record),
        notes=_notes(notes),
        states=Counter(dict(zip(State, states, strict=True))),
        waiting=waiting,
        overdue=max([timedelta(0), *late]),
        failures=failures,
        failures_lately=failed,
        quarantined_lately=quarantined,
        unreadable=unreadable,
    )


def _record(site: str, value: bytes | None) -> SiteRecord:
    try:
        return RECORDS.unpack(value, tag=TAG) if value is not None else SiteRecord(id=site)
    except Unreadable:  # whoever works with it next sets it aside
        return SiteRecord(id=site)


def _notes(found: dict[bytes, bytes]) -> Notes:
    try:
        return noted(found)
    except ValueError:  # as above
        return Notes()
