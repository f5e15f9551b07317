"""Redis is nearly full, then full: nothing new is taken in, what runs goes on, all mends itself."""

import time
from datetime import timedelta
from typing import cast

from sidecar.adapters.redis_room import LOOK_EVERY
from sidecar.web.webhooks import FULL_PAUSE
from tests.faults.parts import Parts, standing
from tests.gates import Gate
from tests.ground.waiting import wait_until
from tests.listening import Call

NEARLY = 0.93
"""Less than full: what runs still writes a little."""


def test_a_full_redis_needs_room_and_nothing_else(gate: Gate) -> None:
    with standing() as parts:
        up = parts.up(lease=timedelta(seconds=6))
        _nearly_full(parts)
        _full(parts)
        assert up.running
        gate(
            "R10",
            f"Redis nearly full ({NEARLY:.0%}), then full (noeviction) before and during a call",
            holds="nothing new taken in, what runs goes on; all right by itself once there is room",
            figure=f"messages: {parts.memory.sent.total()} of 4, each once",
        )


def _nearly_full(parts: Parts) -> None:
    assert parts.deliver(parts.leaves("running")).status_code == 202
    event = parts.leaves("later")
    _limit(parts, 1 / NEARLY)
    time.sleep(LOOK_EVERY)  # until the web server looks again
    assert _refused(parts, event) == str(FULL_PAUSE)
    parts.wait_for_sent("running")
    parts.wait_for_end("running")
    _limit(parts, 0)
    wait_until(lambda: not _refused(parts, event), what="room to be noticed")
    parts.wait_for_end("later")


def _full(parts: Parts) -> None:
    """It fills up before one message is due, and while another is being handed over."""

    def fill(call: Call) -> None:
        if call.route == "recoveries" and call.body["session_id"] == "during":
            _limit(parts, 0.5)

    parts.memory.before = fill
    before = parts.leaves("before")
    assert parts.deliver(parts.leaves("during")).status_code == 202
    parts.wait_for_sent("during")
    assert _refused(parts, before)
    time.sleep(5)  # whatever wants to write meanwhile may not

    _limit(parts, 0)
    wait_until(lambda: not _refused(parts, before), what="room to be noticed")
    for name in ("during", "before"):
        parts.wait_for_end(name)
    assert parts.memory.sent == {f"{one}.1": 1 for one in ("running", "later", "during", "before")}
    assert parts.wordpress.routes().count("recoveries") == 4


def _limit(parts: Parts, times: float) -> None:
    """Give Redis so many times the memory that it uses; 0 takes the limit away."""
    told = cast("dict[str, int]", parts.server.client.info("memory"))
    parts.server.client.config_set("maxmemory", int(told["used_memory"] * times))


def _refused(parts: Parts, event: object) -> str | None:
    """For how long the web server asks to wait, if it takes nothing in."""
    answered = parts.deliver(event)
    return answered.headers["Retry-After"] if answered.status_code == 503 else None
