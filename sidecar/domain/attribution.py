"""Which booking is owed to which recovery.

A group is a session and those joined with it: one visitor on several ways through the form.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from datetime import datetime

from sidecar.domain.abandonment import skip
from sidecar.domain.conversion import AttributedBy, Conversion, ConversionStatus
from sidecar.domain.holdout import judge
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import (
    Outcome,
    Reason,
    Recovery,
    recovery_id,
    split_recovery_id,
)
from sidecar.domain.session import (
    FINAL,
    Entry,
    Phoned,
    Session,
    State,
    TrackedBooking,
    What,
)

Group = Mapping[str, Session]
_FIRST_COUNTS = (AttributedBy.CLICK, AttributedBy.SESSION, AttributedBy.CONTACT)


def settle(group: Group, policy: Policy, now: datetime) -> dict[str, Session]:
    """Draw the consequences of all bookings of a group: who is recovered, who has booked.

    Returns the sessions of the group as they then are. Settling twice changes nothing.
    """
    settled = {
        session.id: _convert(session, group, policy, now) if session.recoveries else session
        for session in group.values()
    }
    conversions = [session.conversion for session in settled.values() if session.conversion]
    owed = {c.booking_key for c in conversions if c.status is ConversionStatus.ACTIVE}
    ended = {key: _end(_mark_owed(session, owed), group, now) for key, session in settled.items()}
    return {key: judge(one, group, policy.attribution_window) for key, one in ended.items()}


def _mark_owed(session: Session, owed: Set[str]) -> Session:
    """Tell the bookings that a message brought from those that came by themselves."""
    marked = tuple(replace(b, owed=b.snapshot.key in owed) for b in session.bookings)
    return session if marked == session.bookings else replace(session, bookings=marked)


def attribute(messaged: Session, group: Group, policy: Policy) -> Conversion | None:
    """Return the earliest booking with a live appointment that is owed to `messaged`.

    By click where its visitor had come by a link of that session, else by session where it
    was made in it, else by contact where it is the same person's. It must follow a message,
    within the window of the last. A booking is owed to one messaged session of a group only.
    """
    owed = [
        conversion
        for session in group.values()
        for booking in session.bookings
        if (conversion := _owed(messaged, session, booking, policy)) is not None
        and _creditor(group, session, booking, policy) == messaged.id
    ]
    return min(owed, key=lambda c: (c.booked_at, c.booking_key), default=None)


def _creditor(
    group: Group, session: Session, booking: TrackedBooking, policy: Policy
) -> str | None:
    """Whom a booking is owed to: the strongest attribution counts, then the latest message."""
    claims = [
        (_FIRST_COUNTS.index(claim.attributed_by), -_last_sent(candidate, booking), candidate.id)
        for candidate in group.values()
        if (claim := _owed(candidate, session, booking, policy)) is not None
    ]
    return min(claims)[2] if claims else None


def _last_sent(session: Session, booking: TrackedBooking) -> float:
    made_at = booking.snapshot.created_at
    sent = [_second(r.handed_at) for r in _sent(session)]
    return max((at.timestamp() for at in sent if at <= made_at), default=0.0)


def _owed(
    messaged: Session, session: Session, booking: TrackedBooking, policy: Policy
) -> Conversion | None:
    live = booking.snapshot.live_appointments
    made_at = booking.snapshot.created_at
    before = [r for r in _sent(messaged) if _second(r.handed_at) <= made_at]
    if booking.confirmed_at is None or not live or not before:
        return None
    last = before[-1]
    if made_at > (last.sent_at or made_at) + policy.attribution_window:
        return None
    clicked = _clicked(messaged, session, made_at)
    by = _attributed_by(messaged, session, clicked=clicked is not None)
    if by is None:
        return None
    return Conversion(
        session_id=None if session.offsite else session.id,
        recovery_id=clicked or recovery_id(messaged.id, last.number),
        booking_key=booking.snapshot.key,
        booked_at=made_at,
        appointment_ids=tuple(a.id for a in live),
        appointment_starts_at=live[0].starts_at,
        attributed_by=by,
        value=booking.snapshot.total,
        converted_at=booking.confirmed_at,
    )


def _attributed_by(messaged: Session, session: Session, *, clicked: bool) -> AttributedBy | None:
    if clicked:
        return AttributedBy.CLICK
    if session.id == messaged.id:
        return AttributedBy.SESSION
    if session.identifiers & messaged.identifiers and not _booked_by_phone(messaged, session):
        return AttributedBy.CONTACT
    return None


def _booked_by_phone(messaged: Session, session: Session) -> bool:
    """A booking that staff made while they had the visitor on the phone is owed to the call."""
    call = messaged.phoned
    return session.offsite and call is not None and call.outcome is Phoned.BOOKED


def _sent(session: Session) -> Iterable[Recovery]:
    return (r for r in session.recoveries if r.reached_someone)


def _second(at: datetime | None) -> datetime:
    """Booknetic dates a booking in whole seconds, so a hand-over is compared in them too."""
    assert at is not None  # noqa: S101  # what reached someone was handed over
    return at.replace(microsecond=0)


def _clicked(messaged: Session, session: Session, made_at: datetime) -> str | None:
    """The last recovery of `messaged` by whose link the visitor of `session` had come."""
    clicks = [
        click.recovery_id
        for click in session.clicks
        if split_recovery_id(click.recovery_id)[0] == messaged.id and _second(click.at) <= made_at
    ]
    return clicks[-1] if clicks else None


def _convert(session: Session, group: Group, policy: Policy, now: datetime) -> Session:
    conversion = attribute(session, group, policy)
    before = session.conversion
    if conversion is None:
        return session if before is None else _reverse(session, before, now)
    if before is not None and before.says_the_same_as(conversion):
        return session
    revision = before.revision if before else 0
    registered = before.registered if before else 0
    conversion = replace(conversion, revision=revision + 1, registered=registered, try_at=now)
    session = replace(session, conversion=conversion)
    if session.state not in FINAL:
        session = session.become(State.RECOVERED)
    told = What.CONVERTED if before is None else What.CONVERSION_CHANGED
    details = (
        ("booking", conversion.booking_key),
        ("appointment_starts_at", conversion.appointment_starts_at.isoformat()),
    )
    return session.told(Entry(at=now, what=told, why=conversion.attributed_by, details=details))


def _reverse(session: Session, conversion: Conversion, now: datetime) -> Session:
    if conversion.status is ConversionStatus.REVERSED:
        return session
    reversed_ = replace(
        conversion,
        status=ConversionStatus.REVERSED,
        revision=conversion.revision + 1,
        try_at=now,
        tries=0,
    )
    return replace(session, conversion=reversed_).told(
        Entry(
            at=now, what=What.CONVERSION_REVERSED, details=(("booking", conversion.booking_key),)
        )
    )


def _end(session: Session, group: Group, now: datetime) -> Session:
    """End a session, and what still waited in it, by a booking that its visitor has made."""
    given_up = session.state is State.LOST and not session.has_booked
    if session.offsite or given_up or not booked_meanwhile(session, group):
        return session
    for recovery in session.recoveries:
        if recovery.outcome is Outcome.WAITING:
            session = skip(session, recovery, Reason.BOOKED, now)
    if session.state in FINAL:
        return session
    return session.become(State.BOOKED).told(Entry(at=now, what=What.BOOKED))


def had_elsewhere(session: Session, group: Group) -> set[int]:
    """The messages of this sequence that the person had while in other sessions."""
    return {
        recovery.number
        for other in group.values()
        if other.id != session.id and other.is_open
        for recovery in other.recoveries
        if recovery.reached_someone
    }


def booked_meanwhile(session: Session, group: Group) -> bool:
    """Tell whether the visitor has booked, here or elsewhere, since the session began.

    A visit that began after a booking is a new wish, not the one that was fulfilled.
    """
    return any(
        booking.confirmed_at is not None
        and (other.id == session.id or session.started_at <= booking.confirmed_at)
        for other in group.values()
        for booking in other.bookings
    )
