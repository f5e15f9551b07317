"""How everything is, as one process sees it, and who is told when something is wrong."""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from sidecar.adapters.alerter import Alerter
from sidecar.adapters.heartbeats import Heartbeats
from sidecar.adapters.redis_alerts import AlertMemory
from sidecar.adapters.redis_glances import Glance
from sidecar.adapters.redis_room import Room
from sidecar.adapters.redis_store import DueIndex
from sidecar.domain import alerts
from sidecar.domain.errors import RetryLater
from sidecar.domain.health import Facts, SiteFacts, troubles
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
"""How often somebody looks, whichever process that is."""


def look(sidecar: Sidecar, now: datetime) -> Facts:
    """Return the facts of the whole sidecar and of every site. Raises RedisError."""
    glances = sidecar.glances.read(sidecar.config.sites, now)
    return facts(sidecar.heartbeats, sidecar.due, sidecar.room, glances)


def facts(heartbeats: Heartbeats, due: DueIndex, room: Room, glances: Iterable[Glance]) -> Facts:
    """Return the facts of the whole sidecar, and of the sites that were looked at. Raises RedisError."""
    alive = heartbeats.alive()
    overdue, oldest = due.backlog()
    return Facts(
        workers=alive["worker"],
        clocks=alive["clock"],
        overdue=overdue,
        oldest_overdue=oldest,
        memory_used=room.used(),
        takes_in=not room.is_short(),
        sites=tuple(map(facts_of, glances)),
    )


def facts_of(glance: Glance) -> SiteFacts:
    """Return the facts of one site."""
    record, notes, told = glance.record, glance.notes, glance.notes.status or {}
    return SiteFacts(
        id=record.id,
        is_paired=record.check_in is not None,
        has_open_sessions=glance.open > 0,
        failing_since=notes.failing_since,
        fault=notes.fault or "",
        has_booknetic=told.get("booknetic_ready"),
        has_workflow=bool(told["workflows"]) if "workflows" in told else None,
        is_refilled=record.refilled,
        failures=glance.failures_lately,
        quarantined=glance.quarantined_lately,
        unreadable=glance.unreadable,
    )


def tell(sidecar: Sidecar, now: datetime) -> None:
    """Look, and tell people what is new. Raises RedisError.

    What nobody could be told is told at the next look. A process that dies between the telling and
    the note of it has it told twice rather than never.
    """
    memory = AlertMemory(sidecar.redis)
    if not memory.claim():
        return
    try:
        found = troubles(look(sidecar, now), now)
        known = alerts.observe(memory.read(), found, now)
        memory.write(known)
        heard = alerts.news(known, found, now)
        if heard is not None and _send(sidecar, heard):
            memory.write(alerts.told(known, heard, now))
    finally:
        memory.leave(EVERY)


def _send(sidecar: Sidecar, heard: alerts.News) -> bool:
    alerter = Alerter(sidecar.config.alerts, sidecar.http)
    where = f"{sidecar.config.server.public_url}/"
    try:
        faults = alerter.send(alerts.subject(heard), alerts.text(heard, where))
    except RetryLater as fault:
        faults, was_sent = [str(fault)], False
    else:
        was_sent = True
    if faults:
        log.error("an alert was not sent", extra={"fault": "; ".join(faults)})
    return was_sent


def keep_watch(sidecar: Sidecar) -> None:
    """Look from this process too until it ends, beside what it does: whoever lives tells."""
    if sidecar.config.alerts.wanted:
        threading.Thread(target=_watch_on, args=(sidecar,), name="watch", daemon=True).start()


def _watch_on(sidecar: Sidecar) -> None:
    while True:
        time.sleep(EVERY.total_seconds())
        try:
            tell(sidecar, sidecar.due.now())
        except RedisError as fault:
            log.debug("did not look", extra={"fault": type(fault).__name__})
        except Exception:
            log.exception("cannot tell how everything is")
