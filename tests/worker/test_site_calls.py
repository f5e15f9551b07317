"""A site has few calls at a time; the others stand in line and hold no worker."""

from collections.abc import Callable
from datetime import timedelta

from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.site_calls import AT_A_TIME, Place, SiteCalls
from sidecar.domain.recovery import Outcome
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import Bridge
from tests.ground.waiting import wait_until
from tests.listening import Listener
from tests.worker.test_recovering import long_ago, outcome_of, visit


def entry(item: str, site: str = "salon") -> DueEntry:
    return DueEntry("recover", site, item)


def test_who_finds_no_place_stands_in_line_for_the_next(sidecar: Sidecar) -> None:
    first, second, third, fourth = (entry(item) for item in ("s1.1", "s2.1", "s3.1", "s4.1"))
    calls = sidecar.calls
    assert AT_A_TIME == 2

    places = {one: calls.enter(one) for one in (first, second, third, fourth)}

    assert places == {
        first: Place(first, is_own=True),
        second: Place(second, is_own=True),
        third: None,
        fourth: None,
    }
    assert calls.enter(entry("s9.1", "spa")), "another site has its own"
    assert calls.leave(Place(first, is_own=True)) == third
    assert calls.enter(third) == Place(third, is_own=True)
    assert calls.leave(Place(second, is_own=True)) == fourth
    assert calls.leave(Place(third, is_own=True)) is None


def test_a_call_that_is_queued_twice_gives_its_own_place_back_only(sidecar: Sidecar) -> None:
    first, second, third = (entry(item) for item in ("s1.1", "s2.1", "s3.1"))
    calls = sidecar.calls
    assert calls.enter(first)
    assert calls.enter(second)

    again = calls.enter(first)

    assert again == Place(first, is_own=False)
    assert calls.leave(again) is None
    assert calls.enter(third) is None, "both are still at work"


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
    places = [sidecar.calls.enter(other) for other in others]
    assert places[0]
    assert places[1]
    visit(bridge)
    for _ in range(2):
        clock.tick()
        work()
    assert wordpress.routes() == []
    assert outcome_of(sidecar) is Outcome.WAITING

    following = sidecar.calls.leave(places[0])
    assert following == entry("s1.1")
    sidecar.jobs.promote([following])
    work()

    assert wordpress.routes() == ["recoveries"]
    assert outcome_of(sidecar) is Outcome.SENT
    assert sidecar.calls.enter(entry("x3.1")), "the place is free again"


def test_whoever_ends_has_the_next_one_be_due(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
) -> None:
    place = sidecar.calls.enter(entry("x1.1"))
    assert place
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

    following = sidecar.calls.leave(place)
    assert following is not None
    sidecar.due.bring_to_now(following)

    def all_called() -> bool:
        clock.tick()
        work()
        return len(wordpress.calls) == 3

    wait_until(all_called, what="each to have brought on the next")
