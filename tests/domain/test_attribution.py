from dataclasses import replace
from datetime import datetime

from sidecar.domain.abandonment import Due, abandon, due
from sidecar.domain.attribution import settle
from sidecar.domain.conversion import AttributedBy, ConversionStatus
from sidecar.domain.events import BookingCanceled, BookingChanged
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Click, Session, State, begin, begin_offsite, hear
from tests.domain.making import ANNA, POLICY, after, booking, confirmed, step, visited

SENT = after(hours=1)
BOOKED = after(hours=2)


def messaged(outcome: Outcome = Outcome.SENT) -> Session:
    abandoned = abandon(visited(), POLICY, after(minutes=15))
    sent = replace(abandoned.recoveries[0], outcome=outcome, handed_at=SENT, sent_at=SENT)
    return abandoned.with_recovery(sent).become(State.CONTACTED)


def other_device(at: datetime = BOOKED, *, clicked: bool = True) -> Session:
    visit = hear(begin("salon", "s2", at), step(50, at, "s2"))
    clicks = (Click(recovery_id="s1.1", at=at),) if clicked else ()
    return replace(visit, joined=("s1",), clicks=clicks)


def settled(*group: Session) -> dict[str, Session]:
    return settle({session.id: session for session in group}, POLICY, BOOKED)


def test_a_booking_in_the_messaged_session_is_won_back() -> None:
    session = settled(hear(messaged(), confirmed(booking(created_at=BOOKED))))["s1"]

    conversion = session.conversion
    assert conversion is not None
    assert session.state is State.RECOVERED
    assert conversion.attributed_by is AttributedBy.SESSION
    assert conversion.recovery_id == "s1.1"
    assert conversion.appointment_starts_at == after(days=3)
    assert (Due.REGISTER, "s1") in due(session, POLICY)


def test_a_booking_by_the_link_on_another_device_is_won_back_once() -> None:
    there = hear(other_device(), confirmed(booking(created_at=BOOKED), session="s2"))

    after_it = settled(messaged(), there)

    assert after_it["s1"].state is State.RECOVERED
    assert after_it["s2"].state is State.BOOKED
    conversion = after_it["s1"].conversion
    assert conversion is not None
    assert conversion.attributed_by is AttributedBy.CLICK
    assert conversion.session_id == "s2"
    assert after_it["s2"].conversion is None


def test_settling_twice_changes_nothing() -> None:
    once = settled(hear(messaged(), confirmed(booking(created_at=BOOKED))))

    assert settled(*once.values()) == once


def test_a_booking_before_the_message_is_not_owed_to_it() -> None:
    early = booking(created_at=after(minutes=50))

    assert settled(hear(messaged(), confirmed(early)))["s1"].state is State.BOOKED


def test_a_booking_after_the_window_is_not_owed_to_the_message() -> None:
    late = booking(created_at=after(days=7, hours=2))

    assert settled(hear(messaged(), confirmed(late)))["s1"].state is State.BOOKED


def test_a_message_that_reached_nobody_wins_nobody_back() -> None:
    session = hear(messaged(Outcome.FAILED), confirmed(booking(created_at=BOOKED)))

    assert settled(session)["s1"].state is State.BOOKED


def test_a_joined_session_without_a_click_is_not_attributed() -> None:
    there = hear(other_device(clicked=False), confirmed(booking(created_at=BOOKED), session="s2"))

    after_it = settled(messaged(), there)

    assert after_it["s1"].conversion is None
    assert after_it["s1"].state is State.BOOKED


def test_a_moved_appointment_moves_the_conversion_with_a_new_revision() -> None:
    won = settled(hear(messaged(), confirmed(booking(created_at=BOOKED))))["s1"]
    moved = booking(created_at=BOOKED, days=9)

    session = settled(
        hear(won, BookingChanged(seq=30, at=after(hours=3), session_id="s1", booking=moved))
    )["s1"]

    assert session.conversion is not None
    assert session.conversion.revision == 2
    assert session.conversion.appointment_starts_at == after(days=9)


def test_a_canceled_booking_takes_the_conversion_back() -> None:
    won = settled(hear(messaged(), confirmed(booking(created_at=BOOKED))))["s1"]
    gone = BookingCanceled(
        seq=30,
        at=after(hours=3),
        session_id="s1",
        booking=booking(created_at=BOOKED, status="canceled"),
        reason="canceled",
    )

    session = settled(hear(won, gone))["s1"]

    assert session.conversion is not None
    assert session.conversion.status is ConversionStatus.REVERSED
    assert session.conversion.revision == 2
    assert session.state is State.RECOVERED


def test_an_old_snapshot_that_arrives_late_changes_nothing() -> None:
    won = settled(hear(messaged(), confirmed(booking(created_at=BOOKED), 30)))["s1"]
    old = BookingChanged(
        seq=25, at=after(hours=3), session_id="s1", booking=booking(created_at=BOOKED, days=9)
    )

    session = settled(hear(won, old))["s1"]

    assert session.conversion == won.conversion


def test_a_visit_after_the_booking_is_a_new_wish() -> None:
    won = settled(hear(messaged(), confirmed(booking(created_at=BOOKED))))["s1"]
    later = other_device(after(days=1))

    assert settled(won, later)["s2"].state is State.ACTIVE


def by_phone(at: datetime = BOOKED, key: str = "b5") -> Session:
    made = booking(key, created_at=at)
    event = replace(confirmed(made, 60, at=at), session_id=None, contact=ANNA)
    return hear(begin_offsite("salon", key, at), event)


def test_a_booking_by_phone_of_the_person_who_had_the_message_is_won_back() -> None:
    session = settled(messaged(), by_phone())["s1"]

    assert session.state is State.RECOVERED
    assert session.conversion is not None
    assert session.conversion.attributed_by is AttributedBy.CONTACT
    assert session.conversion.session_id is None


def test_a_booking_is_owed_to_one_message_only() -> None:
    other = replace(
        messaged(),
        id="s3",
        recoveries=(replace(messaged().recoveries[0], handed_at=after(minutes=90)),),
    )

    after_it = settled(messaged(), other, by_phone())

    assert after_it["s1"].conversion is None
    assert after_it["s1"].state is State.BOOKED
    assert after_it["s3"].state is State.RECOVERED


def test_a_click_counts_more_than_the_session() -> None:
    there = replace(
        hear(other_device(), confirmed(booking(created_at=BOOKED), session="s2")),
        recoveries=(replace(messaged().recoveries[0], handed_at=after(minutes=90)),),
    )

    after_it = settled(messaged(), there)

    assert after_it["s1"].state is State.RECOVERED
    assert after_it["s2"].state is State.BOOKED


def test_a_later_booking_revives_a_conversion_that_was_taken_back() -> None:
    won = settled(messaged(), by_phone())["s1"]
    canceled = by_phone()
    gone = BookingCanceled(
        seq=61,
        at=after(hours=3),
        session_id=None,
        booking=booking("b5", created_at=BOOKED, status="canceled"),
        reason="canceled",
    )
    canceled = hear(canceled, gone)
    reversed_ = settled(won, canceled)["s1"]
    revived = settled(reversed_, canceled, by_phone(after(hours=5), "b6"))["s1"]

    assert reversed_.conversion is not None
    assert reversed_.conversion.status is ConversionStatus.REVERSED
    assert revived.conversion is not None
    assert revived.conversion.status is ConversionStatus.ACTIVE
    assert revived.conversion.booking_key == "b6"
    assert revived.conversion.revision == 3


def test_a_session_long_lost_is_not_ended_by_a_booking_elsewhere() -> None:
    lost = replace(messaged(), state=State.LOST)

    assert settled(lost, by_phone(after(days=100)))["s1"] == lost
