"""What RQ runs by name. Arguments are ids; what there is to do is read again.

A job that fails is not kept or repeated by RQ: its entry in the due index is what brings
it back.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps

from sidecar import catch_up, convert, people, track
from sidecar import recover as recovering
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.redis_visits import PATIENCE, VISIT, FollowedVisit
from sidecar.adapters.site_calls import Place
from sidecar.adapters.wordpress import WordPress
from sidecar.config import Site
from sidecar.domain.errors import AddressUnknown, GiveUp, RetryLater
from sidecar.domain.retry import pause
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

RECOUNT = "recount"
"""The kind of due entry of a site whose counts were made by another version's rules."""

LOOK_AT_VISIT = timedelta(seconds=1)

TURN = timedelta(seconds=1)
"""How long a worker makes calls of one site before those that wait for others have their turn."""

LONGEST_RUN = timedelta(seconds=15)
"""How long a worker goes on to the next site before RQ has a look at it again.

With the longest call behind it, it is over before RQ's own limit.
"""

STATUS_READ_AGAIN = timedelta(minutes=15)
"""How old what is shown of a site may be: whether its workflow is there, how its clock goes."""

UNPAIRED_LOOK = timedelta(hours=1)
"""How often a site is asked that has never checked in; when it does, it is asked at once."""

_sidecar: Sidecar | None = None


def work_for(sidecar: Sidecar) -> None:
    """Say what the jobs of this process work with."""
    global _sidecar  # RQ calls functions by name and passes strings only
    _sidecar = sidecar


_Doing = Callable[[Sidecar, Site, str], None]


def _job(do: _Doing) -> Callable[[str, str], None]:
    """Make what RQ calls with ids; for a site that is no longer configured nothing is done."""

    @wraps(do)
    def job(site_id: str, item: str) -> None:
        if _sidecar is None:
            raise RuntimeError("this process was not told what to work with")
        site = _sidecar.config.sites.get(site_id)
        if site is not None:
            do(_sidecar, site, item)

    return job


_Clock = Callable[[], datetime]


def _recover(
    sidecar: Sidecar, site: Site, wordpress: WordPress, recovery_id: str, clock: _Clock
) -> None:
    outcome = recovering.send(sidecar.store, wordpress, site, recovery_id, clock=clock)
    log.info("recovery looked at", extra=_named(site, recovery=recovery_id, outcome=outcome))


def _register(
    sidecar: Sidecar, site: Site, wordpress: WordPress, session_id: str, clock: _Clock
) -> None:
    done = convert.register(sidecar.store, wordpress, site, session_id, clock=clock)
    log.info("conversion registered" if done else "conversion put off", extra=_named(site))


def _update_contact(
    sidecar: Sidecar, site: Site, wordpress: WordPress, request_id: str, clock: _Clock
) -> None:
    done = people.tell_wordpress(sidecar.store, wordpress, site, request_id, clock=clock)
    log.info("contact updated" if done else "contact put off", extra=_named(site))


_CALLS: dict[str, Callable[[Sidecar, Site, WordPress, str, _Clock], None]] = {
    "recover": _recover,
    "register": _register,
    "contact": _update_contact,
}
"""What is done with who stands in line, by kind: `site_calls.IN_LINE`."""


@_job
def make_calls(sidecar: Sidecar, site: Site, worker: str) -> None:
    """Make the calls of a site for which this worker was called, then of the next in the queue.

    After a while it goes on as another job, so that RQ does not stop it.
    """
    ends = time.monotonic() + LONGEST_RUN.total_seconds()
    clock = _going_on_from(sidecar.due.now())
    _work_off_line(sidecar, site, worker, clock)
    while time.monotonic() < ends and (called := sidecar.jobs.next_call()):
        following = sidecar.config.sites.get(called.site)
        if following is not None:
            _work_off_line(sidecar, following, called.item, clock)


def _work_off_line(sidecar: Sidecar, site: Site, worker: str, clock: _Clock) -> None:
    """Make one call after another for who stands in the site's line.

    Whoever stops has the next one be due, for the clock to call for a worker. Where it does not
    happen, the due entry comes back when its lease is over.
    """
    ends = time.monotonic() + TURN.total_seconds()
    place = sidecar.calls.take(site.id, worker=worker)
    wordpress: WordPress | None = None
    while place is not None:
        has_time = False
        try:
            wordpress = wordpress or sidecar.wordpress(site)
            _CALLS[place.entry.kind](sidecar, site, wordpress, place.entry.item, clock)
            has_time = time.monotonic() < ends
        finally:
            if not has_time:
                _leave(sidecar, place)
        place = sidecar.calls.take(site.id, after=place) if has_time else None


def _going_on_from(now: datetime) -> _Clock:
    """Go on with Redis's time by this machine's, for as long as a job lasts."""
    began = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - began)


def _leave(sidecar: Sidecar, place: Place) -> None:
    following = sidecar.calls.leave(place)
    if following is not None:
        sidecar.due.bring_to_now(following)


@_job
def recover(sidecar: Sidecar, site: Site, recovery_id: str) -> None:
    """Have a recovery be looked at: somebody queued its delayed job by RQ's own tools."""
    sidecar.due.bring_to_now(DueEntry("recover", site.id, recovery_id))


@_job
def read_outbox(sidecar: Sidecar, site: Site, item: str) -> None:
    overlap = catch_up.OVERLAP if item == catch_up.AT_START else 0

    def read(wordpress: WordPress) -> None:
        if sidecar.room.is_short():
            raise RetryLater("Redis is nearly full, so that nothing new is taken in")
        catch_up.read_outbox(
            sidecar.store, wordpress, site, clock=sidecar.due.now, overlap=overlap
        )
        if item == catch_up.AT_START:
            sidecar.due.remove(DueEntry(track.READ_OUTBOX, site.id, item))

    _ask(sidecar, site, DueEntry(track.READ_OUTBOX, site.id, item), read)


@_job
def read_status(sidecar: Sidecar, site: Site, item: str) -> None:
    def read(wordpress: WordPress) -> timedelta:
        status = wordpress.read_status()
        catch_up.note_status(sidecar.store, site, status, sidecar.due.now())
        sidecar.notes.told(site.id, status.shown)
        return STATUS_READ_AGAIN

    _ask(sidecar, site, DueEntry(track.READ_STATUS, site.id, item), read)


@_job
def follow_visit(sidecar: Sidecar, site: Site, visit_id: str) -> None:
    """Begin a test visit, or look how far it has come; due again until it is over."""
    entry = DueEntry(VISIT, site.id, visit_id)
    known = sidecar.visits.read(site.id)
    if known is None or known.id != visit_id or known.is_over:
        sidecar.due.remove(entry)  # somebody has begun another
        return
    visit = _looked_at(sidecar, site, known)
    now = sidecar.due.now()
    if now >= visit.begun_at + PATIENCE:
        visit = replace(visit, is_over=True)
    sidecar.visits.put(site.id, visit)
    if visit.is_over:
        sidecar.due.remove(entry)
    else:
        sidecar.due.put({entry: now + LOOK_AT_VISIT})


def _looked_at(sidecar: Sidecar, site: Site, visit: FollowedVisit) -> FollowedVisit:
    wordpress = sidecar.wordpress(site)
    try:
        if visit.report is not None:
            told = wordpress.read_test_visit(visit.id)
        else:
            told = wordpress.begin_test_visit(visit.id)
            # A site that cannot push waits to be read, which may take a while.
            outbox = DueEntry(track.READ_OUTBOX, site.id, site.id)
            sidecar.due.put({outbox: sidecar.due.now()})
    except AddressUnknown:
        return replace(visit, fault="the site has not been paired yet", is_over=True)
    except RetryLater as fault:
        return replace(visit, fault=str(fault))  # the next look may be answered
    except GiveUp as fault:
        return replace(visit, fault=str(fault), is_over=True)
    return replace(visit, report=told, fault=None, is_over=told.is_over)


@_job
def recount(sidecar: Sidecar, site: Site, item: str) -> None:
    wrong = sidecar.tallies.recount(site.id)
    sidecar.due.remove(DueEntry(RECOUNT, site.id, item))
    log.info("counts made anew", extra=_named(site) | {"corrected": len(wrong)})


def _ask(
    sidecar: Sidecar, site: Site, entry: DueEntry, ask: Callable[[WordPress], timedelta | None]
) -> None:
    """Ask the site something, and again after what `ask` returns; where it fails, ever later.

    What has it be asked sooner meanwhile, as a check-in does, is heeded.
    """
    lent_until = sidecar.due.due_at(entry)
    try:
        again = ask(sidecar.wordpress(site))
    except AddressUnknown:
        again = UNPAIRED_LOOK
    except (RetryLater, GiveUp, track.WrongOrigin) as fault:
        failures = sidecar.notes.failed(site.id, str(fault), sidecar.due.now())
        again = pause(failures, fault.after if isinstance(fault, RetryLater) else None)
        log.warning("site did not answer", extra=_named(site, asked=entry.kind, fault=str(fault)))
    else:
        sidecar.notes.answered(site.id, sidecar.due.now())
    if again is not None:
        sidecar.due.postpone(entry, lent_until, sidecar.due.now() + again)


def _named(site: Site, **more: str | None) -> dict[str, str | None]:
    return {"site": site.id, **more}
