"""The clock: turns what is due into what is done or queued. Several may run side by side."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from redis.exceptions import ConnectionError, RedisError, TimeoutError  # noqa: A004  # as redis names them

from sidecar import catch_up, recover, retention, track
from sidecar.adapters.counts import NOT_UNDERSTOOD
from sidecar.adapters.heartbeats import EVERY
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import FUNCTIONS
from sidecar.adapters.site_calls import IN_LINE
from sidecar.config import Config, Site
from sidecar.domain.abandonment import Due
from sidecar.domain.decision import LEASE
from sidecar.watch import keep_watch
from sidecar.wiring import Sidecar, assemble
from sidecar.worker.jobs import RECOUNT

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=15)
"""How long an entry belongs to the clock that took it; after that another takes it."""

AT_ONCE = 100
"""Entries taken at a time, few enough to be done long before the claim ends."""

PAUSE = 0.05
"""Seconds between two looks while something happens: what follows is due soon.

No less, so that what is due shortly after each other is taken together.
"""

PAUSE_AT_REST = 0.25
"""Seconds between two looks, at most, when nothing has been due for a while.

Somebody may put what is due sooner than all that is known, and Redis's clock may leap.
"""

RESTLESS = 3.0
"""Seconds after which what was due has had its consequences: most calls take less."""

PAUSE_WITHOUT_REDIS = 1.0
LOOK_EVERY = 3600.0
"""Seconds between two looks at whether something is kept for too long."""

NEXT_SLICE = timedelta(seconds=1)
"""Before the next of a site's erasures are brought forward: what is due of others goes between."""

STRANGER_LOOK = timedelta(hours=1)
"""How often an entry of a site that is no longer configured, or of an unknown kind, is looked at."""

_CALLS = IN_LINE | FUNCTIONS.keys()
"""Kinds that workers do, as calls to WordPress."""

_CHANGES = (Due.ABANDON, Due.CLOSE, Due.ERASE)
"""Kinds that the clock does itself, as a change of one session."""


def run_clock(config: Config) -> None:
    """Keep time until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sidecar = assemble(config)
    keep_watch(sidecar)
    clock = Clock(sidecar)
    beat_at = look_at = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= beat_at:
                clock.watch_store()
            if time.monotonic() >= look_at:
                clock.look_at_retention()
                look_at = time.monotonic() + LOOK_EVERY
            busy = clock.tick()
            if time.monotonic() >= beat_at:
                # From this loop, so that a clock which does not get on is missed.
                sidecar.heartbeats.beat("clock")
                beat_at = time.monotonic() + EVERY
        except RedisError as fault:
            log.warning("redis did not answer", extra={"fault": type(fault).__name__})
            beat_at = 0.0  # what comes back may have lost something
            stop.wait(PAUSE_WITHOUT_REDIS)
        else:
            if not busy:
                stop.wait(clock.pause())


class Clock:
    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._started = False
        self._store_lost = False
        self._rests_until = self._restless_until = 0.0

    def watch_store(self) -> None:
        """Have the store filled from WordPress, at the start and whenever it has lost something."""
        if self._sidecar.continuity.has_lost_something():
            log.error(
                "redis has lost data; it is read from WordPress again before anything is sent"
            )
            self._store_lost = True
        if self._store_lost:
            for site in self._sidecar.config.sites.values():
                catch_up.doubt(self._sidecar.store, site)
        if self._store_lost or not self._started:
            self.start()
        self._started, self._store_lost = True, False

    def start(self) -> None:
        """Have every site asked for what happened while the sidecar was away.

        Its outbox may hold events, and it learns what the configuration says by now.
        """
        now = self._sidecar.due.now()
        entries = [
            entry
            for site in self._sidecar.config.sites
            for entry in (
                DueEntry(track.READ_OUTBOX, site, catch_up.AT_START),
                DueEntry(track.READ_STATUS, site, site),
            )
        ]
        entries += [
            DueEntry(RECOUNT, site, site)
            for site in self._sidecar.config.sites
            if self._sidecar.tallies.follow_other_rules(site)
        ]
        self._sidecar.due.put(dict.fromkeys(entries, now))

    def look_at_retention(self) -> None:
        """Have every site looked at for what is kept for too long."""
        now, item = self._sidecar.due.now(), retention.FROM_THE_START
        sites = self._sidecar.config.sites
        self._sidecar.due.put({DueEntry(retention.RETENTION, site, item): now for site in sites})

    def tick(self) -> bool:
        """Do what is due; tells whether there may be more at once."""
        now, entries, changed, rest = self._sidecar.due.claim(AT_ONCE, CLAIM)
        self._rests_until = time.monotonic() + rest.total_seconds()
        if entries or changed:
            self._restless_until = time.monotonic() + RESTLESS
        self._show(changed)
        calls = [entry for entry in entries if entry.kind in _CALLS and self._site(entry)]
        in_line = [entry for entry in calls if entry.kind in IN_LINE]
        alone = [entry for entry in calls if entry.kind not in IN_LINE]
        self._sidecar.jobs.promote(alone + self._sidecar.calls.stand(in_line))
        self._sidecar.jobs.unschedule(in_line)
        self._sidecar.due.extend(calls, now, CLAIM, LEASE)
        handed = set(calls)
        others = [entry for entry in entries if entry not in handed]
        self._each(others, lambda entry: self._handle(entry, now))
        return AT_ONCE in (len(changed), len(entries))

    def pause(self) -> float:
        """Return the seconds until the next look, where the last one has left nothing."""
        now = time.monotonic()
        if now < self._restless_until:
            return PAUSE
        return max(0.0, min(self._rests_until - now, PAUSE_AT_REST))

    def _each(self, entries: Iterable[DueEntry], do: Callable[[DueEntry], None]) -> None:
        """Do it with each: one with which it cannot be done must not stop the others.

        It comes back when its claim ends.
        """
        for entry in entries:
            try:
                do(entry)
            except (ConnectionError, TimeoutError):
                raise
            except Exception:
                log.exception("due entry failed", extra={"due": entry.kind, "site": entry.site})

    def _site(self, entry: DueEntry) -> Site | None:
        return self._sidecar.config.sites.get(entry.site)

    def _handle(self, entry: DueEntry, now: datetime) -> None:
        site = self._site(entry)
        if site is None:
            self._sidecar.due.put({entry: now + STRANGER_LOOK})
        elif entry.kind == track.SETTLE:
            track.settle_session(self._sidecar.store, site, entry.item, now)
        elif entry.kind == retention.RETENTION:
            self._look_at_retention(entry, site, now)
        elif entry.kind in _CHANGES:
            self._change(entry, site, now)
        else:  # a later version's, perhaps
            log.error("due entry of an unknown kind", extra={"due": entry.kind, "site": site.id})
            self._sidecar.counts.add(NOT_UNDERSTOOD, "kind")
            self._sidecar.due.put({entry: now + STRANGER_LOOK})

    def _change(self, entry: DueEntry, site: Site, now: datetime) -> None:
        changes = {
            Due.ABANDON: recover.abandon,
            Due.CLOSE: recover.close,
            Due.ERASE: recover.expire,
        }
        session = changes[Due(entry.kind)](self._sidecar.store, site, entry.item, now)
        if session is None:
            self._sidecar.due.remove(entry)
        else:
            log.info(
                "session looked at",
                extra={"site": site.id, "session": session.id, "state": session.state},
            )

    def _look_at_retention(self, entry: DueEntry, site: Site, now: datetime) -> None:
        bring_forward = partial(self._sidecar.due.bring_forward, Due.ERASE, site.id)
        following = retention.look(self._sidecar.store, site, entry.item, bring_forward, now)
        if following is not None:
            self._sidecar.due.put({entry._replace(item=following): now + NEXT_SLICE})
        if following != entry.item:
            self._sidecar.due.remove(entry)

    def _show(self, entries: Sequence[DueEntry]) -> None:
        """Keep RQ's delayed jobs of recoveries in step with the due index."""
        at = self._sidecar.due.times(entries)
        shown: list[DueEntry] = []

        def show(entry: DueEntry) -> None:
            due = at[entry]
            if entry.kind not in FUNCTIONS:
                self._sidecar.counts.add(NOT_UNDERSTOOD, "kind")
            elif due is not None:
                self._sidecar.jobs.schedule(entry, due)
            shown.append(entry)

        self._sidecar.jobs.unschedule([entry for entry in entries if at[entry] is None])
        self._each(entries, show)
        by_now = self._sidecar.due.times(shown)
        self._sidecar.due.seen([entry for entry in shown if by_now[entry] == at[entry]])
