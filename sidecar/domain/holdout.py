"""A share of the people is left alone, so that it can be seen what messages really bring.

Who is decides a keyed hash of the person, so raising the share keeps those who are left alone.
Both groups pass every check, and are counted when their first message is due.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sidecar.domain.policy import Policy
from sidecar.domain.session import Arm, Session, Trial


def is_left_alone(group: Mapping[str, Session], person: str | None, policy: Policy) -> bool:
    """Tell whether a person, known by a keyed hash in hex, gets no message for comparison's sake.

    Who was counted in a group stays there for as long as anybody is left alone at all.
    """
    if not policy.holdout_percent:
        return False
    arms = {session.trial.arm for session in group.values() if session.trial}
    if arms:
        return Arm.LEFT_ALONE in arms
    return person is not None and _share(person) * 100 < policy.holdout_percent


def _share(person: str) -> float:
    """Where a person lies between 0 and 1, evenly."""
    return int(person[:12], 16) / 16**12


def enrol(
    session: Session, arm: Arm, group: Mapping[str, Session], policy: Policy, now: datetime
) -> Session:
    """Count a person in a group of the comparison, once, while there is one."""
    if not policy.holdout_percent or any(other.trial for other in group.values()):
        return session
    return replace(session, trial=Trial(arm=arm, at=now))


def judge(session: Session, group: Mapping[str, Session], window: timedelta) -> Session:
    """Note whether the person has booked since, in time, and has not canceled."""
    trial = session.trial
    if trial is None:
        return session
    begins = trial.at.replace(microsecond=0)  # Booknetic dates bookings in whole seconds
    booked = any(
        booking.confirmed_at is not None
        and booking.snapshot.live_appointments
        and begins <= booking.snapshot.created_at <= trial.at + window
        for other in group.values()
        for booking in other.bookings
    )
    return replace(session, trial=replace(trial, booked=booked))
