"""Sessions as they are looked up: page by page, and by state."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import RedisStore, milliseconds
from sidecar.domain.booking import Choice
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, State

_AT_ONCE = 200
_LOOKED_AT_MOST = 5000
"""Sessions that one request looks through for a step that few have; the next goes on there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the next begins behind it, whatever has arrived since."""

    seen: int
    session_id: str

    def __str__(self) -> str:
        return f"{self.seen}-{self.session_id}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str` made; raises ValueError."""
        match = re.fullmatch("([0-9]{1,15})-([A-Za-z0-9_-]{1,64})", text, re.ASCII)
        if match is None:
            raise ValueError("not a place")
        return cls(int(match[1]), match[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Sessions last seen from `oldest` until before `newest`; None leaves open.

    `service` is its id, or a part of its name; one of the messages ended as `outcome`.
    """

    state: State | None = None
    step: str | None = None
    oldest: datetime | None = None
    newest: datetime | None = None
    service: str | None = None
    outcome: Outcome | None = None

    def matches(self, session: Session) -> bool:
        return (
            self.state in (None, session.state)
            and self.step in (None, session.step)
            and (self.oldest is None or self.oldest <= session.last_seen)
            and (self.newest is None or session.last_seen < self.newest)
            and (self.service is None or _is_called(session.selection.service, self.service))
            and (
                self.outcome is None or any(r.outcome is self.outcome for r in session.recoveries)
            )
        )


def _is_called(service: Choice | None, wanted: str) -> bool:
    if service is None:
        return False
    named = wanted.strip().casefold() in (service.name or "").casefold()
    return named or wanted.strip() == str(service.id)


class SessionLists:
    def __init__(self, redis: "Redis", store: RedisStore) -> None:
        self._redis = redis
        self._store = store

    def by_state(self, site: str) -> Counter[State]:
        pipeline = self._redis.pipeline(transaction=False)
        for state in State:
            pipeline.zcard(keys.sessions_in(site, state))
        return Counter(dict(zip(State, pipeline.execute(), strict=True)))

    def page(
        self,
        site: str,
        wanted: Wanted,
        *,
        after: Place | None,
        limit: int,
        look_at: int = _LOOKED_AT_MOST,
    ) -> tuple[list[Session], Place | None]:
        """Return sessions, the last seen first, and where to go on; None at the end.

        About `look_at` are looked through; fewer than `limit` may have been found by then.
        """
        found: list[Session] = []
        looked_at = 0
        while looked_at < look_at:
            places, ended = self._places(site, wanted, after)
            looked_at += len(places)
            work = self._store.begin(site, sessions=[place.session_id for place in places])
            for place in places:
                session = work.session(place.session_id)
                # It may have changed since the list was read.
                if session is not None and wanted.matches(session):
                    if len(found) == limit:
                        return found, after
                    found.append(session)
                after = place
            if ended:
                return found, None
        return found, after

    def _places(self, site: str, wanted: Wanted, after: Place | None) -> tuple[list[Place], bool]:
        """Return the next places, and whether the list ends with them."""
        states = [wanted.state] if wanted.state else list(State)
        bounds = [milliseconds(wanted.newest)] if wanted.newest else []
        bounds += [after.seen] if after else []
        at_most = _AT_ONCE
        while True:
            rows = self._store.places(
                site,
                states,
                newest=min(bounds, default="+inf"),
                oldest=milliseconds(wanted.oldest) if wanted.oldest else "-inf",
                at_most=at_most,
            )
            places = [Place(int(seen), session_id) for session_id, seen in rows]
            fresh = [place for place in places if after is None or _is_behind(place, after)]
            if fresh or len(rows) < at_most:
                return fresh, len(rows) < at_most
            at_most += _AT_ONCE


def _is_behind(place: Place, after: Place) -> bool:
    """Tell whether a place comes later in a list from the last seen to the first."""
    return (place.seen, place.session_id) < (after.seen, after.session_id)
