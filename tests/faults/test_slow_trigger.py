"""A workflow that takes a minute, as one does whose mail server hesitates."""

import time
from collections.abc import Iterator

import pytest

from sidecar.domain.recovery import Outcome
from tests.faults.parts import Parts, standing
from tests.gates import Gate
from tests.ground.waiting import wait_until
from tests.listening import Call

TAKES = 60.0


@pytest.fixture
def parts() -> Iterator[Parts]:
    with standing() as parts:
        parts.up()
        yield parts


def test_a_trigger_that_takes_a_minute_is_waited_for_and_made_once(
    parts: Parts, gate: Gate
) -> None:
    def hesitate(call: Call) -> None:
        if call.route == "recoveries" and call.body["session_id"] == "slow":
            time.sleep(TAKES)

    parts.memory.before = hesitate
    assert parts.deliver(parts.leaves("slow")).status_code == 202
    wait_until(lambda: "recoveries" in parts.wordpress.routes(), what="the call")
    begun = time.monotonic()
    assert parts.deliver(parts.leaves("quick")).status_code == 202
    parts.wait_for_end("quick")
    quick = time.monotonic() - begun
    parts.wait_for_end("slow", Outcome.SENT)

    assert quick < TAKES / 2
    calls = [
        call.body["session_id"] for call in parts.wordpress.calls if call.route == "recoveries"
    ]
    assert sorted(calls) == ["quick", "slow"]
    assert "recoveries/lookup" not in parts.wordpress.routes()
    gate(
        "R9",
        f"a trigger takes {TAKES:.0f} s",
        holds="waited for, made once; the site's next message goes out beside it",
        figure=f"{calls.count('slow')} call; the next message out after {quick:.1f} s",
    )
