"""Redis is emptied, exchanged or put back to what it was: WordPress's outbox fills it again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidecar.domain.person import person_key
from sidecar.domain.recovery import Outcome
from tests.assembled import utc
from tests.faults.parts import Parts, standing
from tests.gates import Gate
from tests.ground.waiting import wait_until


@pytest.fixture
def parts() -> Iterator[Parts]:
    with standing() as parts:
        yield parts


@pytest.fixture
def lived(parts: Parts) -> Parts:
    """A sidecar that runs, and has written to Anna."""
    parts.up()
    parts.deliver(parts.leaves("anna"))
    parts.wait_for_sent("anna")
    parts.wait_for_end("anna")
    return parts


def test_an_emptied_redis_is_filled_again_while_the_sidecar_runs(lived: Parts, gate: Gate) -> None:
    _opts_out(lived, "ben@example.com")
    lived.deliver(lived.leaves("ben"), lived.leaves("carla"))

    lived.server.client.flushall()

    _only_carla_is_written_to(lived)
    gate(
        "Redis",
        "Redis emptied while everything runs",
        holds="filled from the outbox; nobody written to twice, or who opted out",
        figure=f"messages: {lived.memory.sent.total()} to 2 people, 1 opted out",
    )


def test_a_start_with_an_empty_redis_fills_it_first(lived: Parts, gate: Gate) -> None:
    _opts_out(lived, "ben@example.com")
    lived.deliver(lived.leaves("ben"), lived.leaves("carla"))
    lived.stop()
    lived.server.kill()
    lived.server.put_back(None)
    lived.server.start()

    lived.up()

    _only_carla_is_written_to(lived)
    gate(
        "Redis",
        "started with an empty Redis",
        holds="filled from the outbox; nobody written to twice, or who opted out",
        figure=f"messages: {lived.memory.sent.total()} to 2 people, 1 opted out",
    )


def test_a_redis_put_back_to_what_it_was_catches_up(
    lived: Parts, gate: Gate, tmp_path: Path
) -> None:
    lived.deliver(lived.leaves("ben"))  # whose message waits in what is saved
    wait_until(lambda: lived.recovery("ben"), what="his leaving")
    lived.server.save(tmp_path / "saved")
    lived.wait_for_sent("ben")
    lived.wait_for_end("ben")
    lived.deliver(lived.leaves("dora"))
    lived.wait_for_sent("dora")
    _opts_out(lived, "emil@example.com")
    lived.leaves("emil")
    lived.deliver(lived.leaves("carla"))

    lived.server.kill()
    lived.server.put_back(tmp_path / "saved")
    lived.server.start()

    lived.wait_for_sent("carla")
    for name in ("ben", "carla", "dora"):
        lived.wait_for_end(name)
    lived.wait_for_end("emil", Outcome.SKIPPED)
    assert lived.memory.sent == {f"{name}.1": 1 for name in ("anna", "ben", "carla", "dora")}
    gate(
        "Redis",
        "Redis put back to an earlier state while everything runs",
        holds="caught up from the outbox; nobody written to twice, or who opted out",
        figure=f"messages: {lived.memory.sent.total()} to 4 people, 1 opted out",
    )


def _opts_out(parts: Parts, email: str) -> None:
    """Opt out in WordPress, of which its event has been cleaned away already."""
    parts.memory.opted_out[person_key(email)] = utc(datetime.now(UTC))


def _only_carla_is_written_to(parts: Parts) -> None:
    parts.wait_for_sent("carla")
    for name in ("anna", "carla"):
        parts.wait_for_end(name)
    parts.wait_for_end("ben", Outcome.SKIPPED)
    assert parts.memory.sent == {"anna.1": 1, "carla.1": 1}
