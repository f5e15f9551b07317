"""The facts of how everything is, read from a real Redis."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.connection import AbstractConnection

from sidecar.domain.health import Kind, troubles
from sidecar.watch import look
from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from tests.assembled import Bridge, assembled, statuses

AWAY = "http://127.0.0.1:9"


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url, home=AWAY)
    jobs.work_for(sidecar)
    bridge = Bridge(sidecar, home_url=AWAY)
    assert (
        statuses(bridge.send(bridge.check_in(AWAY), bridge.event("session.started")))
        == ["applied"] * 2
    )
    return sidecar


def kinds(sidecar: Sidecar, later: timedelta = timedelta(0)) -> set[tuple[str, Kind]]:
    now = sidecar.due.now() + later
    found = troubles(look(sidecar, now), now)
    return {(trouble.site, trouble.kind) for trouble in found}


def test_processes_that_are_missing_are_told_and_those_that_live_are_not(sidecar: Sidecar) -> None:
    assert kinds(sidecar) == {("", Kind.NO_WORKER), ("", Kind.NO_CLOCK)}

    sidecar.heartbeats.beat("worker")
    sidecar.heartbeats.beat("clock")

    assert kinds(sidecar) == set()


def test_all_sites_are_looked_at_in_one_round_trip(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = sidecar.due.now()  # from here on there is a connection
    sent: list[object] = []
    send = AbstractConnection.send_packed_command

    def counted(connection: AbstractConnection, command: Any, *more: Any, **named: Any) -> None:
        sent.append(command)
        send(connection, command, *more, **named)  # type: ignore[no-untyped-call]  # redis leaves it untyped

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    salon, spa = sidecar.glances.read(["salon", "spa"], now)

    assert len(sent) == 1
    assert (salon.states.total(), salon.open, salon.record.check_in is not None) == (1, 1, True)
    assert (spa.states.total(), spa.open, spa.record.check_in) == (0, 0, None)


def test_a_site_is_silent_from_the_first_call_that_failed_until_one_is_answered(
    sidecar: Sidecar,
) -> None:
    since = sidecar.due.now()
    jobs.read_status("salon", "salon")
    jobs.read_status("salon", "salon")

    [salon, _] = look(sidecar, since).sites
    assert salon.failing_since is not None
    assert timedelta(0) <= salon.failing_since - since < timedelta(minutes=1)
    assert salon.has_open_sessions
    assert ("salon", Kind.SILENT) in kinds(sidecar)

    sidecar.notes.answered("salon", sidecar.due.now())
    assert ("salon", Kind.SILENT) not in kinds(sidecar)


def test_what_is_set_aside_is_told_for_a_day(sidecar: Sidecar) -> None:
    bridge = Bridge(sidecar, home_url=AWAY, seq=2)
    assert statuses(bridge.send(bridge.event("session.unheard_of"))) == ["quarantined"]

    assert ("salon", Kind.QUARANTINED) in kinds(sidecar)
    assert ("salon", Kind.QUARANTINED) not in kinds(sidecar, timedelta(days=2))


def test_what_wordpress_told_of_booknetic_counts(sidecar: Sidecar) -> None:
    sidecar.notes.told("salon", {"booknetic_ready": True, "workflows": 0})
    work = sidecar.store.begin("salon")
    work.put_record(replace(work.record(), refilled=False))
    assert work.commit()

    assert {("salon", Kind.NO_WORKFLOW), ("salon", Kind.NOT_REFILLED)} <= kinds(sidecar)


def test_an_entry_that_nobody_takes_is_late(sidecar: Sidecar) -> None:
    entries = sidecar.due.claim(10, timedelta(0)).due
    sidecar.due.put(dict.fromkeys(entries, sidecar.due.now() - timedelta(minutes=6)))

    assert ("", Kind.OVERDUE) in kinds(sidecar)
