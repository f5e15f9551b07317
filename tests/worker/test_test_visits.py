"""A robot's visit goes the whole way at once, and is counted nowhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidecar import recover
from sidecar.adapters.redis_sessions import Wanted
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import State
from sidecar.domain.tally import By
from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from tests.assembled import Bridge, assembled, statuses, utc
from tests.listening import Listener

ROBOT = "test-5f0c1a2b3c4d5e6f70819293"
OWNER = {"email": "owner.marker@example.com", "first_name": "Test", "last_name": "Visit"}
Work = Callable[[], None]


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    """Wire a sidecar whose owner has everything wait for an hour, and sends nothing."""
    slow = 'abandon_after = "1h"\nmessages = ["1h", "2h"]\ndry_run = true'
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=slow)
    jobs.work_for(sidecar)
    return sidecar


def visit(bridge: Bridge, session: str = ROBOT, *, seconds_ago: float = 3) -> None:
    """Somebody gave the owner's address, and has done nothing since."""
    then = {"occurred_at": utc(datetime.now(UTC) - timedelta(seconds=seconds_ago))}
    answer = bridge.send(
        bridge.event("session.started", session, page_url=f"{bridge.home_url}/book/") | then,
        bridge.event("session.contact_given", session, contact=OWNER) | then,
    )
    assert statuses(answer) == ["applied", "applied"]


def follow_up(clock: Clock, work: Work) -> None:
    clock.tick()
    clock.tick()
    work()


def test_it_is_followed_up_at_once_whatever_the_owner_has_chosen(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)

    follow_up(clock, work)

    [call] = wordpress.calls
    assert call.route == "recoveries"
    assert call.body["test"] is True
    assert call.body["recovery_id"] == f"{ROBOT}.1"
    assert (call.body["number"], call.body["of"]) == (1, 1)
    assert call.body["contact"]["email"] == OWNER["email"]
    session = sidecar.store.begin("salon").session(ROBOT)
    assert session is not None
    assert [recovery.outcome for recovery in session.recoveries] == [Outcome.SENT]


def test_it_waits_for_the_robot_to_give_its_address(
    bridge: Bridge, sidecar: Sidecar, clock: Clock
) -> None:
    then = {"occurred_at": utc(datetime.now(UTC) - timedelta(seconds=3))}
    bridge.send(bridge.event("session.step_reached", ROBOT, step="service") | then)

    clock.tick()

    session = sidecar.store.begin("salon").session(ROBOT)
    assert session is not None
    assert session.state is State.ACTIVE


def test_it_is_counted_nowhere(bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work) -> None:
    visit(bridge)
    follow_up(clock, work)

    assert sidecar.sessions.by_state("salon").total() == 0
    assert sidecar.sessions.page("salon", Wanted(), after=None, limit=10) == ([], None)
    assert sidecar.store.count_sessions("salon") == 0
    assert sidecar.store.sessions_of("salon", email=OWNER["email"]) == []
    assert not sidecar.store.has_open_sessions("salon")
    assert {name for name, *_ in sidecar.counts.read()} == {"callbacks", "events"}
    today = datetime.now(UTC).date()
    day = timedelta(days=1)
    assert [sidecar.tallies.read("salon", by, today - day, today + day) for by in By] == [
        {}
    ] * len(By)


def test_it_is_nobody_s_visit(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    """The owner is in the form at the same time: neither visit knows of the other."""
    visit(bridge)
    visit(bridge, "s1", seconds_ago=0)
    follow_up(clock, work)
    follow_up(clock, work)

    [call] = wordpress.calls
    assert call.body["session_id"] == ROBOT
    owner = sidecar.store.begin("salon").session("s1")
    assert owner is not None
    assert (owner.state, owner.joined, owner.recoveries) == (State.ACTIVE, (), ())


def test_a_booking_by_its_link_is_not_won_back_by_it(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    follow_up(clock, work)
    token = wordpress.calls[0].body["resume_token"]
    booking = {
        "key": "pay1",
        "created_at": utc(datetime.now(UTC)),
        "appointments": [
            {
                "id": 7,
                "starts_at": utc(datetime.now(UTC) + timedelta(days=3)),
                "status": "approved",
            }
        ],
    }

    bridge.send(
        bridge.event("session.returned", "s1", token=token),
        bridge.event("booking.confirmed", "s1", booking=booking),
    )
    follow_up(clock, work)

    booked = sidecar.store.begin("salon").session("s1")
    assert booked is not None
    assert (booked.state, booked.joined, booked.conversion) == (State.BOOKED, (), None)


def test_it_is_forgotten_after_an_hour(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    visit(bridge)
    follow_up(clock, work)
    salon = sidecar.config.sites["salon"]
    now = sidecar.due.now()

    recover.close(sidecar.store, salon, ROBOT, now + timedelta(minutes=50))
    assert sidecar.store.begin("salon").session(ROBOT) is not None
    recover.close(sidecar.store, salon, ROBOT, now + timedelta(hours=1))

    assert sidecar.store.begin("salon").session(ROBOT) is None


def test_one_that_cannot_be_followed_up_is_forgotten_too(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    record = sidecar.store.begin("salon").record()
    work_ = sidecar.store.begin("salon")
    work_.put_record(replace(record, paused=True))
    assert work_.commit()
    visit(bridge)
    follow_up(clock, work)

    recover.close(
        sidecar.store,
        sidecar.config.sites["salon"],
        ROBOT,
        sidecar.due.now() + timedelta(hours=1),
    )

    assert sidecar.store.begin("salon").session(ROBOT) is None
