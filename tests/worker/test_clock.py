"""How often the clock looks, and what it puts into the queue."""

from datetime import timedelta

import pytest
from rq.job import JobStatus

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import FUNCTIONS, QUEUE, TIMEOUT, queue
from sidecar.wiring import Sidecar
from sidecar.worker import clock as clock_module
from sidecar.worker.clock import PAUSE, PAUSE_AT_REST, Clock

ENTRY = DueEntry("recover", "salon", "s1.1")


def test_where_nothing_is_due_it_looks_seldom(clock: Clock) -> None:
    assert clock.tick() is False

    assert clock.pause() == PAUSE_AT_REST


def test_what_is_due_far_ahead_makes_no_pause_longer(sidecar: Sidecar, clock: Clock) -> None:
    sidecar.due.put({ENTRY: sidecar.due.now() + timedelta(days=1)})

    clock.tick()

    assert clock.pause() == PAUSE_AT_REST


def test_it_wakes_when_the_next_entry_is_due(
    sidecar: Sidecar, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Far longer than a busy machine takes from one line to the next.
    monkeypatch.setattr(clock_module, "PAUSE_AT_REST", 20.0)
    sidecar.due.put({ENTRY: sidecar.due.now() + timedelta(seconds=10)})

    clock.tick()

    assert 0 < clock.pause() < 15


def test_after_something_was_due_it_looks_often_and_takes_together_what_follows(
    sidecar: Sidecar, clock: Clock
) -> None:
    now = sidecar.due.now()
    shortly = now + timedelta(seconds=PAUSE / 2)
    sidecar.due.put({ENTRY: now - timedelta(seconds=1), ENTRY._replace(item="s2.1"): shortly})

    clock.tick()

    assert clock.pause() == PAUSE


def test_a_while_after_something_was_due_it_looks_seldom_again(
    sidecar: Sidecar, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_module, "RESTLESS", 0.0)
    sidecar.due.put({ENTRY: sidecar.due.now() - timedelta(seconds=1)})

    clock.tick()

    assert clock.pause() == PAUSE_AT_REST


def test_a_change_that_is_not_understood_is_counted_and_dropped(
    sidecar: Sidecar, clock: Clock
) -> None:
    sidecar.redis.sadd(keys.CHANGED_RECOVERIES, "later-kind:salon:s1.1")

    clock.tick()

    assert sidecar.counts.read()["not_understood", "kind"] == 1
    assert sidecar.redis.scard(keys.CHANGED_RECOVERIES) == 0


def test_what_is_due_together_is_queued_as_jobs_that_rq_knows(sidecar: Sidecar) -> None:
    entries = [DueEntry(kind, "salon", str(n)) for n in range(2) for kind in FUNCTIONS]

    sidecar.jobs.promote(entries)

    jobs = queue(sidecar.redis).jobs
    assert {(job.func_name, *job.args) for job in jobs} == {
        (FUNCTIONS[entry.kind], *entry[1:]) for entry in entries
    }
    assert {job.description for job in jobs} == set(FUNCTIONS)
    assert {job.get_status() for job in jobs} == {JobStatus.QUEUED}
    assert {(job.origin, job.timeout, job.result_ttl) for job in jobs} == {(QUEUE, TIMEOUT, 0)}
