"""A conversion changed: have WordPress write it to the appointment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sidecar.commit import decided
from sidecar.config import Site, policy_for
from sidecar.domain.conversion import Conversion
from sidecar.domain.errors import GiveUp, RetryLater
from sidecar.domain.retry import pause
from sidecar.domain.session import Entry, Session, What
from sidecar.ports import BookingSite, Store, Work


def register(
    store: Store,
    booking_site: BookingSite,
    site: Site,
    session_id: str,
    *,
    clock: Callable[[], datetime],
) -> bool:
    """Register the newest revision of a session's conversion; False where it is to be tried again.

    The bridge knows a conversion by its id and revision, so that registering twice is harmless.
    """
    session = store.begin(site.id, sessions=[session_id]).session(session_id)
    if session is None or session.conversion is None or session.conversion.is_registered:
        _record(store, site, session_id, lambda session, _: session)
        return True
    revision = session.conversion.revision
    try:
        booking_site.register(session_id, session.conversion)
    except (RetryLater, GiveUp) as fault:
        # A refusal too is tried again, hourly in the end: a person can mend what is refused.
        asked = fault.after if isinstance(fault, RetryLater) else None
        now = clock()
        _record(store, site, session_id, lambda s, c: _put_off(s, c, now, asked))
        return False
    now = clock()
    _record(store, site, session_id, lambda s, c: _registered(s, c, revision, now))
    return True


def _registered(session: Session, conversion: Conversion, revision: int, now: datetime) -> Session:
    if revision <= conversion.registered:
        return session
    conversion = replace(conversion, registered=revision, try_at=None, tries=0)
    if not conversion.is_registered:  # it has changed while WordPress was writing
        conversion = replace(conversion, try_at=now)
    return replace(session, conversion=conversion).told(
        Entry(
            at=now,
            what=What.CONVERSION_REGISTERED,
            details=(("revision", str(revision)), ("status", conversion.status)),
        )
    )


def _put_off(
    session: Session, conversion: Conversion, now: datetime, asked: float | None
) -> Session:
    tries = conversion.tries + 1
    again = replace(conversion, tries=tries, try_at=now + pause(tries, asked))
    return replace(session, conversion=again)


def _record(
    store: Store,
    site: Site,
    session_id: str,
    change: Callable[[Session, Conversion], Session],
) -> None:
    def write(work: Work) -> None:
        session = work.session(session_id)
        if session is None:
            return
        if session.conversion is not None:
            session = change(session, session.conversion)
        work.put_session(session, policy_for(site, work.record().settings))

    decided(store, site.id, write, sessions=[session_id])
