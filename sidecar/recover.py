"""A due time passed: abandon, decide, hand over, give up."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sidecar.commit import decided
from sidecar.config import Site, policy_for, zone_for
from sidecar.domain import abandonment, by_hand
from sidecar.domain.attribution import had_elsewhere, settle
from sidecar.domain.decision import (
    LEASE,
    Answer,
    Send,
    Surroundings,
    act,
    arm_of,
    claim_again,
    conclude,
    decide,
    may_retry,
    not_after,
    put_off,
    wait_again,
    weigh,
)
from sidecar.domain.decision import release as freed
from sidecar.domain.decision import retry as again
from sidecar.domain.errors import GiveUp, RetryLater, WrongRequest
from sidecar.domain.holdout import enrol, is_left_alone
from sidecar.domain.person import without_person
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason, Recovery, recovery_id, split_recovery_id
from sidecar.domain.session import FINAL, Phoned, Session, State
from sidecar.group import related
from sidecar.ports import BookingSite, RecoveryCall, Store, Work

UNKNOWN_AFTER = timedelta(hours=24)
"""How long past its last sensible moment a hand-over without an answer is still asked after."""

Change = Callable[[Session, Policy, datetime, Surroundings], Session]


def abandon(store: Store, site: Site, session_id: str, now: datetime) -> Session | None:
    """Turn silence into abandonment, and a session without hope into a lost one.

    Returns the session as it then is; None where there is none.
    """

    def both(session: Session, policy: Policy, now: datetime, around: Surroundings) -> Session:
        abandoned = abandonment.abandon(
            session,
            policy,
            now,
            zone=around.zone,
            suppressed=around.suppressed,
            had=had_elsewhere(session, around.group),
        )
        return abandonment.close(abandoned, policy, now)

    return _change(store, site, session_id, both, now)


def close(store: Store, site: Site, session_id: str, now: datetime) -> Session | None:
    """Give up a session whose last window is over."""
    return _change(
        store, site, session_id, lambda s, policy, now, _: abandonment.close(s, policy, now), now
    )


def expire(store: Store, site: Site, session_id: str, now: datetime) -> Session | None:
    """Forget whose a session was, and in the end all of it, once the time is over for that.

    Returns None where nothing is left of it.
    """
    return _change(
        store, site, session_id, lambda s, policy, now, _: abandonment.expire(s, policy, now), now
    )


def _change(
    store: Store, site: Site, session_id: str, change: Change, now: datetime
) -> Session | None:
    def write(work: Work) -> Session | None:
        session = work.session(session_id)
        if session is None:
            return None
        policy = _policy(work, site, session)
        session = change(session, policy, now, _surroundings(work, site, session, policy))
        if abandonment.is_over(session, policy, now):
            work.drop_session(session)
            return None
        # Written also where nothing changed: what is due of it is then due at the right time.
        work.put_session(session, policy)
        return session

    return decided(store, site.id, write, sessions=[session_id])


def retry(
    store: Store, site: Site, recovery_id_: str, now: datetime, *, by: str | None = None
) -> None:
    """Make a recovery that reached nobody due again, with every check made anew.

    Raises WrongRequest where there is no such recovery, or where it may have reached somebody.
    """

    def make_due(session: Session, recovery: Recovery) -> Session:
        if not may_retry(recovery):
            raise WrongRequest(f"a recovery that is {recovery.outcome} cannot be tried again")
        return again(session, recovery, now, by=by)

    _by_hand(store, site, recovery_id_, make_due)


def hurry(store: Store, site: Site, recovery_id_: str, *, by: str, now: datetime) -> None:
    """Make a waiting recovery due now, with every check made as at any other time.

    Raises WrongRequest where there is no such recovery, or where it waits for no time.
    """

    def make_due(session: Session, recovery: Recovery) -> Session:
        if not by_hand.may_hurry(session, recovery):
            raise WrongRequest("this message does not wait for its time")
        return by_hand.hurry(session, recovery, by, now)

    _by_hand(store, site, recovery_id_, make_due)


def leave_out(store: Store, site: Site, recovery_id_: str, *, by: str, now: datetime) -> None:
    """End a waiting recovery unsent.

    Raises WrongRequest where there is no such recovery, or where it does not wait.
    """

    def end(session: Session, recovery: Recovery) -> Session:
        if not by_hand.may_leave_out(recovery):
            raise WrongRequest(f"a recovery that is {recovery.outcome} cannot be left out")
        return by_hand.leave_out(session, recovery, by, now)

    _by_hand(store, site, recovery_id_, end)


def _by_hand(
    store: Store,
    site: Site,
    recovery_id_: str,
    change: Callable[[Session, Recovery], Session],
) -> None:
    session_id, number = _parts(recovery_id_)

    def write(work: Work) -> None:
        session = work.session(session_id)
        recovery = session.recovery(number) if session else None
        if session is None or recovery is None:
            raise WrongRequest("there is no such recovery")
        work.put_session(change(session, recovery), _policy(work, site, session))

    decided(store, site.id, write, sessions=[session_id])


def note_call(
    store: Store, site: Site, session_id: str, outcome: Phoned, *, by: str, now: datetime
) -> None:
    """Note what came of a call to the visitor, and draw its consequences for what was booked.

    Raises WrongRequest where there is no such session.
    """

    def write(work: Work) -> None:
        session = work.session(session_id)
        if session is None or session.offsite:
            raise WrongRequest("there is no such session")
        policy = _policy(work, site, session)
        noted = by_hand.note_call(session, outcome, by, now)
        settled = settle({**related(work, session), session.id: noted}, policy, now)
        for one in settled.values():
            work.put_session(one, policy)

    decided(store, site.id, write, sessions=[session_id])


def retry_all(
    store: Store,
    site: Site,
    at_most: int,
    now: datetime,
    *,
    outcome: Outcome | None = None,
    by: str | None = None,
) -> int:
    """Make all recoveries due again that failed, as `outcome` says, and may be; returns how many."""
    tried = 0
    for session, recovery in store.failures(site.id, at_most):
        if may_retry(recovery) and outcome in (None, recovery.outcome):
            with suppress(WrongRequest):  # it has changed since
                retry(store, site, recovery_id(session.id, recovery.number), now, by=by)
                tried += 1
    return tried


def release(store: Store, site: Site, session_id: str, *, by: str, now: datetime) -> None:
    """Take for a person whoever looked like a robot, as `by` says; every check is made anew.

    Raises WrongRequest where there is no such session, or where it does not look like one.
    """

    def let_go(work: Work) -> None:
        session = work.session(session_id)
        if session is None or not session.looks_like_a_robot:
            raise WrongRequest("there is no such session that looks like a robot's")
        work.put_session(freed(session, by, now), _policy(work, site, session))

    decided(store, site.id, let_go, sessions=[session_id])


def _parts(recovery_id_: str) -> tuple[str, int]:
    try:
        return split_recovery_id(recovery_id_)
    except ValueError:
        raise WrongRequest("not the id of a recovery, such as SESSION.1") from None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A hand-over that is ours to carry out; `in_doubt` where one was begun before.

    `work` wrote that it is.
    """

    session: Session
    recovery: Recovery
    policy: Policy
    in_doubt: bool
    work: Work


def send(
    store: Store,
    booking_site: BookingSite,
    site: Site,
    recovery: str,
    *,
    clock: Callable[[], datetime],
) -> Outcome | None:
    """Decide on a due recovery and hand it over; returns how it then stands, None if unknown.

    1. Decide, and write down that it is being handed over: only one worker gets past this.
    2. Call. After a call that brought no answer nobody calls again without looking it up.
    3. Write down the answer, or when to look again.
    """
    claim = _claim(store, site, recovery, clock())
    if claim is None:
        return None
    record = partial(_record, store, site, recovery, claim.work.following())
    try:
        answer = _hand_over(booking_site, claim, clock)
    except RetryLater as fault:
        return record(_put_off(fault, clock()))
    except GiveUp as fault:
        answer = Answer(outcome=Outcome.FAILED, reason=str(fault))
    if answer is None:
        return record(lambda session, recovery, _: wait_again(session, recovery))
    return record(_conclude(_impersonal(answer, claim.session), clock()))


_CLOSED_LIST = frozenset(Reason)


def _impersonal(answer: Answer, session: Session) -> Answer:
    """Black out whom WordPress's words quote: they are kept in plain, and longer than the contact."""
    if answer.reason is None or answer.reason in _CLOSED_LIST:
        return answer
    return replace(answer, reason=without_person(answer.reason, session.contact))


def _claim(store: Store, site: Site, recovery_id_: str, now: datetime) -> _Claim | None:
    session_id, number = split_recovery_id(recovery_id_)

    def claim(work: Work) -> _Claim | None:
        session = work.session(session_id)
        recovery = session.recovery(number) if session else None
        if session is None or recovery is None:
            work.put_due(abandonment.Due.RECOVER, recovery_id_, None)
            return None
        policy = _policy(work, site, session)
        claimed: _Claim | None = None
        if recovery.outcome is Outcome.HANDING_OVER:
            if recovery.try_at is None or recovery.try_at <= now:
                session = claim_again(session, recovery, now)
                claimed = _Claim(session, recovery, policy, in_doubt=True, work=work)
        elif recovery.outcome is Outcome.WAITING:
            around = _surroundings(work, site, session, policy)
            decision = decide(session, recovery, policy, now, around)
            session = act(
                session,
                recovery,
                decision,
                now,
                weigh(session, recovery, around.group, now),
            )
            arm = arm_of(decision)
            if arm is not None:
                session = enrol(session, arm, around.group, policy, now)
            if isinstance(decision, Send):
                claimed = _Claim(session, recovery, policy, in_doubt=False, work=work)
                if not session.is_test:  # nobody is won back by it
                    work.put_link(recovery_id_, now + policy.attribution_window + LEASE)
        work.put_session(session, policy)
        return claimed

    return decided(store, site.id, claim, sessions=[session_id])


def _policy(work: Work, site: Site, session: Session) -> Policy:
    return abandonment.policy_of(session, policy_for(site, work.record().settings))


def _surroundings(work: Work, site: Site, session: Session, policy: Policy) -> Surroundings:
    record = work.record()
    suppression = work.suppression(work.person(i) for i in session.identifiers)
    group = related(work, session)
    known_by = session.contact.identifiers[:1] if session.contact else ()
    person = next((work.person(identifier) for identifier in known_by), None)
    return Surroundings(
        group=group,
        left_alone=is_left_alone(group, person, policy),
        zone=zone_for(site, record.timezone),
        suppressed=suppression.reason if suppression else None,
        paused=site.paused or record.paused,
        refilled=record.refilled,
    )


def _hand_over(
    booking_site: BookingSite, claim: _Claim, clock: Callable[[], datetime]
) -> Answer | None:
    """Return how it ended, or None where it never began and the visitor is back in the form."""
    latest = not_after(claim.session, claim.recovery, claim.policy)
    if claim.in_doubt:
        ours = recovery_id(claim.session.id, claim.recovery.number)
        is_over = clock() > latest or claim.session.state in FINAL or claim.session.forgotten
        known = booking_site.look_up(ours, close=is_over)
        if known is not None or claim.session.state is State.ACTIVE:
            return known
    return booking_site.trigger(
        RecoveryCall(
            session=claim.session,
            number=claim.recovery.number,
            of=len(claim.policy.messages),
            not_after=latest,
            lead_time=int(claim.policy.slot_lead_time.total_seconds()),
            retry=claim.recovery.retry,
        )
    )


_Ending = Callable[[Session, Recovery, Policy], Session]
"""What a hand-over came to, as a change of its session."""


def _put_off(fault: RetryLater, now: datetime) -> _Ending:
    def ask_again(session: Session, recovery: Recovery, policy: Policy) -> Session:
        if now > not_after(session, recovery, policy) + UNKNOWN_AFTER:
            unknown = Answer(outcome=Outcome.UNKNOWN, reason=str(fault))
            return conclude(session, recovery, unknown, now)
        return put_off(session, recovery, str(fault), now, asked=fault.after)

    return ask_again


def _conclude(answer: Answer, now: datetime) -> _Ending:
    return lambda session, recovery, _: conclude(session, recovery, answer, now)


def _record(store: Store, site: Site, recovery_id_: str, known: Work, end: _Ending) -> Outcome:
    session_id, number = split_recovery_id(recovery_id_)

    def write(work: Work) -> Outcome:
        session = work.session(session_id)
        recovery = session.recovery(number) if session else None
        if session is None or recovery is None:
            return Outcome.UNKNOWN  # erased while it was being handed over
        if recovery.outcome is not Outcome.HANDING_OVER:
            return recovery.outcome  # another worker had the answer first
        policy = _policy(work, site, session)
        session = end(session, recovery, policy)
        work.put_session(session, policy)
        return next(r.outcome for r in session.recoveries if r.number == number)

    return decided(store, site.id, write, sessions=[session_id], known=known)
