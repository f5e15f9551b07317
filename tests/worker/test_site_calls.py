"""A site has few calls at a time; the others stand in line and hold no worker."""

from collections.abc import Callable
from datetime import timedelta

from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.site_calls import AT_A_TIME, SiteCalls
from sidecar.domain.recovery import Outcome
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import Bridge
from tests.listening import Listener
from tests.worker.test_recovering import long_ago, outcome_of, visit


def entry(item: str, site: str = "salon") -> DueEntry:
    return DueEntry("recover", site, item)


def test_who_finds_no_place_stands_in_line_for_the_next(sidecar: Sidecar) -> None:
    first, second, third, fourth = (entry(item) for item in ("s1.1", "s2.1", "s3.1", "s4.1"))
    calls = sidecar.calls
    assert AT_A_TIME == 2

    assert [calls.enter(one) for one in (first, second, third, fourth)] == [
        True,
        True,
        False,
        False,
    ]
    assert calls.enter(first), "who has a place keeps it"
    assert calls.enter(entry("s9.1", "spa")), "another site has its own"

    assert calls.leave(first) == third
    assert calls.enter(third)
    assert calls.leave(second) == fourth
    assert calls.leave(third) is None


def test_the_place_of_a_dead_worker_is_free_again(sidecar: Sidecar) -> None:
    hasty = SiteCalls(sidecar.redis, timedelta(milliseconds=1))
    for item in ("s1.1", "s2.1"):
        hasty.enter(entry(item))

    while not sidecar.calls.enter(entry("s3.1")):
        pass  # a millisecond passes by itself


def test_a_recovery_waits_while_its_site_has_calls_enough_and_then_goes_out(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
) -> None:
    others = [entry("x1.1"), entry("x2.1")]
    assert all(map(sidecar.calls.enter, others))
    visit(bridge)
    for _ in range(2):
        clock.tick()
        work()
    assert wordpress.routes() == []
    assert outcome_of(sidecar) is Outcome.WAITING

    following = sidecar.calls.leave(others[0])
    assert following == entry("s1.1")
    sidecar.jobs.promote([following])
    work()

    assert wordpress.routes() == ["recoveries"]
    assert outcome_of(sidecar) is Outcome.SENT
    assert sidecar.calls.enter(entry("x3.1")), "the place is free again"


def test_whoever_ends_has_the_next_one_queued(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
) -> None:
    assert sidecar.calls.enter(entry("x1.1"))
    assert sidecar.calls.enter(entry("x2.1"))
    for number in (1, 2, 3):
        bridge.send(
            bridge.event(
                "session.contact_given",
                f"s{number}",
                contact={"email": f"anna{number}@example.com"},
            )
            | long_ago()
        )
    for _ in range(2):
        clock.tick()
        work()
    assert wordpress.routes() == []

    following = sidecar.calls.leave(entry("x1.1"))
    assert following is not None
    sidecar.jobs.promote([following])
    work()

    assert len(wordpress.calls) == 3
