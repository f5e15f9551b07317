"""A person's wish: not to be messaged, to be forgotten, or to be messaged again."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from sidecar.commit import decided
from sidecar.config import Site, policy_for
from sidecar.domain.abandonment import policy_of, skip
from sidecar.domain.errors import GiveUp, RetryLater, WrongRequest
from sidecar.domain.person import normalise_email, normalise_phone
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason, recovery_id
from sidecar.domain.retry import pause
from sidecar.domain.session import Entry, Session, What, erase
from sidecar.domain.suppression import Suppression
from sidecar.payloads import is_about
from sidecar.ports import BookingSite, ContactRequest, Store, Work

CONTACT = "contact"
"""The kind of due entry of a wish that WordPress has not confirmed yet."""

FORGET = "forget"


def opt_out(
    store: Store, site: Site, *, email: str | None, phone: str | None, via: str, now: datetime
) -> int:
    """Stop all messages to a person, here and in WordPress; returns how many sessions it ended.

    Raises WrongRequest where neither is an identifier.
    """
    stop_all = _stopping(site, Suppression(reason=Reason.OPTED_OUT, at=now, via=via))
    return _carry_out(store, site, "opt_out", email, phone, now, stop_all)


def forget(
    store: Store, site: Site, *, email: str | None, phone: str | None, now: datetime
) -> int:
    """Erase a person, here and in WordPress; returns how many sessions held data of theirs.

    A hash stays behind, so that they are not messaged again. Raises WrongRequest where
    neither is an identifier.
    """
    erase_all = _stopping(site, Suppression(reason=Reason.FORGOTTEN, at=now, via="admin"))
    return _carry_out(store, site, FORGET, email, phone, now, erase_all)


def allow(
    store: Store, site: Site, *, email: str | None, phone: str | None, via: str, now: datetime
) -> int:
    """Let a person be messaged again; returns how many of their sessions there are.

    What was skipped stays so: only what follows is sent. Raises WrongRequest where neither is an
    identifier.
    """

    def lift(work: Work, known: Known) -> None:
        for person in known.persons:
            work.allow(person)
        policy = policy_for(site, work.record().settings)
        for session in known.sessions:
            allowed = session.told(Entry(at=now, what=What.ALLOWED, why=via))
            work.put_session(allowed, policy_of(session, policy))

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
        work = store.begin(site.id)
        if work.request(request_id) is None:
            return True  # a later wish has taken its place
        asked = fault.after if isinstance(fault, RetryLater) else None
        again = replace(request, tries=request.tries + 1)
        work.put_request(again, clock() + pause(again.tries, asked))
    else:
        if request.op == FORGET and request.at is not None:
            _erase_late(store, site, request, request.at, clock())
        work.drop_request(request)
    return work.commit() and work.request(request_id) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a person: by which hashes and identifiers, and in which sessions.

    `session_ids` are also those of sessions that cannot be read, by the hash they are found by;
    `requests` are wishes that WordPress has not confirmed.
    """

    persons: frozenset[str]
    identifiers: frozenset[str]
    session_ids: frozenset[tuple[str, str]]
    sessions: tuple[Session, ...]
    requests: tuple[ContactRequest, ...]


def known_of(work: Work, persons: Iterable[str], given: Iterable[str] = ()) -> Known:
    """Find all sessions of a person, and those that their other address or number leads to.

    It goes no further: a number may be a family's, or the front desk's.
    """
    named = set(persons)
    near = _sessions_of(work, named)[1]
    identifiers = set(given).union(*(session.identifiers for session in near))
    identifiers.update(*(request.identifiers for request in _requests_of(work, named)))
    named.update(map(work.person, identifiers))
    session_ids, sessions = _sessions_of(work, named)
    return Known(
        persons=frozenset(named),
        identifiers=frozenset(identifiers),
        session_ids=session_ids,
        sessions=sessions,
        requests=_requests_of(work, named),
    )


def stop(work: Work, policy: Policy, known: Known, suppression: Suppression) -> None:
    """Write into `work` that a person must not be messaged, and erase them where that is the wish."""
    for person in known.persons:
        work.suppress(person, suppression)
    for session in known.sessions:
        work.put_session(_stopped(session, suppression), policy)
    if suppression.reason is Reason.FORGOTTEN:
        _erase_elsewhere(work, known)


def tell(work: Work, op: str, known: Known, now: datetime) -> None:
    """Have WordPress told of a wish until it confirms; it takes the place of earlier ones.

    WordPress is told of all identifiers of the person that we know: it is the one to remember
    them. What is still to be forgotten there stays to be.
    """
    for earlier in known.requests:
        if earlier.op != FORGET:
            work.drop_request(earlier)
    for request in _requests(op, known.identifiers, now):
        work.put_request(request, now)


def _stopping(site: Site, suppression: Suppression) -> Callable[[Work, Known], None]:
    def write(work: Work, known: Known) -> None:
        stop(work, policy_for(site, work.record().settings), known, suppression)

    return write


def _sessions_of(
    work: Work, persons: Iterable[str]
) -> tuple[frozenset[tuple[str, str]], tuple[Session, ...]]:
    ids = frozenset((person, name) for person in persons for name in work.sessions_of(person))
    found = (work.session(name) for name in sorted({name for _, name in ids}))
    return ids, tuple(session for session in found if session is not None)


def _requests_of(work: Work, persons: Iterable[str]) -> tuple[ContactRequest, ...]:
    found = (work.request_of(person) for person in sorted(persons))
    return tuple({request.id: request for request in found if request}.values())


def _stopped(session: Session, suppression: Suppression) -> Session:
    """End what waits in a session, and forget whose it was where that was the wish."""
    if suppression.reason is Reason.FORGOTTEN:
        session = erase(session, suppression.at)
    else:
        session = session.told(Entry(at=suppression.at, what=What.OPTED_OUT, why=suppression.via))
    for recovery in session.recoveries:
        if recovery.outcome is Outcome.WAITING:
            session = skip(session, recovery, suppression.reason, suppression.at)
    return session


def _erase_elsewhere(work: Work, known: Known) -> None:
    """Erase a person from what lies beside the sessions."""
    for session in known.sessions:
        for recovery in session.recoveries:
            work.drop_link(recovery_id(session.id, recovery.number))
    for person, name in known.session_ids:
        work.forget_unreadable(person, name)
    names = {name for _, name in known.session_ids}
    for kept in work.quarantined():
        if is_about(kept.event, known.identifiers, names):
            work.drop_quarantined(kept.key)


def _erase_late(
    store: Store, site: Site, request: ContactRequest, at: datetime, now: datetime
) -> None:
    """Erase what WordPress has sent of a person before it heard that they are to be forgotten.

    From now on it holds nothing of what happened before the wish. Who came back since is not meant.
    """
    suppression = Suppression(reason=Reason.FORGOTTEN, at=now, via="admin")

    def erase_again(work: Work) -> None:
        policy = policy_for(site, work.record().settings)
        _, sessions = _sessions_of(work, map(work.person, request.identifiers))
        for session in sessions:
            if session.started_at <= at:
                work.put_session(_stopped(session, suppression), policy)

    decided(store, site.id, erase_again)


def _carry_out(
    store: Store,
    site: Site,
    op: str,
    email: str | None,
    phone: str | None,
    now: datetime,
    change: Callable[[Work, Known], None],
) -> int:
    """Change our side, and in the same commit have WordPress told until it confirms."""
    given = _identifiers(email, phone)

    def carry_out(work: Work) -> int:
        known = known_of(work, map(work.person, given), given)
        tell(work, op, known, now)
        change(work, known)
        return len(known.sessions)

    return decided(store, site.id, carry_out)


def _requests(op: str, identifiers: Iterable[str], now: datetime) -> list[ContactRequest]:
    ordered = sorted(identifiers)
    emails = [identifier for identifier in ordered if "@" in identifier]
    phones = [identifier for identifier in ordered if "@" not in identifier]
    return [
        ContactRequest(id=secrets.token_urlsafe(12), op=op, email=email, phone=phone, at=now)
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
