"""Which booking is owed to which recovery.

A group is a session and those joined with it: one visitor on several ways through the form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sidecar.domain.abandonment import skip
from sidecar.domain.conversion import AttributedBy, Conversion, ConversionStatus
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
    Session,
    State,
    TrackedBooking,
    What,
)

Group = Mapping[str, Session]


def settle(group: Group, policy: Policy, now: datetime) -> dict[str, Session]:
    """Draw the consequences of all bookings of a group: who is recovered, who has booked.

    Returns the sessions of the group as they then are. Settling twice changes nothing.
    """
    settled = dict(group)
    for session in group.values():
        if session.recoveries:
            settled[session.id] = _convert(session, settled, policy, now)
    booked_at = max(
        (b.confirmed_at for s in group.values() for b in s.bookings if b.confirmed_at),
        default=None,
    )
    if booked_at is None:
        return settled
    # A visit that began after the booking is a new wish, not the one that was fulfilled.
    return {
        key: _end(session, now) if session.started_at <= booked_at else session
        for key, session in settled.items()
    }


def attribute(
    messaged: Session, group: Group, policy: Policy
) -> tuple[TrackedBooking, Conversion] | None:
    """Return the earliest booking with a live appointment that a recovery of `messaged` brought.

    By click where the visitor came by a link of that session, else by session where the
    booking was made in it; a booking must follow a message, within the window of the last.
    """
    found = [
        (booking, conversion)
        for session in group.values()
        for booking in session.bookings
        if (conversion := _owed(messaged, session, booking, policy)) is not None
    ]
    return min(found, key=lambda f: (f[0].snapshot.created_at, f[0].snapshot.key), default=None)


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
    if clicked is None and session.id != messaged.id:
        return None
    return Conversion(
        session_id=session.id,
        recovery_id=clicked or recovery_id(messaged.id, last.number),
        booking_key=booking.snapshot.key,
        appointment_ids=tuple(a.id for a in live),
        appointment_starts_at=live[0].starts_at,
        attributed_by=AttributedBy.CLICK if clicked else AttributedBy.SESSION,
        value=booking.snapshot.total,
        converted_at=booking.confirmed_at,
    )


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
    found = attribute(session, group, policy)
    before = session.conversion
    if found is None:
        return session if before is None else _reverse(session, before, now)
    conversion = found[1]
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


def _end(session: Session, now: datetime) -> Session:
    """A booking ends every session of its group, and what still waited in them."""
    for recovery in session.recoveries:
        if recovery.outcome is Outcome.WAITING:
            session = skip(session, recovery, Reason.BOOKED, now)
    if session.state in FINAL:
        return session
    return session.become(State.BOOKED).told(Entry(at=now, what=What.BOOKED))
