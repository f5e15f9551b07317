"""What staff do to a session by hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sidecar.domain.attribution import settle
from sidecar.domain.by_hand import hurry, leave_out, may_hurry, note_call
from sidecar.domain.events import BookingConfirmed
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.session import Phoned, Session, State, What, begin, begin_offsite, hear
from sidecar.domain.tally import tally
from tests.domain.making import ANNA, booking
from tests.domain.making import NOON as NOW

WAITS = Recovery(number=1, due_at=NOW + timedelta(hours=1), try_at=NOW + timedelta(hours=2))
LEFT = replace(
    begin("salon", "s1", NOW - timedelta(hours=1)),
    state=State.ABANDONED,
    contact=ANNA,
    abandoned_at=NOW,
    recoveries=(WAITS,),
)
SENT = Recovery(
    number=1,
    due_at=NOW - timedelta(hours=2),
    outcome=Outcome.SENT,
    handed_at=NOW - timedelta(hours=2),
    sent_at=NOW - timedelta(hours=2),
)


def test_a_message_sent_now_is_due_now_and_says_who_wished_it() -> None:
    session = hurry(LEFT, WAITS, "desk", NOW)

    (recovery,) = session.recoveries
    assert (recovery.due_at, recovery.try_at, recovery.outcome) == (NOW, None, Outcome.WAITING)
    assert session.timeline[-1].what is What.HURRIED
    assert dict(session.timeline[-1].details) == {"by": "desk", "recovery": "1"}


def test_what_waits_for_the_visitor_to_leave_cannot_be_sent_now() -> None:
    assert may_hurry(LEFT, WAITS)
    assert not may_hurry(replace(LEFT, state=State.ACTIVE), WAITS)
    assert not may_hurry(LEFT, replace(WAITS, outcome=Outcome.HANDING_OVER))


def test_a_message_left_out_is_over_with_a_reason() -> None:
    (recovery,) = leave_out(LEFT, WAITS, "desk", NOW).recoveries

    assert (recovery.outcome, recovery.reason) == (Outcome.SKIPPED, Reason.SUPERSEDED)


@pytest.mark.parametrize("outcome", Phoned)
def test_whoever_was_reached_by_phone_gets_no_message_on_top(outcome: Phoned) -> None:
    session = note_call(LEFT, outcome, "desk", NOW)

    waits = session.recoveries[0].outcome is Outcome.WAITING
    assert waits == (outcome is Phoned.NOT_REACHED)
    counted = {count.what for count in tally(session)}
    assert f"phoned:{outcome}" in counted


def booked_by_staff() -> Session:
    at = NOW + timedelta(minutes=1)
    made = begin_offsite("salon", "4711", at)
    confirmed = BookingConfirmed(
        seq=9, at=at, session_id=None, booking=booking("4711", created_at=at), contact=ANNA
    )
    return hear(made, confirmed)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (None, State.RECOVERED),
        (Phoned.THINKS, State.RECOVERED),
        (Phoned.BOOKED, State.BOOKED),
    ],
)
def test_a_booking_made_on_the_phone_is_not_won_back_by_a_message(
    outcome: Phoned | None, state: State
) -> None:
    session = replace(LEFT, state=State.CONTACTED, recoveries=(SENT,))
    if outcome is not None:
        session = note_call(session, outcome, "desk", NOW)
    group = {one.id: one for one in (session, booked_by_staff())}

    settled = settle(group, Policy(), NOW + timedelta(minutes=2))

    assert settled["s1"].state is state
