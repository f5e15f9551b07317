import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sidecar.domain.abandonment import (
    Due,
    abandon,
    close,
    closes_at,
    drops_at,
    due,
    erases_at,
    expire,
    is_over,
    policy_of,
)
from sidecar.domain.attribution import settle
from sidecar.domain.decision import Answer, conclude
from sidecar.domain.events import (
    Basis,
    BookingEvent,
    Consent,
    SessionEvent,
    SessionStarted,
    Visit,
)
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.session import (
    FINAL,
    MAY_BECOME,
    TEST,
    TIMELINE_LIMIT,
    Kind,
    State,
    What,
    begin,
    hear,
)
from sidecar.domain.tally import tally
from tests.domain.making import (
    NOON,
    POLICY,
    after,
    booking,
    confirmed,
    contact,
    created,
    step,
    visited,
)


def test_events_in_any_order_leave_the_same_session() -> None:
    made = booking(created_at=after(minutes=3))
    events: list[SessionEvent | BookingEvent] = [
        step(1, NOON),
        contact(2, after(minutes=1)),
        step(3, after(minutes=2)),
        created(made, 4),
        confirmed(made, 5),
    ]

    results = set()
    for order in itertools.permutations(events):
        session = begin("salon", "s1", order[0].at)
        for event in order:
            session = hear(session, event)
        results.add(session)

    assert len(results) == 1


def start(seq: int, at: datetime, *signals: str) -> SessionStarted:
    return SessionStarted(seq=seq, at=at, session_id="s1", visit=Visit(signals=signals))


def test_signs_of_a_robot_that_are_told_later_are_added_to_those_before() -> None:
    starts = [start(1, NOON, "bot_agent"), start(7, after(minutes=2), "honeypot")]

    results = set()
    for order in itertools.permutations([*starts, step(3, after(minutes=1))]):
        session = begin("salon", "s1", order[0].at)
        for event in order:
            session = hear(session, event)
        results.add(session)

    (session,) = results
    assert session.visit.signals == ("bot_agent", "honeypot")
    assert [entry.what for entry in session.timeline] == ["started", "step_reached", "suspected"]


def test_silence_becomes_abandonment_at_the_deadline_and_not_before() -> None:
    session = visited()

    assert abandon(session, POLICY, after(minutes=14, seconds=59)) == session
    abandoned = abandon(session, POLICY, after(minutes=15))

    assert abandoned.state is State.ABANDONED
    assert abandoned.kind is Kind.UNFINISHED
    assert abandoned.abandoned_at == after(minutes=15)


def test_abandonment_noticed_late_is_dated_when_the_silence_became_too_long() -> None:
    abandoned = abandon(visited(), POLICY, after(hours=5))

    assert abandoned.abandoned_at == after(minutes=15)
    assert abandoned.recoveries[0].due_at == after(minutes=60)


def test_a_booking_that_awaits_its_payment_has_the_longer_deadline_and_is_unpaid() -> None:
    session = hear(visited(), created(booking()))

    assert abandon(session, POLICY, after(minutes=29)).state is State.ACTIVE
    assert abandon(session, POLICY, after(minutes=30)).kind is Kind.UNPAID


def test_a_visitor_who_gave_no_contact_cannot_be_reached_and_the_session_is_lost() -> None:
    abandoned = abandon(visited(reachable=False), POLICY, after(minutes=15))

    [recovery] = abandoned.recoveries
    assert (recovery.outcome, recovery.reason) == (Outcome.SKIPPED, Reason.NO_CONTACT)
    assert close(abandoned, POLICY, after(minutes=15)).state is State.LOST


def test_a_visitor_who_refused_is_not_written_to() -> None:
    session = replace(visited(), consent=Consent(basis=Basis.DENIED))

    [recovery] = abandon(session, POLICY, after(minutes=15)).recoveries

    assert recovery.reason is Reason.NO_CONSENT


def test_a_contact_that_was_given_in_time_and_is_heard_of_late_can_still_be_reached() -> None:
    session = hear(begin("salon", "s1", NOON), step(seq=2, at=after(minutes=1)))
    session = close(abandon(session, POLICY, after(hours=2)), POLICY, after(hours=2))
    assert session.state is State.LOST

    session = abandon(hear(session, contact(seq=1)), POLICY, after(hours=2))

    assert session.abandoned_at == after(minutes=16), "the visitor left no later for that"
    assert session.recoveries == (Recovery(number=1, due_at=after(minutes=61)),)


def test_a_visitor_who_comes_back_and_gives_a_contact_can_be_reached_next_time() -> None:
    lost = close(
        abandon(visited(reachable=False), POLICY, after(minutes=15)), POLICY, after(minutes=15)
    )

    back = hear(lost, contact(5, after(hours=1)))
    again = abandon(back, POLICY, after(hours=2))

    assert back.state is State.ACTIVE
    assert again.recoveries[0].outcome is Outcome.WAITING
    assert again.recoveries[0].due_at == after(hours=1, minutes=60)


def test_a_message_already_sent_is_not_made_again_by_the_next_abandonment() -> None:
    abandoned = abandon(visited(), POLICY, after(minutes=15))
    sent = replace(abandoned.recoveries[0], outcome=Outcome.SENT, sent_at=after(hours=1))
    back = hear(abandoned.with_recovery(sent), step(9, after(hours=2)))

    again = abandon(back, POLICY, after(hours=3))

    assert again.recoveries == (sent,)


def test_an_event_of_before_the_silence_does_not_bring_the_visitor_back() -> None:
    abandoned = abandon(visited(), POLICY, after(minutes=15))

    assert hear(abandoned, step(9, after(minutes=-1))).state is State.ABANDONED


def test_a_sent_message_keeps_the_session_open_for_its_window() -> None:
    abandoned = abandon(visited(), POLICY, after(minutes=15))
    sent = replace(
        abandoned.recoveries[0], outcome=Outcome.SENT, handed_at=NOON, sent_at=after(hours=1)
    )
    contacted = abandoned.with_recovery(sent).become(State.CONTACTED)

    assert closes_at(contacted, POLICY) == after(days=7, hours=1)


def test_a_visitor_is_given_up_behind_what_became_of_the_messages() -> None:
    abandoned = abandon(visited(), POLICY, after(minutes=15))
    failed = conclude(
        abandoned, abandoned.recoveries[0], Answer(outcome=Outcome.FAILED), after(hours=2)
    )

    lost = close(failed, POLICY, after(hours=3))

    assert [entry.what for entry in lost.timeline[-2:]] == [What.RECOVERY_ENDED, What.LOST]


def test_whoever_waits_is_due() -> None:
    active = visited()
    abandoned = abandon(active, POLICY, after(minutes=15))

    assert due(active, POLICY) == {(Due.ABANDON, "s1"): after(minutes=15)}
    assert due(abandoned, POLICY) == {(Due.RECOVER, "1"): after(minutes=60)}


def test_a_booking_ends_the_session_and_what_waited_in_it() -> None:
    abandoned = abandon(visited(), POLICY, after(minutes=15))
    booked = hear(abandoned, confirmed(booking(created_at=after(minutes=20))))

    settled = settle({"s1": booked}, POLICY, after(minutes=20))["s1"]

    assert settled.state is State.BOOKED
    assert settled.recoveries[0].reason is Reason.BOOKED
    assert due(settled, POLICY) == {}


@pytest.mark.parametrize("state", sorted(FINAL))
def test_nothing_leads_out_of_a_final_state(state: State) -> None:
    session = replace(visited(), state=state)

    assert hear(session, step(9, after(hours=1))).state is state
    with pytest.raises(ValueError, match="cannot become"):
        session.become(State.ACTIVE)


def test_it_is_forgotten_whose_an_ended_session_was_when_its_time_is_over() -> None:
    visit = Visit(page_url="https://salon.example/", referrer="https://anna.example/")
    started = SessionStarted(seq=9, at=NOON, session_id="s1", visit=visit)
    policy = replace(POLICY, retention=timedelta(days=20))
    ended = close(abandon(hear(visited(), started), policy, after(days=1)), policy, after(days=9))
    assert ended.state is State.ABANDONED  # a message waits: nothing is forgotten before its end
    assert erases_at(ended, policy) is None
    lost = replace(ended, state=State.LOST, recoveries=())

    assert due(lost, policy) == {}, "it is found in the list of those that are lost"
    assert expire(lost, policy, after(days=19)) == lost
    nobodys = expire(lost, policy, after(days=20))

    assert (nobodys.contact, nobodys.consent, nobodys.visit.referrer) == (None, None, None)
    assert nobodys.visit.page_url == visit.page_url
    assert nobodys.timeline[-1].what == "expired"
    assert not nobodys.forgotten
    assert due(nobodys, policy) == {(Due.ERASE, "s1"): after(days=30)}
    assert tally(nobodys) == tally(lost)
    assert is_over(nobodys, policy, after(days=30))
    assert not is_over(nobodys, policy, after(days=29))


@pytest.mark.parametrize("unlisted", [{"offsite": True}, {"id": f"{TEST}1"}])
def test_what_stands_in_no_list_is_due_when_its_retention_is_over(unlisted: Any) -> None:
    booked = replace(visited(), state=State.BOOKED, **unlisted)

    assert due(booked, POLICY) == {(Due.ERASE, booked.id): booked.last_seen + POLICY.retention}


def test_a_test_visit_is_kept_no_longer_than_others() -> None:
    policy = replace(POLICY, retention=timedelta(days=7))
    tried = replace(visited(), id=f"{TEST}1", state=State.BOOKED)

    assert erases_at(tried, policy_of(tried, policy)) == tried.last_seen + timedelta(days=7)


def test_a_visit_is_kept_until_nothing_more_is_heard_of_its_appointments() -> None:
    made = booking(created_at=after(days=1), days=200)
    booked = settle({"s1": hear(visited(), confirmed(made))}, POLICY, after(days=1))["s1"]

    assert drops_at(booked, POLICY) == after(days=230)
    brought_forward = booking(created_at=after(days=1), days=3)
    moved = hear(booked, confirmed(brought_forward, seq=99))
    assert drops_at(moved, POLICY) == after(days=1) + POLICY.retention


def test_a_visit_is_kept_while_something_is_left_to_do() -> None:
    assert drops_at(visited(), POLICY) is None
    waits = replace(abandon(visited(), POLICY, after(minutes=15)), state=State.LOST)

    assert any(recovery.is_open for recovery in waits.recoveries)
    assert drops_at(waits, POLICY) is None
    assert drops_at(replace(waits, recoveries=()), POLICY) is not None


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(MAY_BECOME) == set(State)


def test_a_very_long_visit_keeps_how_it_began_and_how_it_ended() -> None:
    session = begin("salon", "s1", NOON)
    events: list[SessionEvent] = [
        step(seq, NOON + timedelta(seconds=seq)) for seq in range(1, TIMELINE_LIMIT + 50)
    ]
    for event in events:
        session = hear(session, event)

    assert len(session.timeline) == TIMELINE_LIMIT
    assert session.timeline[0].seq == 1
    assert session.timeline[-1].seq == events[-1].seq
