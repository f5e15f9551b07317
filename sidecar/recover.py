"""A due time passed: abandon, decide, hand over, give up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sidecar.config import Site
from sidecar.domain import abandonment
from sidecar.domain.decision import (
    LEASE,
    Answer,
    Send,
    act,
    claim_again,
    conclude,
    decide,
    not_after,
    put_off,
    wait_again,
)
from sidecar.domain.errors import GiveUp, RetryLater
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery, recovery_id, split_recovery_id
from sidecar.domain.session import FINAL, Session, State
from sidecar.ports import BookingSite, RecoveryCall, Store

UNKNOWN_AFTER = timedelta(hours=24)
"""How long past its last sensible moment a hand-over without an answer is still asked after."""

Change = Callable[[Session, Policy, datetime], Session]


def abandon(store: Store, site: Site, session_id: str, now: datetime) -> Session | None:
    """Turn silence into abandonment, and a session without hope into a lost one.

    Returns the session as it then is; None where there is none.
    """

    def both(session: Session, policy: Policy, now: datetime) -> Session:
        return abandonment.close(abandonment.abandon(session, policy, now), policy, now)

    return _change(store, site, session_id, both, now)


def close(store: Store, site: Site, session_id: str, now: datetime) -> Session | None:
    """Give up a session whose last window is over."""
    return _change(store, site, session_id, abandonment.close, now)


def _change(
    store: Store, site: Site, session_id: str, change: Change, now: datetime
) -> Session | None:
    while True:
        work = store.begin(site.id, sessions=[session_id])
        session = work.session(session_id)
        if session is None:
            return None
        session = change(session, site.policy, now)
        # Written also where nothing changed: what is due of it is then due at the right time.
        work.put_session(session, site.policy)
        if work.commit():
            return session


@dataclass(frozen=True, slots=True)
class _Claim:
    """A hand-over that is ours to carry out; `in_doubt` where one was begun before."""

    session: Session
    recovery: Recovery
    in_doubt: bool


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
    try:
        answer = _hand_over(booking_site, site, claim, clock())
        if answer is None:
            return _record(store, site, recovery, wait_again)
    except RetryLater as fault:
        return _put_off(store, site, recovery, fault, clock())
    except GiveUp as fault:
        answer = Answer(outcome=Outcome.FAILED, reason=str(fault))
    return _conclude(store, site, recovery, answer, clock())


def _claim(store: Store, site: Site, recovery_id_: str, now: datetime) -> _Claim | None:
    session_id, number = split_recovery_id(recovery_id_)
    while True:
        work = store.begin(site.id, sessions=[session_id])
        session = work.session(session_id)
        recovery = session.recovery(number) if session else None
        if session is None or recovery is None:
            work.put_due(abandonment.Due.RECOVER, recovery_id_, None)
            work.commit()
            return None
        claim: _Claim | None = None
        if recovery.outcome is Outcome.HANDING_OVER:
            if recovery.try_at is None or recovery.try_at <= now:
                session = claim_again(session, recovery, now)
                claim = _Claim(session, recovery, in_doubt=True)
        elif recovery.outcome is Outcome.WAITING:
            decision = decide(session, recovery, site.policy, now, paused=site.paused)
            session = act(session, recovery, decision, now)
            if isinstance(decision, Send):
                claim = _Claim(session, recovery, in_doubt=False)
                work.put_link(recovery_id_, now + site.policy.attribution_window + LEASE)
        work.put_session(session, site.policy)
        if work.commit():
            return claim


def _hand_over(
    booking_site: BookingSite, site: Site, claim: _Claim, now: datetime
) -> Answer | None:
    """Return how it ended, or None where it never began and the visitor is back in the form."""
    latest = not_after(claim.session, claim.recovery, site.policy)
    if claim.in_doubt:
        ours = recovery_id(claim.session.id, claim.recovery.number)
        known = booking_site.look_up(ours, close=now > latest or claim.session.state in FINAL)
        if known is not None or claim.session.state is State.ACTIVE:
            return known
    return booking_site.trigger(
        RecoveryCall(
            session=claim.session,
            number=claim.recovery.number,
            of=len(site.policy.messages),
            not_after=latest,
            lead_time=int(site.policy.slot_lead_time.total_seconds()),
        )
    )


def _put_off(
    store: Store, site: Site, recovery_id_: str, fault: RetryLater, now: datetime
) -> Outcome:
    def ask_again(session: Session, recovery: Recovery) -> Session:
        if now > not_after(session, recovery, site.policy) + UNKNOWN_AFTER:
            unknown = Answer(outcome=Outcome.UNKNOWN, reason=str(fault))
            return conclude(session, recovery, unknown, now)
        return put_off(session, recovery, str(fault), now, asked=fault.after)

    return _record(store, site, recovery_id_, ask_again)


def _conclude(
    store: Store, site: Site, recovery_id_: str, answer: Answer, now: datetime
) -> Outcome:
    return _record(store, site, recovery_id_, lambda s, r: conclude(s, r, answer, now))


def _record(
    store: Store,
    site: Site,
    recovery_id_: str,
    change: Callable[[Session, Recovery], Session],
) -> Outcome:
    session_id, number = split_recovery_id(recovery_id_)
    while True:
        work = store.begin(site.id, sessions=[session_id])
        session = work.session(session_id)
        recovery = session.recovery(number) if session else None
        if session is None or recovery is None:
            return Outcome.UNKNOWN  # erased while it was being handed over
        if recovery.outcome is not Outcome.HANDING_OVER:
            return recovery.outcome  # another worker had the answer first
        session = change(session, recovery)
        work.put_session(session, site.policy)
        if work.commit():
            return next(r.outcome for r in session.recoveries if r.number == number)
