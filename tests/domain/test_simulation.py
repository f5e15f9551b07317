from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sidecar.domain.attribution import settle
from sidecar.domain.booking import Selection
from sidecar.domain.events import Basis, Consent
from sidecar.domain.policy import ConsentMode, Policy
from sidecar.domain.recovery import Reason
from sidecar.domain.session import Session, begin_offsite, erase, hear
from sidecar.domain.simulation import Simulated, simulate
from sidecar.domain.suppression import Suppression
from tests.domain.making import POLICY, after, booking, confirmed, contact, step, visited

LATER = after(days=20)


def simulated(
    *group: Session,
    policy: Policy = POLICY,
    until: datetime = LATER,
    suppression: Suppression | None = None,
) -> list[tuple[str, int, datetime | None, str | None]]:
    told = simulate(group, policy, ZoneInfo("Europe/Berlin"), until, suppression=suppression)
    return sorted((one.session_id, one.number, one.at, one.reason) for one in told)


def test_a_visitor_who_left_would_get_what_the_settings_say() -> None:
    twice = replace(POLICY, messages=(timedelta(hours=2), timedelta(days=1)))

    assert simulated(visited()) == [("s1", 1, after(minutes=60), None)]
    assert simulated(visited(), policy=twice) == [
        ("s1", 1, after(hours=2, minutes=15), None),
        ("s1", 2, after(days=1, minutes=15), None),
    ]


def test_what_has_not_come_yet_would_still_wait() -> None:
    assert simulated(visited(), until=after(minutes=59)) == [("s1", 1, None, None)]
    assert simulated(visited(), until=after(minutes=14)) == []


def test_who_books_before_a_later_message_would_not_get_it() -> None:
    made = confirmed(booking(created_at=after(hours=1, minutes=30)))
    booked = settle({"s1": hear(visited(), made)}, POLICY, after(hours=2))["s1"]
    later = replace(POLICY, messages=(timedelta(hours=2),))

    assert simulated(booked) == [("s1", 1, after(minutes=60), None)]
    assert simulated(booked, policy=later) == [("s1", 1, after(hours=1, minutes=30), "booked")]


def test_a_booking_by_telephone_counts_too() -> None:
    made = confirmed(booking(created_at=after(minutes=30)), session="offsite-b1")
    by_phone = hear(begin_offsite("salon", "b1", after(minutes=30)), made)

    assert [told[3] for told in simulated(visited(), by_phone)] == ["booked"]


def test_a_visitor_who_comes_back_gets_the_next_message_later() -> None:
    twice = replace(
        POLICY, messages=(timedelta(minutes=45), timedelta(hours=3)), min_gap=timedelta(0)
    )
    back = hear(visited(), step(seq=9, at=after(hours=2)))

    assert simulated(back, policy=twice) == [
        ("s1", 1, after(minutes=60), None),
        ("s1", 2, after(hours=5, minutes=15), None),
    ]


def test_before_the_visitor_gave_an_address_nobody_could_have_been_written_to() -> None:
    late = hear(visited(reachable=False), contact(seq=9, at=after(hours=5)))

    assert simulated(visited(reachable=False)) == [("s1", 1, after(minutes=15), "no_contact")]
    assert simulated(late) == [("s1", 1, after(hours=6), None)]


def test_the_night_and_the_chosen_time_are_heeded() -> None:
    night = replace(POLICY, quiet_hours="13:30-20:00")  # 12:30 to 19:00 in UTC
    near = replace(visited(), selection=Selection(starts_at=after(hours=2, minutes=30)))

    assert simulated(visited(), policy=night) == [("s1", 1, after(hours=7), None)]
    assert simulated(near) == [("s1", 1, after(minutes=25), None)]


def test_two_visits_of_one_person_share_a_sequence() -> None:
    second = hear(
        hear(
            visited(session="s2", reachable=False), step(seq=8, at=after(minutes=30), session="s2")
        ),
        contact(seq=9, at=after(minutes=30), session="s2"),
    )

    assert simulated(visited(), second) == [
        ("s1", 1, after(minutes=60), "superseded"),
        ("s2", 1, after(minutes=90), None),
    ]


def test_consent_and_wishes_are_heeded_from_when_they_were_told() -> None:
    ask = replace(POLICY, consent=ConsentMode.OPT_IN)
    told = replace(visited(), consent=Consent(basis=Basis.NOTICE))
    opted_out = Suppression(reason=Reason.OPTED_OUT, at=after(hours=1, minutes=30), via="link")
    later = replace(POLICY, messages=(timedelta(hours=2),))

    assert [one[3] for one in simulated(told, policy=ask)] == ["no_consent"]
    assert [one[3] for one in simulated(visited(), suppression=opted_out)] == [None]
    assert [one[3] for one in simulated(visited(), policy=later, suppression=opted_out)] == [
        "opted_out"
    ]
    assert [one[3] for one in simulated(erase(visited(), after(days=1)))] == ["forgotten"]


def test_a_trial_run_is_simulated_as_if_it_counted() -> None:
    assert simulate([visited()], replace(POLICY, dry_run=True), UTC, LATER) == [
        Simulated(session_id="s1", number=1, at=after(minutes=60))
    ]
