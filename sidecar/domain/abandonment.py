"""When silence becomes abandonment, and what is due at which time."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from sidecar.domain import quiet
from sidecar.domain.conversion import Conversion
from sidecar.domain.policy import ConsentMode, Policy
from sidecar.domain.reach import obstacle
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.session import Entry, Kind, Session, State, What, unlink

OPEN_FOR = timedelta(days=120)
"""Longer than a session can be open without a change."""

_HEARD_OF_FOR = timedelta(days=30)
"""For how long something is still heard of what is over: the bridge keeps no event for longer."""


class Due(StrEnum):
    """The kinds of entries in the due index that belong to a session."""

    ABANDON = "abandon"
    RECOVER = "recover"
    CLOSE = "close"
    REGISTER = "register"
    ERASE = "erase"


_TEST = Policy(
    abandon_after=timedelta(seconds=20),
    messages=(timedelta(0),),
    min_gap=timedelta(0),
    max_lateness=timedelta(minutes=5),
    attribution_window=timedelta(hours=1),
    consent=ConsentMode.NOTICE,
)
"""A test visit is followed up at once; whoever made it looks on."""


def policy_of(session: Session, policy: Policy) -> Policy:
    """What counts for this session: the owner's choices, unless it is a test visit."""
    if not session.is_test:
        return policy
    test = replace(_TEST, retention=policy.retention)
    return test if session.contact is None else replace(test, abandon_after=timedelta(seconds=1))


def deadline(session: Session, policy: Policy) -> datetime:
    """When the silence of an active session becomes abandonment."""
    patience = policy.unpaid_after if session.awaits_payment else policy.abandon_after
    return session.last_seen + patience


def abandon(
    session: Session,
    policy: Policy,
    now: datetime,
    *,
    zone: tzinfo = UTC,
    suppressed: Reason | None = None,
    had: Collection[int] = (),
) -> Session:
    """Turn a silence that lasted long enough into abandonment, with its recoveries.

    `zone` is the site's. `suppressed` says why the person must not be messaged. `had` are the
    numbers of the messages that the person had in other sessions of this sequence; they are not
    sent again.

    The abandonment is dated when the silence became too long, not when somebody looked:
    messages are counted from it, so that a sidecar that was away sends what is overdue.
    """
    at = deadline(session, policy)
    if session.state is not State.ACTIVE or now < at:
        return session
    kind = Kind.UNPAID if session.awaits_payment else Kind.UNFINISHED
    session = replace(session.become(State.ABANDONED), kind=kind, abandoned_at=at)
    session = session.told(Entry(at=at, what=What.ABANDONED, details=(("kind", kind),)))
    for number, delay in enumerate(policy.messages, start=1):
        reason = (
            obstacle(session, policy)
            or suppressed
            or (Reason.SUPERSEDED if number in had else None)
        )
        session = _await(session, number, at + delay, reason)
    return _hurry(session, policy, zone)


_SILENT = (State.ABANDONED, State.CONTACTED)

_MADE_AGAIN = frozenset({Reason.NO_CONTACT, Reason.NO_CONSENT})
"""Skips that a returning visitor can undo by giving what was missing."""


def _await(session: Session, number: int, due_at: datetime, reason: Reason | None) -> Session:
    made = session.recovery(number)
    if made is not None and made.outcome is not Outcome.WAITING:
        undone = made.outcome is Outcome.SKIPPED and made.reason in _MADE_AGAIN
        if not undone:
            return session
    recovery = Recovery(number=number, due_at=due_at)
    if reason is None:
        return session.with_recovery(recovery)
    return skip(session, recovery, reason, session.abandoned_at or due_at)


_AHEAD = timedelta(minutes=5)
"""How long before its last moment a message that is brought forward is due."""


def _hurry(session: Session, policy: Policy, zone: tzinfo) -> Session:
    """Bring the next message forward where the chosen time would be too near by then."""
    slot = session.selection.starts_at
    following = next((r for r in session.recoveries if r.outcome is Outcome.WAITING), None)
    if slot is None or following is None or session.abandoned_at is None:
        return session
    last = slot - policy.slot_lead_time
    goes_out = quiet.ends(policy.quiet_hours, following.due_at, zone) or following.due_at
    if goes_out <= last - _AHEAD:
        return session
    night = quiet.began(policy.quiet_hours, last - _AHEAD, zone)
    due_at = max(session.abandoned_at, night - _AHEAD if night else last - _AHEAD)
    if due_at >= last or quiet.ends(policy.quiet_hours, due_at, zone):
        return session  # it will be skipped when it is due, and say why
    number = ("recovery", str(following.number))
    return session.with_recovery(replace(following, due_at=due_at)).told(
        Entry(at=session.abandoned_at, what=What.RECOVERY_HURRIED, details=(number,))
    )


def skip(
    session: Session,
    recovery: Recovery,
    reason: Reason,
    at: datetime,
    weighed: tuple[tuple[str, str], ...] = (),
) -> Session:
    """End a recovery unsent, with its reason in the timeline, and with what was weighed."""
    skipped = replace(recovery, outcome=Outcome.SKIPPED, reason=reason, try_at=None)
    return session.with_recovery(skipped).told(
        Entry(
            at=at,
            what=What.RECOVERY_SKIPPED,
            why=reason,
            details=(("recovery", str(recovery.number)), *weighed),
        )
    )


def closes_at(session: Session, policy: Policy) -> datetime | None:
    """When a session with nothing left to try is lost; None while something is left."""
    if session.state not in _SILENT:
        return None
    if session.is_test:
        return session.last_seen + policy.attribution_window
    if any(recovery.is_open for recovery in session.recoveries):
        return None
    sent = [r.sent_at for r in session.recoveries if r.reached_someone and r.sent_at]
    if sent:
        return max(sent) + policy.attribution_window
    return session.abandoned_at


def close(session: Session, policy: Policy, now: datetime) -> Session:
    """Give a session up for lost once its last window is over."""
    at = closes_at(session, policy)
    if at is None or now < at:
        return session
    # It is told behind what became of the messages: only that left nothing to be tried.
    ends = [entry.at for entry in session.timeline if entry.what in _ENDS]
    return session.become(State.LOST).told(Entry(at=max([at, *ends]), what=What.LOST))


_ENDS = {What.RECOVERY_SKIPPED, What.RECOVERY_ENDED, What.LEFT_OUT, What.PHONED}


def erases_at(session: Session, policy: Policy) -> datetime | None:
    """When it is forgotten whose an ended session was; None while it is open, or nobody's."""
    is_somebodys = session.contact is not None or session.consent is not None
    return session.last_seen + policy.retention if is_somebodys and not session.is_open else None


def expire(session: Session, policy: Policy, now: datetime) -> Session:
    """Forget whose a session was once the time is over for which that is kept."""
    at = erases_at(session, policy)
    if at is None or now < at:
        return session
    return unlink(session).told(Entry(at=at, what=What.EXPIRED))


def drops_at(session: Session, policy: Policy) -> datetime | None:
    """When nothing of an ended session is kept any more; None while something is left to do.

    Its counts stay as they are. So it is not before what is heard of it can change them: it is
    kept, as nobody's, until its appointments are over.
    """
    conversion = session.conversion
    is_registered = conversion is None or conversion.is_registered
    if session.is_open or not is_registered or any(r.is_open for r in session.recoveries):
        return None
    bookings = [booking.snapshot for booking in session.bookings]
    seen = max([session.last_seen, *(booking.created_at for booking in bookings)])
    starts = [a.starts_at for booking in bookings for a in booking.appointments]
    starts += [conversion.appointment_starts_at] if conversion else []
    return max(seen + policy.retention, max([seen, *starts]) + _HEARD_OF_FOR)


def is_over(session: Session, policy: Policy, now: datetime) -> bool:
    """Tell whether nothing of a session is kept any more; of a test visit nothing is once it ends."""
    if session.is_test and session.state is State.LOST:
        return True
    at = drops_at(session, policy)
    return at is not None and at <= now


def due(session: Session, policy: Policy) -> dict[tuple[Due, str], datetime]:
    """Everything that somebody has to look at, by kind and id, and when.

    The id is the session's, or the number of the recovery. A session that waits for
    anything always has an entry here: it is what brings it to be looked at again. Only the end
    of its retention needs none where it stands in a list, by when it was last seen.
    """
    entries: dict[tuple[Due, str], datetime] = {}
    if session.state is State.ACTIVE:
        entries[Due.ABANDON, session.id] = deadline(session, policy)
    for recovery in session.recoveries:
        at = _recovery_due(session, recovery)
        if at is not None:
            entries[Due.RECOVER, str(recovery.number)] = at
    closing = closes_at(session, policy)
    if closing is not None:
        entries[Due.CLOSE, session.id] = closing
    erasure = erases_at(session, policy) or drops_at(session, policy)
    found_at = session.last_seen + policy.retention if session.counts else None
    if erasure not in (None, found_at):
        entries[Due.ERASE, session.id] = erasure
    if session.conversion is not None and not session.conversion.is_registered:
        entries[Due.REGISTER, session.id] = _registration_due(session.conversion)
    return entries


def _recovery_due(session: Session, recovery: Recovery) -> datetime | None:
    in_doubt = recovery.outcome is Outcome.HANDING_OVER
    # In a lost session only a recovery that somebody had tried again waits.
    gone = session.state in (*_SILENT, State.LOST)
    awaited = recovery.outcome is Outcome.WAITING and gone
    return recovery.try_at or recovery.due_at if in_doubt or awaited else None


def _registration_due(conversion: Conversion) -> datetime:
    return conversion.try_at or conversion.converted_at
