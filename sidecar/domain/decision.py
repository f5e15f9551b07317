"""Whether a recovery is sent: asked at the moment of sending, told in the timeline."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from sidecar.domain import quiet
from sidecar.domain.abandonment import skip
from sidecar.domain.attribution import Group, booked_meanwhile
from sidecar.domain.policy import Policy
from sidecar.domain.reach import obstacle
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.retry import pause
from sidecar.domain.session import FINAL, Arm, Entry, Session, State, What

LEASE = timedelta(seconds=90)
"""How long a hand-over belongs to the worker that began it; longer than a call may take."""

HANDED_OVER_LOOK = timedelta(seconds=5)
"""When to look again while another message to the same person is being handed over."""

MONTH = timedelta(days=30)

NEW_STORE_LOOK = timedelta(seconds=10)
"""How often a due recovery is looked at while the store is being filled from WordPress."""

PAUSED_LOOK = timedelta(seconds=60)
"""How often a paused site's overdue recoveries are looked at again."""


@dataclass(frozen=True, slots=True)
class Send:
    """Hand it over now; the message must not go out after `not_after`."""

    not_after: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`; None while the session does not wait for this recovery."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Skip:
    reason: Reason


Decision = Send | Wait | Skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What counts beside the session itself: its group, and what holds for person and site."""

    group: Group
    zone: tzinfo = UTC
    left_alone: bool = False
    suppressed: Reason | None = None
    paused: bool = False
    refilled: bool = True


def decide(
    session: Session, recovery: Recovery, policy: Policy, now: datetime, around: Surroundings
) -> Decision:
    """Decide about a waiting recovery with all that is known now."""
    if session.state in FINAL or booked_meanwhile(session, around.group):
        return Skip(Reason.BOOKED)
    if session.state is State.ACTIVE:
        return Wait(None, "the visitor is in the form")
    reason = (
        obstacle(session, policy)
        or around.suppressed
        or _superseded(session, recovery, around.group, now)
        or _out_of_time(session, recovery, policy, now, paused=around.paused)
        or _too_much(session, policy, around.group, now)
    )
    if reason is not None:
        return Skip(reason)
    obstructed = _not_now(recovery, policy, now, around)
    if obstructed is not None:
        never = _out_of_time(session, recovery, policy, obstructed.until or now, paused=False)
        return Skip(never) if never else obstructed
    if policy.dry_run:
        return Skip(Reason.DRY_RUN)
    if around.left_alone:
        return Skip(Reason.HOLDOUT)
    return Send(not_after(session, recovery, policy))


def _not_now(
    recovery: Recovery, policy: Policy, now: datetime, around: Surroundings
) -> Wait | None:
    if now < recovery.due_at:
        return Wait(recovery.due_at, "it is not due yet")
    if not around.refilled:
        return Wait(now + NEW_STORE_LOOK, "the store is new, and is being filled from WordPress")
    if around.paused:
        return Wait(now + PAUSED_LOOK, "the site is paused")
    over_at = _next_answer_at(around.group, now)
    if over_at is not None:
        return Wait(over_at + HANDED_OVER_LOOK, "another message to this person is on its way")
    night_ends = quiet.ends(policy.quiet_hours, now, around.zone)
    if night_ends is not None:
        return Wait(night_ends, "it is within the quiet hours")
    gap_ends = _gap_ends(around.group, policy)
    if gap_ends is not None and now < gap_ends:
        return Wait(gap_ends, "the last message is too recent")
    return None


def _next_answer_at(group: Group, now: datetime) -> datetime | None:
    """When a hand-over to this person may be over at the earliest; None where there is none.

    Two devices of one person must not have a message each at the same time. Where WordPress did
    not answer, nobody knows more before it is asked again, which may be in an hour.
    """
    handed_over = [
        recovery
        for session in group.values()
        for recovery in session.recoveries
        if recovery.outcome is Outcome.HANDING_OVER
    ]
    asked_again = [one.try_at for one in handed_over if one.tries and one.try_at]
    return max([now, *asked_again]) if handed_over else None


def _too_much(session: Session, policy: Policy, group: Group, now: datetime) -> Reason | None:
    """The person is to be left alone for a while: after an earlier sequence, or for this month."""
    earlier = [
        at
        for other in group.values()
        if other.id != session.id and not other.is_open
        for at in _burdens(other)
    ]
    if earlier and now < max(earlier) + policy.contact_cooldown:
        return Reason.COOLDOWN
    month = [at for other in group.values() for at in _burdens(other) if at > now - MONTH]
    return Reason.CAPPED if len(month) >= policy.cap_per_30_days else None


def _burdens(session: Session) -> list[datetime]:
    """When the visitor had messages of this session, or may have had them."""
    return [at for recovery in session.recoveries if (at := recovery.burdened_at)]


def _superseded(
    session: Session, recovery: Recovery, group: Group, now: datetime
) -> Reason | None:
    """A later message is due too, or the person has begun anew elsewhere."""
    later = any(r.number > recovery.number and r.due_at <= now for r in session.recoveries)
    newer = any(
        other.is_open and (other.last_seen, other.id) > (session.last_seen, session.id)
        for other in group.values()
        if other.id != session.id
    )
    return Reason.SUPERSEDED if later or newer else None


def not_after(session: Session, recovery: Recovery, policy: Policy) -> datetime:
    """The last moment at which this message still makes sense."""
    latest = recovery.due_at + policy.max_lateness
    slot = session.selection.starts_at
    return latest if slot is None else min(latest, slot - policy.slot_lead_time)


def _out_of_time(
    session: Session, recovery: Recovery, policy: Policy, now: datetime, *, paused: bool
) -> Reason | None:
    slot = session.selection.starts_at
    if slot is not None and slot <= now:
        return Reason.SLOT_PASSED
    if slot is not None and slot - policy.slot_lead_time <= now:
        return Reason.LEAD_TIME
    if now > recovery.due_at + policy.max_lateness:
        return Reason.PAUSED if paused else Reason.TOO_LATE
    return None


def _gap_ends(group: Group, policy: Policy) -> datetime | None:
    had = [at for session in group.values() for at in _burdens(session)]
    return max(had) + policy.min_gap if had else None


def arm_of(decision: Decision) -> Arm | None:
    """In which group of the comparison a decision puts a person, if in any."""
    if isinstance(decision, Send):
        return Arm.MESSAGED
    return Arm.LEFT_ALONE if decision == Skip(Reason.HOLDOUT) else None


Weighed = tuple[tuple[str, str], ...]


def weigh(session: Session, recovery: Recovery, group: Group, now: datetime) -> Weighed:
    """What a decision was made with, to be told beside it; no personal data, times in UTC."""
    had = [at for other in group.values() for at in _burdens(other)]
    times = {
        "due_at": recovery.due_at,
        "slot_at": session.selection.starts_at,
        "last_message_at": max(had, default=None),
    }
    told = [
        (name, at.astimezone(UTC).isoformat(timespec="seconds"))
        for name, at in times.items()
        if at
    ]
    month = sum(at > now - MONTH for at in had)
    return (*told, *((("messages_in_30_days", str(month)),) if month else ()))


def act(
    session: Session,
    recovery: Recovery,
    decision: Decision,
    now: datetime,
    weighed: Weighed = (),
) -> Session:
    """Write a decision into the session: claimed for sending, put off, or skipped."""
    number = ("recovery", str(recovery.number))
    match decision:
        case Skip(reason):
            return skip(session, recovery, reason, now, weighed)
        case Wait(until, why):
            return _wait(session, recovery, until, why, now, weighed)
        case Send():
            claimed = replace(
                recovery, outcome=Outcome.HANDING_OVER, handed_at=now, try_at=now + LEASE
            )
            return session.with_recovery(claimed).told(
                Entry(at=now, what=What.RECOVERY_HANDED_OVER, details=(number, *weighed))
            )


def _wait(
    session: Session,
    recovery: Recovery,
    until: datetime | None,
    why: str,
    now: datetime,
    weighed: Weighed,
) -> Session:
    if until is None or until == recovery.due_at:
        return session
    session = session.with_recovery(replace(recovery, try_at=until))
    if recovery.try_at is not None:  # it has waited before, and its timeline says so
        return session
    number = ("recovery", str(recovery.number))
    return session.told(
        Entry(at=now, what=What.RECOVERY_WAITS, why=why, details=(number, *weighed))
    )


def claim_again(session: Session, recovery: Recovery, now: datetime) -> Session:
    """Take over a hand-over whose worker never told how it ended."""
    return session.with_recovery(replace(recovery, try_at=now + LEASE))


def wait_again(session: Session, recovery: Recovery) -> Session:
    """Take back a hand-over that never reached WordPress: the next abandonment makes it due."""
    waiting = replace(recovery, outcome=Outcome.WAITING, try_at=None, handed_at=None)
    return session.with_recovery(waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a hand-over ended, in the bridge's words."""

    outcome: Outcome
    reason: str | None = None
    slot: str | None = None


def conclude(session: Session, recovery: Recovery, answer: Answer, now: datetime) -> Session:
    """Record how a hand-over ended."""
    ended = replace(recovery, outcome=answer.outcome, reason=answer.reason, try_at=None)
    if ended.reached_someone:
        ended = replace(ended, sent_at=now)
    session = session.with_recovery(ended)
    if ended.reached_someone and session.state is State.ABANDONED:
        session = session.become(State.CONTACTED)
    details = (("recovery", str(recovery.number)), ("outcome", str(answer.outcome)))
    return session.told(
        Entry(at=now, what=What.RECOVERY_ENDED, why=answer.reason, details=details)
    )


_RETRIED = frozenset({Outcome.FAILED, Outcome.NO_WORKFLOW, Outcome.STOPPED, Outcome.SKIPPED})
"""Ends after which nothing went out for sure."""


def may_retry(recovery: Recovery) -> bool:
    return recovery.outcome in _RETRIED


def retry(
    session: Session, recovery: Recovery, now: datetime, *, by: str | None = None
) -> Session:
    """Make an ended recovery due again; every check is made anew."""
    waiting = Recovery(number=recovery.number, due_at=now, retry=recovery.handed_at is not None)
    details = [("recovery", str(recovery.number)), *([("by", by)] if by else [])]
    return session.with_recovery(waiting).told(
        Entry(at=now, what=What.RETRIED, details=tuple(details))
    )


def release(session: Session, by: str, now: datetime) -> Session:
    """Take for a person whoever looked like a robot; what was skipped for that waits again."""
    released = Entry(at=now, what=What.RELEASED, details=(("by", by),))
    session = replace(session, released=True).told(released)
    for recovery in session.recoveries:
        if recovery.outcome is Outcome.SKIPPED and recovery.reason == Reason.BOT:
            waiting = Recovery(number=recovery.number, due_at=recovery.due_at)
            session = session.with_recovery(waiting)
    return session


def put_off(
    session: Session, recovery: Recovery, why: str, now: datetime, *, asked: float | None = None
) -> Session:
    """Record that nobody could tell how a hand-over ended, and when to ask again."""
    tries = recovery.tries + 1
    again = replace(recovery, tries=tries, try_at=now + pause(tries, asked))
    entry = Entry(
        at=now, what=What.RECOVERY_WAITS, why=why, details=(("recovery", str(recovery.number)),)
    )
    return session.with_recovery(again).told(entry)
