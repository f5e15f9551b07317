"""Whether a recovery is sent: asked at the moment of sending, told in the timeline."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sidecar.domain.abandonment import skip
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.retry import pause
from sidecar.domain.session import Entry, Session, State, What

LEASE = timedelta(seconds=90)
"""How long a hand-over belongs to the worker that began it; longer than a call may take."""

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


def decide(
    session: Session, recovery: Recovery, policy: Policy, now: datetime, *, paused: bool
) -> Decision:
    """Decide about a waiting recovery with all that is known now."""
    if session.state in (State.BOOKED, State.RECOVERED) or session.has_booked:
        return Skip(Reason.BOOKED)
    if session.state not in (State.ABANDONED, State.CONTACTED):
        return Wait(None, "the visitor is in the form")
    obstacle = session.unreachable or _out_of_time(session, recovery, policy, now, paused=paused)
    if obstacle is not None:
        return Skip(Reason(obstacle))
    if now < recovery.due_at:
        return Wait(recovery.due_at, "it is not due yet")
    if any(r.number > recovery.number and r.due_at <= now for r in session.recoveries):
        return Skip(Reason.SUPERSEDED)
    if paused:
        return Wait(now + PAUSED_LOOK, "the site is paused")
    gap_ends = _gap_ends(session, policy)
    if gap_ends is not None and now < gap_ends:
        return Wait(gap_ends, "the last message is too recent")
    if policy.dry_run:
        return Skip(Reason.DRY_RUN)
    return Send(not_after(session, recovery, policy))


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


def _gap_ends(session: Session, policy: Policy) -> datetime | None:
    sent = [r.sent_at for r in session.recoveries if r.reached_someone and r.sent_at]
    return max(sent) + policy.min_gap if sent else None


def act(session: Session, recovery: Recovery, decision: Decision, now: datetime) -> Session:
    """Write a decision into the session: claimed for sending, put off, or skipped."""
    number = ("recovery", str(recovery.number))
    match decision:
        case Skip(reason):
            return skip(session, recovery, reason, now)
        case Wait(until, why):
            return _wait(session, recovery, until, why, now)
        case Send():
            claimed = replace(
                recovery, outcome=Outcome.HANDING_OVER, handed_at=now, try_at=now + LEASE
            )
            return session.with_recovery(claimed).told(
                Entry(at=now, what=What.RECOVERY_HANDED_OVER, details=(number,))
            )


def _wait(
    session: Session, recovery: Recovery, until: datetime | None, why: str, now: datetime
) -> Session:
    if until is None or until == recovery.due_at:
        return session
    session = session.with_recovery(replace(recovery, try_at=until))
    if recovery.try_at is not None:  # it has waited before, and its timeline says so
        return session
    number = ("recovery", str(recovery.number))
    return session.told(Entry(at=now, what=What.RECOVERY_WAITS, why=why, details=(number,)))


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
