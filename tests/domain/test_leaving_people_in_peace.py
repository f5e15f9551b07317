"""When and how often somebody is written to: nights, near appointments, enough messages."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sidecar.domain.abandonment import abandon
from sidecar.domain.attribution import settle
from sidecar.domain.booking import Selection
from sidecar.domain.decision import (
    HANDED_OVER_LOOK,
    Decision,
    Send,
    Skip,
    Surroundings,
    Wait,
    act,
    decide,
    put_off,
    release,
)
from sidecar.domain.events import Basis, Consent, Visit
from sidecar.domain.policy import ConsentMode, Policy
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.session import Session, State, What, hear
from tests.domain.making import POLICY, after, booking, confirmed, visited

DUE = after(minutes=60)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = replace(POLICY, quiet_hours="21:00-08:00")
SIX_IN_THE_EVENING = after(hours=5)  # in Berlin, where noon in UTC is one o'clock


def decided(
    session: Session,
    now: datetime = DUE,
    policy: Policy = POLICY,
    *,
    number: int = 1,
    others: tuple[Session, ...] = (),
    suppressed: Reason | None = None,
    paused: bool = False,
    left_alone: bool = False,
) -> Decision:
    recovery = session.recovery(number)
    assert recovery is not None
    group = {one.id: one for one in (session, *others)}
    return decide(
        session,
        recovery,
        policy,
        now,
        Surroundings(
            group=group, zone=BERLIN, suppressed=suppressed, paused=paused, left_alone=left_alone
        ),
    )


def left(policy: Policy = POLICY, *, starts_at: datetime | None = None) -> Session:
    """A reachable visitor, who left at a quarter past noon, and had chosen a time or not."""
    session = replace(visited(), selection=Selection(starts_at=starts_at))
    return abandon(session, policy, after(minutes=15), zone=BERLIN)


def messaged(session_id: str, at: datetime, outcome: Outcome = Outcome.SENT) -> Session:
    """An earlier visit of the same person, which is over and had a message."""
    sent = Recovery(number=1, due_at=at, outcome=outcome, handed_at=at, sent_at=at)
    return replace(visited(session=session_id), last_seen=at, state=State.LOST, recoveries=(sent,))


# --- The night


def test_nobody_is_woken() -> None:
    session = left(NIGHT)
    morning = datetime(2026, 11, 23, 8, tzinfo=BERLIN)

    assert decided(session, after(hours=8), NIGHT) == Wait(morning, "it is within the quiet hours")
    assert decided(session, morning, NIGHT) == Send(DUE + timedelta(hours=24))


def test_what_could_only_go_out_too_late_is_skipped_at_once() -> None:
    soon = replace(NIGHT, max_lateness=timedelta(hours=12))

    assert decided(left(soon), after(hours=8), soon) == Skip(Reason.TOO_LATE)


# --- The chosen time


@pytest.mark.parametrize(
    ("slot", "due_at"),
    [
        (after(hours=9), DUE),  # far enough away
        (after(hours=3, minutes=5), DUE),  # just
        (after(hours=3), after(minutes=55)),  # five minutes before its last moment
        (after(hours=2, minutes=22), after(minutes=17)),
        (after(hours=2, minutes=16), after(minutes=15)),  # at once
    ],
)
def test_a_message_that_would_come_too_late_for_the_time_chosen_goes_out_earlier(
    slot: datetime, due_at: datetime
) -> None:
    session = left(starts_at=slot)

    assert session.recoveries[0].due_at == due_at
    assert (What.RECOVERY_HURRIED in [entry.what for entry in session.timeline]) == (due_at != DUE)
    assert isinstance(decided(session, due_at), Send)


@pytest.mark.parametrize("slot", [after(hours=2, minutes=15), after(hours=1), after(minutes=-5)])
def test_where_it_is_too_late_already_nothing_goes_out(slot: datetime) -> None:
    session = left(starts_at=slot)

    assert session.recoveries[0].due_at == DUE
    assert isinstance(decided(session, DUE), Skip)


def test_before_a_morning_s_appointment_it_goes_out_in_the_evening() -> None:
    tomorrow = replace(NIGHT, messages=(timedelta(hours=14),))
    at_nine = datetime(2026, 11, 23, 9, tzinfo=BERLIN)

    session = left(tomorrow, starts_at=at_nine)

    evening = datetime(2026, 11, 22, 20, 55, tzinfo=BERLIN)
    assert session.recoveries[0].due_at == evening
    assert decided(session, evening, tomorrow) == Send(at_nine - timedelta(hours=2))


def test_whoever_leaves_at_night_is_not_woken_for_a_morning_s_appointment() -> None:
    late = replace(
        visited(), last_seen=after(hours=10), selection=Selection(starts_at=after(hours=20))
    )
    session = abandon(late, NIGHT, after(hours=11), zone=BERLIN)

    assert decided(session, session.recoveries[0].due_at, NIGHT) == Skip(Reason.LEAD_TIME)


def test_only_the_next_message_is_brought_forward() -> None:
    both = replace(POLICY, messages=(timedelta(minutes=45), timedelta(hours=24)))

    session = left(both, starts_at=after(hours=9))

    assert [r.due_at for r in session.recoveries] == [DUE, after(hours=24, minutes=15)]
    first_went = replace(session.recoveries[0], outcome=Outcome.SENT, sent_at=DUE, handed_at=DUE)
    later = session.with_recovery(first_went)
    assert decided(later, after(hours=25), both, number=2) == Skip(Reason.SLOT_PASSED)


# --- Enough messages


def test_after_the_messages_of_one_visit_a_person_is_left_alone() -> None:
    earlier = messaged("s0", after(days=-6))

    assert decided(left(), others=(earlier,)) == Skip(Reason.COOLDOWN)
    assert isinstance(decided(left(), others=(messaged("s0", after(days=-7)),)), Send)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.INTERRUPTED, Outcome.PARTIAL])
def test_a_message_that_may_have_arrived_counts(outcome: Outcome) -> None:
    assert decided(left(), others=(messaged("s0", after(days=-6), outcome),)) == Skip(
        Reason.COOLDOWN
    )


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED, Outcome.SKIPPED])
def test_a_message_that_did_not_go_out_does_not_count(outcome: Outcome) -> None:
    assert isinstance(decided(left(), others=(messaged("s0", after(days=-6), outcome),)), Send)


def test_a_person_gets_only_so_many_messages_a_month() -> None:
    no_rest = replace(POLICY, contact_cooldown=timedelta(0), min_gap=timedelta(0))
    month = tuple(messaged(f"a{days}", after(days=-days)) for days in (1, 8, 29))

    assert decided(left(), policy=no_rest, others=month) == Skip(Reason.CAPPED)
    assert isinstance(decided(left(), policy=no_rest, others=month[1:]), Send)
    longer_ago = (*month[:2], messaged("a31", after(days=-31)))
    assert isinstance(decided(left(), policy=no_rest, others=longer_ago), Send)


def test_two_devices_of_one_person_do_not_have_a_message_each() -> None:
    phone = abandon(visited(session="s0"), POLICY, after(minutes=15))
    on_its_way = act(phone, phone.recoveries[0], Send(after(hours=24)), DUE)

    assert decided(left(), others=(on_its_way,)) == Wait(
        DUE + HANDED_OVER_LOOK, "another message to this person is on its way"
    )


def test_nobody_looks_again_before_a_site_that_is_away_is_asked_again() -> None:
    phone = abandon(visited(session="s0"), POLICY, after(minutes=15))
    phone = act(phone, phone.recoveries[0], Send(after(hours=24)), DUE)
    for _ in range(8):
        phone = put_off(phone, phone.recoveries[0], "WordPress could not be reached", DUE)

    assert decided(left(), others=(phone,)) == Wait(
        DUE + timedelta(hours=1) + HANDED_OVER_LOOK, "another message to this person is on its way"
    )


# --- Consent


@pytest.mark.parametrize(
    ("mode", "basis", "may"),
    [
        (ConsentMode.NOTICE, None, True),
        (ConsentMode.NOTICE, Basis.NOTICE, True),
        (ConsentMode.NOTICE, Basis.OPT_IN, True),
        (ConsentMode.NOTICE, Basis.DENIED, False),
        (ConsentMode.OPT_IN, None, False),
        (ConsentMode.OPT_IN, Basis.NOTICE, False),
        (ConsentMode.OPT_IN, Basis.OPT_IN, True),
        (ConsentMode.OPT_IN, Basis.DENIED, False),
        (ConsentMode.OFF, None, True),
        (ConsentMode.OFF, Basis.DENIED, False),
    ],
)
def test_consent_is_asked_for_as_the_owner_wants_and_a_no_always_counts(
    mode: ConsentMode, basis: Basis | None, *, may: bool
) -> None:
    policy = replace(POLICY, consent=mode)
    consent = Consent(basis=basis) if basis else None
    asked = replace(left(), consent=consent)

    told_when_leaving = abandon(replace(visited(), consent=consent), policy, after(minutes=15))

    assert isinstance(decided(asked, policy=policy), Send) == may
    assert (told_when_leaving.recoveries[0].outcome is Outcome.WAITING) == may
    if not may:
        assert decided(asked, policy=policy) == Skip(Reason.NO_CONSENT)


# --- Robots


def robot() -> Session:
    return replace(visited(), visit=Visit(signals=("honeypot", "too_fast")))


def test_what_looks_like_a_robot_gets_nothing() -> None:
    session = abandon(robot(), POLICY, after(minutes=15))

    assert session.recoveries[0].reason == Reason.BOT


def test_whom_staff_take_for_a_person_gets_what_was_held_back() -> None:
    session = abandon(robot(), POLICY, after(minutes=15))

    released = release(session, "desk", after(minutes=30))

    assert decided(released, after(minutes=30)) == Wait(DUE, "it is not due yet")
    assert isinstance(decided(released), Send)
    assert released.timeline[-1].what is What.RELEASED
    assert dict(released.timeline[-1].details) == {"by": "desk"}


def test_a_message_held_back_for_too_long_does_not_go_out() -> None:
    released = release(abandon(robot(), POLICY, after(minutes=15)), "desk", after(days=3))

    assert decided(released, after(days=3)) == Skip(Reason.TOO_LATE)


# --- All of it


def test_every_reason_of_a_skip_is_reached() -> None:
    both = replace(POLICY, messages=(timedelta(minutes=45), timedelta(minutes=46)))
    booked = settle({"s1": hear(left(), confirmed(booking()))}, POLICY, DUE)["s1"]
    reached = {
        decided(replace(left(), contact=None)),
        decided(replace(left(), consent=Consent(basis=Basis.DENIED))),
        decided(left(), suppressed=Reason.OPTED_OUT),
        decided(replace(left(), forgotten=True)),
        decided(left(), others=(messaged("s0", after(days=-1)),)),
        decided(left(), policy=replace(POLICY, cap_per_30_days=0)),
        decided(left(both), after(hours=2), both),
        decided(booked),
        decided(left(), after(days=2)),
        decided(left(starts_at=after(hours=9)), after(hours=10)),
        decided(left(starts_at=after(hours=9)), after(hours=8)),
        decided(replace(left(), visit=Visit(signals=("honeypot",)))),
        decided(left(), after(days=2), paused=True),
        decided(left(), policy=replace(POLICY, dry_run=True)),
        decided(left(), left_alone=True),
    }

    assert {skip.reason for skip in reached if isinstance(skip, Skip)} == set(Reason)
