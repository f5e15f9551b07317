"""Errors that quote whom they are about leave no trace of them: not in the log, nor with RQ."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO

import pytest

from sidecar.adapters.redis_store import DueEntry, RedisStore
from sidecar.cli.logs import _Text
from sidecar.web.access import TRIES
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import Bridge
from tests.planted import Planted, everything_in
from tests.web.test_status import log_in
from tests.worker.test_recovering import Work


@pytest.fixture
def planted() -> Planted:
    return Planted()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Log as a process of the sidecar does, at debug."""
    written, root = StringIO(), logging.getLogger()
    handler = logging.StreamHandler(written)
    handler.setFormatter(_Text("test"))
    monkeypatch.setattr(root, "level", logging.DEBUG)
    for name in ("rq.worker", "rq.job", "rq"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def quoting(text: str) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        fault = ValueError(text)
        fault.add_note(text)
        raise fault from KeyError(text)

    return fail


def test_a_job_that_fails(
    sidecar: Sidecar,
    work: Work,
    planted: Planted,
    log: StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sidecar.recover.send", quoting(planted.everything))
    sidecar.jobs.promote(sidecar.calls.stand([DueEntry("recover", "salon", "s1.1")]))

    work()

    stored = everything_in(sidecar.redis)
    assert any(b"What went wrong is told in the log" in value for value in stored)
    assert not planted.found_in(*stored, log.getvalue())
    assert re.search(
        r"job failed job=calls-\w+-salon\n(.*\n)*.*KeyError\n(.*\n)*.*ValueError", log.getvalue()
    )


def test_a_due_entry_and_a_page_that_fail(
    sidecar: Sidecar,
    bridge: Bridge,
    clock: Clock,
    planted: Planted,
    log: StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sidecar.recover.abandon", quoting(planted.everything))
    entry = DueEntry("abandon", "salon", "s1")
    sidecar.due.put({entry: sidecar.due.now() - timedelta(seconds=1)})
    clock.tick()
    monkeypatch.setattr(RedisStore, "begin", quoting(planted.everything))
    response = bridge.send(
        bridge.event("session.contact_given", planted.email, contact=planted.contact)
    )

    assert response.status_code == 500
    told = log.getvalue()
    assert "due entry failed" in told
    assert "ValueError" in told
    assert not planted.found_in(told, response.data, *everything_in(sidecar.redis))


def test_a_name_that_somebody_tries_to_log_in_with(
    sidecar: Sidecar, bridge: Bridge, planted: Planted, log: StringIO
) -> None:
    pages = []
    for _ in range(int(TRIES.split()[0]) + 1):
        pages.append(log_in(bridge.client, planted.email, "wrong").status_code)
        bridge.client.get("/api/v1/sites", auth=(planted.phone, "wrong"))

    assert pages[-1] == 429
    stored = everything_in(sidecar.redis)
    assert any(b":limits" in value for value in stored)
    assert not planted.found_in(*stored, log.getvalue())
