from dataclasses import replace
from datetime import datetime, timedelta

from sidecar.domain.abandonment import abandon
from sidecar.domain.attribution import settle
from sidecar.domain.booking import Selection
from sidecar.domain.decision import (
    LEASE,
    Answer,
    Decision,
    Send,
    Skip,
    Surroundings,
    Wait,
    act,
    conclude,
    decide,
    may_retry,
    put_off,
)
from sidecar.domain.events import BookingConfirmed
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import Session, State, begin_offsite, hear
from tests.domain.making import ANNA, POLICY, after, booking, confirmed, step, visited

DUE = after(minutes=60)


def left(policy: Policy = POLICY) -> Session:
    """A reachable visitor who left: message 1 is due at DUE."""
    return abandon(visited(), policy, after(minutes=15))


def decided(
    session: Session,
    now: datetime = DUE,
    policy: Policy = POLICY,
    *,
    number: int = 1,
    paused: bool = False,
    refilled: bool = True,
    suppressed: Reason | None = None,
    others: tuple[Session, ...] = (),
) -> Decision:
    recovery = session.recovery(number)
    assert recovery is not None
    around = Surroundings(
        group={one.id: one for one in (session, *others)},
        suppressed=suppressed,
        paused=paused,
        refilled=refilled,
    )
    return decide(session, recovery, policy, now, around)


def test_a_due_message_is_sent() -> None:
    assert decided(left()) == Send(not_after=DUE + timedelta(hours=24))


def test_a_message_is_not_sent_early() -> None:
    assert decided(left(), after(minutes=59)) == Wait(DUE, "it is not due yet")


def test_who_booked_is_not_written_to() -> None:
    session = hear(left(), confirmed(booking(created_at=after(minutes=20))))

    assert decided(session) == Skip(Reason.BOOKED)
    settled = settle({"s1": session}, POLICY, DUE)["s1"]
    assert decided(settled) == Skip(Reason.BOOKED)


def test_who_is_in_the_form_is_left_in_peace() -> None:
    assert isinstance(decided(hear(left(), step(9, after(minutes=50)))), Wait)


def test_a_message_that_could_not_go_out_in_time_does_not_go_out() -> None:
    late = DUE + timedelta(hours=24, seconds=1)

    assert decided(left(), late) == Skip(Reason.TOO_LATE)
    assert decided(left(), late, paused=True) == Skip(Reason.PAUSED)


def test_a_paused_site_sends_nothing_until_it_goes_on() -> None:
    assert isinstance(decided(left(), paused=True), Wait)
    assert isinstance(decided(left()), Send)


def test_nothing_goes_out_when_the_chosen_time_has_come_or_is_too_near() -> None:
    begun = replace(left(), selection=Selection(starts_at=DUE))
    near = replace(left(), selection=Selection(starts_at=DUE + timedelta(hours=2)))
    far = replace(left(), selection=Selection(starts_at=DUE + timedelta(hours=3)))

    assert decided(begun) == Skip(Reason.SLOT_PASSED)
    assert decided(near) == Skip(Reason.LEAD_TIME)
    assert decided(far) == Send(not_after=DUE + timedelta(hours=1))


def test_of_two_messages_due_at_once_only_the_later_is_sent() -> None:
    two = replace(POLICY, messages=(timedelta(minutes=45), timedelta(minutes=50)))
    session = left(two)
    now = after(hours=3)

    assert decided(session, now, two, number=1) == Skip(Reason.SUPERSEDED)
    assert isinstance(decided(session, now, two, number=2), Send)


def test_between_two_messages_lies_the_gap() -> None:
    two = replace(POLICY, messages=(timedelta(minutes=45), timedelta(hours=2)))
    session = left(two)
    first = session.recoveries[0]
    session = session.with_recovery(replace(first, outcome=Outcome.SENT, sent_at=DUE))

    assert decided(session, after(hours=3), two, number=2) == Wait(
        DUE + two.min_gap, "the last message is too recent"
    )


def test_a_trial_run_decides_and_sends_nothing() -> None:
    trial = replace(POLICY, dry_run=True)

    assert decided(left(trial), policy=trial) == Skip(Reason.DRY_RUN)


def test_a_hand_over_is_claimed_concluded_and_makes_the_session_contacted() -> None:
    session = left()
    claimed = act(session, session.recoveries[0], decided(session), DUE)
    assert claimed.recoveries[0].outcome is Outcome.HANDING_OVER
    assert claimed.recoveries[0].try_at == DUE + LEASE

    sent = conclude(claimed, claimed.recoveries[0], Answer(outcome=Outcome.SENT), DUE)

    assert sent.state is State.CONTACTED
    assert sent.recoveries[0].sent_at == DUE


def test_an_answer_that_reached_nobody_leaves_the_session_abandoned() -> None:
    session = left()
    claimed = act(session, session.recoveries[0], decided(session), DUE)

    ended = conclude(claimed, claimed.recoveries[0], Answer(outcome=Outcome.NO_WORKFLOW), DUE)

    assert ended.state is State.ABANDONED
    assert ended.recoveries[0].sent_at is None


def test_a_hand_over_without_an_answer_is_looked_at_again_after_growing_pauses() -> None:
    session = left()
    session = act(session, session.recoveries[0], decided(session), DUE)
    pauses = []
    for _ in range(6):
        session = put_off(session, session.recoveries[0], "no answer", DUE)
        again = session.recoveries[0].try_at
        assert again is not None
        pauses.append((again - DUE).total_seconds())

    assert pauses == sorted(pauses)
    assert pauses[0] >= 5
    assert max(pauses[:4]) <= 60


def test_a_person_who_is_not_to_be_messaged_is_not() -> None:
    assert decided(left(), suppressed=Reason.OPTED_OUT) == Skip(Reason.OPTED_OUT)
    assert decided(replace(left(), forgotten=True)) == Skip(Reason.FORGOTTEN)


def test_a_new_store_sends_nothing_before_it_is_filled() -> None:
    assert isinstance(decided(left(), refilled=False), Wait)


def test_who_booked_elsewhere_meanwhile_is_not_written_to() -> None:
    elsewhere = hear(
        begin_offsite("salon", "b9", after(minutes=30)),
        BookingConfirmed(
            seq=50,
            at=after(minutes=30),
            session_id=None,
            booking=booking("b9", created_at=after(minutes=30)),
            contact=ANNA,
        ),
    )

    assert decided(left(), others=(elsewhere,)) == Skip(Reason.BOOKED)


def test_who_booked_before_the_visit_began_may_be_written_to() -> None:
    before = hear(
        begin_offsite("salon", "b9", after(minutes=-30)),
        BookingConfirmed(
            seq=50,
            at=after(minutes=-30),
            session_id=None,
            booking=booking("b9", created_at=after(minutes=-30)),
        ),
    )

    assert isinstance(decided(left(), others=(before,)), Send)


def test_of_two_visits_of_one_person_only_the_newer_is_followed_up() -> None:
    newer = hear(visited(session="s2"), step(9, after(minutes=30), "s2"))

    assert decided(left(), others=(newer,)) == Skip(Reason.SUPERSEDED)


def test_a_message_that_the_person_had_in_another_visit_is_not_sent_again() -> None:
    again = abandon(visited(session="s2"), POLICY, after(hours=3), had={1})

    assert again.recoveries[0].reason is Reason.SUPERSEDED


def test_only_what_reached_nobody_may_be_tried_again() -> None:
    session = left()
    reached = {
        outcome
        for outcome in Outcome
        if may_retry(replace(session.recoveries[0], outcome=outcome))
    }

    assert reached == {Outcome.FAILED, Outcome.NO_WORKFLOW, Outcome.STOPPED, Outcome.SKIPPED}
