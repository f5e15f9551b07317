from collections import Counter
from dataclasses import replace

import pytest

from sidecar.domain.abandonment import abandon
from sidecar.domain.attribution import settle
from sidecar.domain.booking import Choice, Selection
from sidecar.domain.decision import Answer, Send, act, conclude
from sidecar.domain.events import BookingCanceled, Visit
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, begin_offsite, hear
from sidecar.domain.tally import By, Count, change, tally
from tests.domain.making import POLICY, after, booking, confirmed, visited

DAY = "2026-11-22"
THE_APPOINTMENT_S = "2026-11-25"


def left(session: str = "s1", *, reachable: bool = True) -> Session:
    return abandon(visited(session=session, reachable=reachable), POLICY, after(minutes=15))


def messaged(session: str = "s1") -> Session:
    away = left(session)
    handed = act(away, away.recoveries[0], Send(after(hours=24)), after(minutes=60))
    sent = Answer(outcome=Outcome.SENT)
    return conclude(handed, handed.recoveries[0], sent, after(minutes=60))


def settled(*sessions: Session) -> list[Session]:
    group = {session.id: session for session in sessions}
    return list(settle(group, POLICY, after(hours=3)).values())


def counted(by: By, *sessions: Session) -> dict[str, int]:
    whole: Counter[Count] = Counter()
    for session in sessions:
        whole.update(tally(session))
    return {count.what: n for count, n in whole.items() if count.by is by}


def test_a_visit_is_counted_on_the_day_on_which_it_began_at_the_site() -> None:
    late = replace(visited(), started_at=after(hours=11.5), zone="Europe/Berlin")

    assert {count.day for count in tally(late)} == {"2026-11-23"}
    assert {count.day for count in tally(replace(late, zone=""))} == {DAY}


@pytest.mark.parametrize(
    ("session", "told"),
    [
        (visited(), {"visits", "state:active"}),
        (
            left(),
            {"visits", "state:abandoned", "abandoned", "eligible", "kind:unfinished"}
            | {"left_at:date_time"},
        ),
        (
            left(reachable=False),
            {"visits", "state:abandoned", "abandoned", "kind:unfinished", "left_at:date_time"},
        ),
        (
            messaged(),
            {"visits", "state:contacted", "abandoned", "eligible", "kind:unfinished", "messaged"}
            | {"left_at:date_time", "messaged:message:1"},
        ),
    ],
)
def test_a_visit_adds_one_to_what_it_is(session: Session, told: set[str]) -> None:
    assert counted(By.VISIT_DATE, session) == dict.fromkeys(told, 1)


def test_a_visitor_who_looked_like_a_robot_could_not_be_written_to() -> None:
    robot = replace(visited(), visit=Visit(signals=("honeypot",)))

    assert "eligible" not in counted(By.VISIT_DATE, abandon(robot, POLICY, after(minutes=15)))


def test_a_booking_won_back_counts_in_both_calendars_with_its_money() -> None:
    [won] = settled(hear(messaged(), confirmed(booking(created_at=after(hours=2)))))

    for by, day in ((By.APPOINTMENT_DATE, THE_APPOINTMENT_S), (By.CONVERSION_DATE, DAY)):
        assert {count.day for count in tally(won) if count.by is by} == {day}
        assert counted(by, won) == {
            "won": 1,
            "won:session": 1,
            "won:message:1": 1,
            "worth:EUR:won": 45_000_000,
            "worth:EUR:won:session": 45_000_000,
            "worth:EUR:won:message:1": 45_000_000,
        }
    assert counted(By.VISIT_DATE, won)["won"] == 1


def test_what_the_visitor_had_chosen_has_its_part_of_the_counts() -> None:
    chosen = Selection(service=Choice(id=9, name="Haircut"))
    wanted = replace(messaged(), selection=chosen)

    [won] = settled(hear(wanted, confirmed(booking(created_at=after(hours=2)))))

    parts = {"abandoned:service:9", "messaged:service:9", "won:service:9"}
    assert parts <= counted(By.VISIT_DATE, won).keys()
    assert counted(By.CONVERSION_DATE, won)["worth:EUR:won:service:9"] == 45_000_000
    unknown = replace(won, selection=Selection(service=Choice(name="Haircut")))
    assert not [what for what in counted(By.VISIT_DATE, unknown) if "service" in what]


def test_a_booking_that_nobody_was_written_for_is_spontaneous() -> None:
    [booked] = settled(hear(visited(), confirmed(booking())))

    assert counted(By.CONVERSION_DATE, booked) == {
        "spontaneous": 1,
        "worth:EUR:spontaneous": 45_000_000,
    }
    assert counted(By.VISIT_DATE, booked)["booked"] == 1


def test_a_booking_owed_to_another_visit_s_message_counts_once() -> None:
    elsewhere = hear(
        visited(session="s2"), confirmed(booking(created_at=after(hours=2)), session="s2")
    )

    both = settled(messaged(), elsewhere)

    assert counted(By.CONVERSION_DATE, *both) == {
        "won": 1,
        "won:contact": 1,
        "won:message:1": 1,
        "worth:EUR:won": 45_000_000,
        "worth:EUR:won:contact": 45_000_000,
        "worth:EUR:won:message:1": 45_000_000,
    }


def test_a_canceled_conversion_counts_as_reversed_and_nowhere_else() -> None:
    [won] = settled(hear(messaged(), confirmed(booking(created_at=after(hours=2)))))
    made = booking(created_at=after(hours=2), status="canceled")
    canceled = BookingCanceled(
        seq=30, at=after(hours=4), session_id="s1", booking=made, reason="canceled"
    )

    [reversed_] = settled(hear(won, canceled))

    assert counted(By.CONVERSION_DATE, reversed_) == {
        "reversed": 1,
        "worth:EUR:reversed": 45_000_000,
    }
    assert "won" not in counted(By.VISIT_DATE, reversed_)


def test_what_is_no_visit_counts_nowhere() -> None:
    made = confirmed(booking(), session="offsite-b1")
    by_phone = hear(begin_offsite("salon", "b1", after()), made)

    assert tally(by_phone) == {}
    assert tally(visited(session="test-0123456789")) == {}


def test_forgetting_whom_a_visit_belonged_to_changes_no_count() -> None:
    assert tally(replace(messaged(), contact=None, forgotten=True)) == tally(messaged())


def test_a_change_takes_away_what_was_and_adds_what_is() -> None:
    changed = change(visited(), left())

    assert {count.what: by for count, by in changed.items()} == {
        "state:active": -1,
        "state:abandoned": 1,
        "abandoned": 1,
        "eligible": 1,
        "kind:unfinished": 1,
        "left_at:date_time": 1,
    }
    assert change(left(), left()) == {}
    begun, dropped = change(None, left()), change(left(), None)
    assert all(dropped[count] == -by for count, by in begun.items())
