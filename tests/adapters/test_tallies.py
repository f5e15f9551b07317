"""The report's counts are kept with what they count, and can be made anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from redis import Redis

from sidecar.adapters import redis_keys
from sidecar.adapters.redis_tallies import Tallies
from sidecar.domain.booking import Choice, Selection
from sidecar.domain.policy import Policy
from sidecar.domain.session import Session, State, begin
from sidecar.domain.tally import By, Count
from sidecar.wiring import Sidecar
from tests.assembled import assembled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
VISITS = Count(by=By.VISIT_DATE, day="2026-03-01", what="visits")


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


def keep(sidecar: Sidecar, *sessions: Session) -> None:
    for session in sessions:
        work = sidecar.store.begin("salon", sessions=[session.id])
        work.put_session(session, Policy())
        assert work.commit()


def visits(sidecar: Sidecar) -> dict[str, int]:
    return dict(sidecar.tallies.read("salon", By.VISIT_DATE, DAY, DAY).get(DAY, {}))


def test_a_change_moves_what_is_counted(sidecar: Sidecar) -> None:
    session = begin("salon", "s1", NOON)
    keep(sidecar, session, begin("salon", "s2", NOON))
    keep(sidecar, session, replace(session, state=State.LOST))

    assert visits(sidecar) == {"visits": 2, "state:active": 1, "state:lost": 1}
    assert sidecar.tallies.recount("salon") == {}


def test_what_is_dropped_is_counted_still_also_anew(sidecar: Sidecar) -> None:
    session = begin("salon", "s1", NOON)
    keep(sidecar, session)
    work = sidecar.store.begin("salon", sessions=["s1"])
    work.drop_session(session)
    assert work.commit()

    assert visits(sidecar) == {"visits": 1, "state:active": 1}
    assert sidecar.tallies.recount("salon") == {}
    assert visits(sidecar) == {"visits": 1, "state:active": 1}


def test_wrong_counts_are_told_and_put_right(sidecar: Sidecar) -> None:
    keep(sidecar, *(begin("salon", f"s{n}", NOON) for n in range(3)))
    redis: Redis = sidecar.redis
    redis.hincrby(redis_keys.tally("salon", VISITS.by, VISITS.day), VISITS.what, 2)
    redis.hset(redis_keys.tally("salon", By.VISIT_DATE, "2026-03-01"), "left_at:nowhere", "7")

    wrong = sidecar.tallies.recount("salon")

    assert wrong == {VISITS: -2, VISITS._replace(what="left_at:nowhere"): -7}
    assert visits(sidecar) == {"visits": 3, "state:active": 3}
    assert sidecar.tallies.recount("salon") == {}


def test_what_changes_during_a_recount_is_counted_once(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(sidecar, begin("salon", "s1", NOON))
    sidecar.redis.delete(redis_keys.tally("salon", VISITS.by, VISITS.day))
    read = Tallies._ids
    arriving = iter([begin("salon", "s2", NOON), begin("salon", "s3", NOON)])

    def meanwhile(tallies: Tallies, site: str) -> Iterator[list[str]]:
        yield from read(tallies, site)
        keep(sidecar, *([session] if (session := next(arriving, None)) else []))

    monkeypatch.setattr(Tallies, "_ids", meanwhile)
    wrong = sidecar.tallies.recount("salon")

    assert wrong[VISITS] == 1
    assert visits(sidecar) == {"visits": 3, "state:active": 3}


def test_counts_made_by_other_rules_are_told_from_ours(sidecar: Sidecar) -> None:
    assert sidecar.tallies.follow_other_rules("salon")

    sidecar.tallies.recount("salon")

    assert not sidecar.tallies.follow_other_rules("salon")
    assert sidecar.tallies.follow_other_rules("spa")


def test_services_have_the_names_that_visitors_last_saw(sidecar: Sidecar) -> None:
    def chose(session_id: str, name: str | None) -> Session:
        chosen = Selection(service=Choice(id=9, name=name))
        return replace(begin("salon", session_id, NOON), selection=chosen)

    keep(sidecar, chose("s1", "Haircut"), chose("s2", None), chose("s3", "Classic cut"))

    assert sidecar.store.services("salon") == {9: "Classic cut"}
    assert sidecar.store.services("spa") == {}
