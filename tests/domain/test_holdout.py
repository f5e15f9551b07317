"""Who is left alone for comparison, and what is counted of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sidecar.domain.abandonment import abandon
from sidecar.domain.attribution import settle
from sidecar.domain.decision import Send, Skip, Wait, arm_of
from sidecar.domain.events import BookingCanceled
from sidecar.domain.holdout import enrol, is_left_alone
from sidecar.domain.recovery import Reason
from sidecar.domain.session import Arm, Session, Trial, begin_offsite, hear
from sidecar.domain.tally import By, Count, tally
from tests.domain.making import POLICY, after, booking, confirmed, visited

DUE = after(minutes=60)
HALF = replace(POLICY, holdout_percent=50)
PERSONS = [sha256(str(number).encode()).hexdigest()[:32] for number in range(2000)]


def left() -> Session:
    return abandon(visited(), POLICY, after(minutes=15))


def left_alone(person: str, percent: int) -> bool:
    return is_left_alone({}, person, replace(POLICY, holdout_percent=percent))


def counted(session: Session) -> dict[str, int]:
    return {c.what: n for c, n in tally(session).items() if c.by is By.TRIAL_DATE}


def with_booking(session: Session, *, made_at: datetime) -> Session:
    made = confirmed(booking(created_at=made_at))
    return settle({"s1": hear(session, made)}, POLICY, after(days=1))["s1"]


def test_as_many_are_left_alone_as_the_owner_wants() -> None:
    assert not any(left_alone(person, 0) for person in PERSONS)
    assert all(left_alone(person, 100) for person in PERSONS)
    assert 150 < sum(left_alone(person, 10) for person in PERSONS) < 250


def test_raising_the_share_keeps_those_who_are_left_alone() -> None:
    for person in PERSONS:
        assert left_alone(person, 30) or not left_alone(person, 10)


def test_who_cannot_be_known_is_not_left_alone() -> None:
    assert not is_left_alone({}, None, replace(POLICY, holdout_percent=100))


def test_a_person_stays_in_one_group_on_every_device() -> None:
    known = replace(left(), trial=Trial(arm=Arm.LEFT_ALONE, at=DUE))
    messaged = replace(left(), trial=Trial(arm=Arm.MESSAGED, at=DUE))
    other = visited(session="s2")

    for person in PERSONS[:20]:
        assert is_left_alone({"s1": known, "s2": other}, person, HALF)
        assert not is_left_alone({"s1": messaged, "s2": other}, person, HALF)
    assert not is_left_alone({"s1": known}, PERSONS[0], POLICY)


def test_a_person_is_counted_once_and_only_while_there_is_a_comparison() -> None:
    first = left()
    enrolled = enrol(first, Arm.MESSAGED, {"s1": first}, HALF, DUE)
    second = visited(session="s2")

    assert enrolled.trial == Trial(arm=Arm.MESSAGED, at=DUE)
    assert enrol(second, Arm.MESSAGED, {"s1": enrolled, "s2": second}, HALF, DUE).trial is None
    assert enrol(first, Arm.MESSAGED, {"s1": first}, POLICY, DUE).trial is None


def test_only_who_would_be_written_to_now_is_counted() -> None:
    assert arm_of(Send(DUE)) is Arm.MESSAGED
    assert arm_of(Skip(Reason.HOLDOUT)) is Arm.LEFT_ALONE
    assert arm_of(Skip(Reason.BOOKED)) is None
    assert arm_of(Wait(DUE, "it is not due yet")) is None


def test_a_booking_within_the_window_counts_for_whichever_group() -> None:
    for arm in Arm:
        enrolled = replace(left(), trial=Trial(arm=arm, at=DUE))

        booked = with_booking(enrolled, made_at=after(hours=2))

        assert counted(enrolled) == {f"people:{arm}": 1}
        assert counted(booked) == {f"people:{arm}": 1, f"people_who_booked:{arm}": 1}


def test_a_booking_outside_the_window_or_canceled_does_not_count() -> None:
    enrolled = replace(left(), trial=Trial(arm=Arm.LEFT_ALONE, at=DUE))
    only = {"people:left_alone": 1}
    canceled = BookingCanceled(
        seq=30,
        at=after(days=1),
        session_id="s1",
        booking=booking(created_at=after(hours=2), status="canceled"),
        reason="canceled",
    )
    booked = with_booking(enrolled, made_at=after(hours=2))

    assert counted(with_booking(enrolled, made_at=after(minutes=30))) == only
    assert counted(with_booking(enrolled, made_at=DUE + timedelta(days=8))) == only
    assert counted(settle({"s1": hear(booked, canceled)}, POLICY, after(days=2))["s1"]) == only


def test_a_booking_by_telephone_counts() -> None:
    enrolled = replace(left(), trial=Trial(arm=Arm.LEFT_ALONE, at=DUE))
    made = confirmed(booking(created_at=after(hours=2)), session="offsite-b1")
    by_phone = hear(begin_offsite("salon", "b1", after(hours=2)), made)

    settled = settle({"s1": enrolled, "offsite-b1": by_phone}, POLICY, after(days=1))

    assert counted(settled["s1"]) == {"people:left_alone": 1, "people_who_booked:left_alone": 1}


def test_people_are_counted_on_the_day_on_which_their_message_was_due() -> None:
    enrolled = replace(left(), trial=Trial(arm=Arm.MESSAGED, at=after(days=2)))

    assert Count(by=By.TRIAL_DATE, day="2026-11-24", what="people:messaged") in tally(enrolled)
