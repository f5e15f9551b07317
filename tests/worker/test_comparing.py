"""People who are left alone for comparison: nothing is sent, and the report counts them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidecar.adapters import redis_keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.domain.session import Arm, Trial
from sidecar.domain.tally import By
from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from sidecar.worker.jobs import RECOUNT
from tests.assembled import Bridge, assembled, statuses, utc
from tests.listening import Listener

Work = Callable[[], None]
PEOPLE = 24


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    half = 'abandon_after = "1s"\nmessages = ["1s"]\nholdout_percent = 50'
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=half)
    jobs.work_for(sidecar)
    return sidecar


def test_half_of_the_people_get_nothing_and_all_are_counted(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    then = {"occurred_at": utc(datetime.now(UTC) - timedelta(minutes=1))}
    events = [
        bridge.event("session.contact_given", f"s{n}", contact={"email": f"p{n}@example.com"})
        | then
        for n in range(PEOPLE)
    ]
    assert set(statuses(bridge.send(*events))) == {"applied"}

    for _ in range(3):
        clock.tick()
        work()

    reached = {call.body["session_id"] for call in wordpress.calls}
    store = sidecar.store.begin("salon")
    sessions = [store.session(f"s{n}") for n in range(PEOPLE)]
    trials = {s.id: s.trial for s in sessions if s and isinstance(s.trial, Trial)}
    assert len(trials) == PEOPLE
    assert {key for key, trial in trials.items() if trial.arm is Arm.MESSAGED} == reached
    assert 0 < len(reached) < PEOPLE
    today = datetime.now(UTC).date()
    counts = sidecar.tallies.read("salon", By.TRIAL_DATE, today, today)[today]
    assert counts == {
        "people:messaged": len(reached),
        "people:left_alone": PEOPLE - len(reached),
    }


def test_counts_by_the_rules_of_an_older_version_are_made_anew_at_the_start(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    bridge.send(bridge.event("session.step_reached", step="service"))
    today = datetime.now(UTC).date()
    sidecar.redis.delete(redis_keys.tally("salon", By.VISIT_DATE, today.isoformat()))

    clock.start()
    time.sleep(0.01)  # due times are whole milliseconds, rounded up
    clock.tick()
    work()

    counts = sidecar.tallies.read("salon", By.VISIT_DATE, today, today)[today]
    assert counts == {"visits": 1, "state:active": 1}
    assert sidecar.due.due_at(DueEntry(RECOUNT, "salon", "salon")) is None
    clock.start()
    assert sidecar.due.due_at(DueEntry(RECOUNT, "salon", "salon")) is None
