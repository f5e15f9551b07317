"""A person's wish: not to be messaged, to be forgotten, or to be messaged again."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest

from sidecar.commit import decided
from sidecar.config import Site, policy_for
from sidecar.domain.abandonment import policy_of, skip
from sidecar.domain.errors import GiveUp, RetryLater, WrongRequest
from sidecar.domain.person import normalise_email, normalise_phone
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.retry import pause
from sidecar.domain.session import Entry, Session, What, erase
from sidecar.domain.suppression import Suppression
from sidecar.group import AT_MOST
from sidecar.ports import BookingSite, ContactRequest, Store, Work

CONTACT = "contact"
"""The kind of due entry of a wish that WordPress has not confirmed yet."""


def opt_out(
    store: Store, site: Site, *, email: str | None, phone: str | None, via: str, now: datetime
) -> int:
    """Stop all messages to a person, here and in WordPress; returns how many sessions it ended.

    Raises WrongRequest where neither is an identifier.
    """
    stop = _suppressing(site, Suppression(reason=Reason.OPTED_OUT, at=now, via=via))
    return _carry_out(store, site, "opt_out", email, phone, now, stop)


def forget(
    store: Store, site: Site, *, email: str | None, phone: str | None, now: datetime
) -> int:
    """Erase a person, here and in WordPress; returns how many sessions held data of theirs.

    A hash stays behind, so that they are not messaged again. Raises WrongRequest where
    neither is an identifier.
    """
    erase_all = _suppressing(site, Suppression(reason=Reason.FORGOTTEN, at=now, via="admin"))
    touched = _carry_out(store, site, "forget", email, phone, now, erase_all)
    store.forget_quarantined(site.id, _identifiers(email, phone))
    return touched


def allow(
    store: Store, site: Site, *, email: str | None, phone: str | None, via: str, now: datetime
) -> int:
    """Let a person be messaged again; returns how many of their sessions there are.

    What was skipped stays so: only what follows is sent. Raises WrongRequest where neither is an
    identifier.
    """

    def lift(work: Work, persons: set[str]) -> int:
        found = _sessions_of(work, persons)
        known = {work.person(i) for session in found.values() for i in session.identifiers}
        for person in persons | known:
            work.allow(person)
        policy = policy_for(site, work.record().settings)
        for session in found.values():
            allowed = session.told(Entry(at=now, what=What.ALLOWED, why=via))
            work.put_session(allowed, policy_of(session, policy))
        return len(found)

    return _carry_out(store, site, "allow", email, phone, now, lift)


def wish(work: Work, session: Session) -> Suppression | None:
    """Why whoever a session belongs to is not messaged any more, or None."""
    return work.suppression(work.person(identifier) for identifier in session.identifiers)


def tell_wordpress(
    store: Store,
    booking_site: BookingSite,
    site: Site,
    request_id: str,
    *,
    clock: Callable[[], datetime],
) -> bool:
    """Tell the bridge of a person's wish; False where it is to be told again.

    The bridge knows a request by its id, so that telling it twice is harmless.
    """
    work = store.begin(site.id)
    request = work.request(request_id)
    if request is None:
        work.put_due(CONTACT, request_id, None)
        work.commit()
        return True
    try:
        booking_site.update_contact(request)
    except (RetryLater, GiveUp) as fault:
        asked = fault.after if isinstance(fault, RetryLater) else None
        again = replace(request, tries=request.tries + 1)
        work.put_request(again, clock() + pause(again.tries, asked))
    else:
        work.drop_request(request_id)
    return work.commit() and work.request(request_id) is None


def suppress(
    work: Work, policy: Policy, persons: Iterable[str], suppression: Suppression, now: datetime
) -> int:
    """Write into `work` that these persons must not be messaged; returns how many sessions of theirs there are.

    All identifiers of theirs that their sessions know are meant too.
    """
    meant = set(persons)
    for person in meant:
        work.suppress(person, suppression)
    touched = _sessions_of(work, meant)
    for session in touched.values():
        for identifier in session.identifiers:
            work.suppress(work.person(identifier), suppression)
        work.put_session(_stopped(session, suppression, now), policy)
    return len(touched)


def _suppressing(site: Site, suppression: Suppression) -> Callable[[Work, set[str]], int]:
    def write(work: Work, persons: set[str]) -> int:
        policy = policy_for(site, work.record().settings)
        return suppress(work, policy, persons, suppression, suppression.at)

    return write


def _sessions_of(work: Work, persons: Iterable[str]) -> dict[str, Session]:
    names = {name for person in persons for name in work.sessions_of(person, AT_MOST)}
    found = ((name, work.session(name)) for name in sorted(names))
    return {name: session for name, session in found if session is not None}


def _stopped(session: Session, suppression: Suppression, now: datetime) -> Session:
    """End what waits in a session, and forget whose it was where that was the wish."""
    if suppression.reason is Reason.FORGOTTEN:
        session = erase(session, now)
    else:
        session = session.told(Entry(at=now, what=What.OPTED_OUT, why=suppression.via))
    for recovery in session.recoveries:
        if recovery.outcome is Outcome.WAITING:
            session = skip(session, recovery, suppression.reason, now)
    return session


def _carry_out(
    store: Store,
    site: Site,
    op: str,
    email: str | None,
    phone: str | None,
    now: datetime,
    change: Callable[[Work, set[str]], int],
) -> int:
    """Change our side, and in the same commit have WordPress told until it confirms.

    It is told of all identifiers of the person that we know: it is the one to remember them.
    """
    given = _identifiers(email, phone)

    def carry_out(work: Work) -> int:
        persons = {work.person(identifier) for identifier in given}
        sessions = _sessions_of(work, persons).values()
        known = {identifier for session in sessions for identifier in session.identifiers}
        for request in _requests(op, known.union(given)):
            work.put_request(request, now)
        return change(work, persons)

    return decided(store, site.id, carry_out)


def _requests(op: str, identifiers: Iterable[str]) -> list[ContactRequest]:
    ordered = sorted(identifiers)
    emails = [identifier for identifier in ordered if "@" in identifier]
    phones = [identifier for identifier in ordered if "@" not in identifier]
    return [
        ContactRequest(id=secrets.token_urlsafe(12), op=op, email=email, phone=phone)
        for email, phone in zip_longest(emails, phones)
    ]


def _identifiers(email: str | None, phone: str | None) -> tuple[str, ...]:
    found = (
        normalise_email(email) if email else None,
        normalise_phone(phone) if phone else None,
    )
    identifiers = tuple(identifier for identifier in found if identifier)
    if not identifiers or (email and not found[0]) or (phone and not found[1]):
        raise WrongRequest("neither an e-mail address nor a phone number with its country's code")
    return identifiers
