"""How everything is, as one process sees it."""

from collections.abc import Iterable
from datetime import datetime

from sidecar.config import Site
from sidecar.domain.health import LATELY, Facts, SiteFacts
from sidecar.wiring import Sidecar


def look(sidecar: Sidecar, sites: Iterable[Site], now: datetime) -> Facts:
    """Return the facts of the whole sidecar and of these sites. Raises RedisError."""
    alive = sidecar.heartbeats.alive()
    overdue, oldest = sidecar.due.backlog()
    return Facts(
        workers=alive["worker"],
        clocks=alive["clock"],
        overdue=overdue,
        oldest_overdue=oldest,
        memory_used=sidecar.room.used(),
        takes_in=not sidecar.room.is_short(),
        sites=tuple(look_at(sidecar, site, now) for site in sites),
    )


def look_at(sidecar: Sidecar, site: Site, now: datetime) -> SiteFacts:
    """Return the facts of one site. Raises RedisError."""
    store, notes = sidecar.store, sidecar.notes.read(site.id)
    record, told = store.begin(site.id).record(), notes.status or {}
    return SiteFacts(
        id=site.id,
        is_paired=record.check_in is not None,
        has_open_sessions=store.has_open_sessions(site.id),
        failing_since=notes.failing_since,
        fault=notes.fault or "",
        has_booknetic=told.get("booknetic_ready"),
        has_workflow=bool(told["workflows"]) if "workflows" in told else None,
        is_refilled=record.refilled,
        failures=store.count_failures(site.id, since=now - LATELY),
        quarantined=store.count_quarantined(site.id, since=now - LATELY),
        unreadable=store.count_unreadable(site.id),
    )
