"""How often the clock looks."""

from datetime import timedelta

import pytest

from sidecar.adapters.redis_store import DueEntry
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


def test_it_wakes_when_the_next_entry_is_due(sidecar: Sidecar, clock: Clock) -> None:
    sidecar.due.put({ENTRY: sidecar.due.now() + timedelta(seconds=PAUSE_AT_REST / 2)})

    clock.tick()

    assert 0 < clock.pause() < PAUSE_AT_REST * 3 / 4


def test_after_something_was_due_it_looks_often_for_a_while(
    sidecar: Sidecar, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar.due.put({ENTRY: sidecar.due.now() - timedelta(seconds=1)})

    clock.tick()

    assert clock.pause() == PAUSE
    monkeypatch.setattr(clock_module, "RESTLESS", 0.0)
    sidecar.due.bring_to_now(ENTRY)
    clock.tick()
    assert clock.pause() == PAUSE_AT_REST
