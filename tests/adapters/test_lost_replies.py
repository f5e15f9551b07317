"""A command whose reply is lost is sent again, and has done its work once."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnectionError

from sidecar.adapters.redis_deeds import Deed
from sidecar.wiring import Sidecar
from tests.assembled import assembled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 13, tzinfo=UTC)

Lose = Callable[[int], None]


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Return what cuts a connection when it has read so many replies more, the last unseen."""
    read = AbstractConnection.read_response

    def lose_after(number: int) -> None:
        left = [number]

        def read_or_lose(self: AbstractConnection, *args: Any, **named: Any) -> Any:
            reply = read(self, *args, **named)
            left[0] -= 1
            if left[0] == 0:
                self.disconnect()  # type: ignore[no-untyped-call]  # redis leaves it untyped
                raise NoConnectionError("the reply was lost")
            return reply

        monkeypatch.setattr(AbstractConnection, "read_response", read_or_lose)

    return lose_after


def test_what_happened_once_is_counted_once(sidecar: Sidecar, lose: Lose) -> None:
    sidecar.counts.add("callbacks", "salon", "status", "answered")
    lose(1)

    sidecar.counts.add("callbacks", "salon", "status", "answered")

    assert sidecar.counts.read() == {("callbacks", "salon", "status", "answered"): 2}


def test_a_call_that_failed_once_is_counted_once(sidecar: Sidecar, lose: Lose) -> None:
    sidecar.notes.failed("salon", "WordPress answered 500", NOON)
    lose(1)

    assert sidecar.notes.failed("salon", "WordPress answered 500", LATER) == 2
    assert sidecar.notes.read("salon").failing_since == NOON


def test_what_somebody_did_once_is_listed_once(sidecar: Sidecar, lose: Lose) -> None:
    deed = Deed(at=NOON, by="desk", role="support", what="pause")
    sidecar.deeds.note("salon", deed)
    lose(4)  # the last but one, or the last, of a transaction

    sidecar.deeds.note("salon", Deed(at=LATER, by="desk", role="support", what="pause"))

    assert [one.at for one in sidecar.deeds.latest("salon", 10)] == [LATER, NOON]
