"""A site has few calls at a time; the others stand in line and hold no worker."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import FUNCTIONS, QUEUE, OurJob, queue
from sidecar.adapters.site_calls import AT_A_TIME, CALLS, Place, SiteCalls
from sidecar.domain.recovery import Outcome
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import Bridge
from tests.ground.waiting import wait_until
from tests.listening import Listener
from tests.worker.test_recovering import long_ago, outcome_of, visit


def entry(item: str, site: str = "salon") -> DueEntry:
    return DueEntry("recover", site, item)


@pytest.fixture(name="calls")
def _calls(sidecar: Sidecar) -> SiteCalls:
    return sidecar.calls


def test_who_finds_no_place_stands_in_line_for_the_next(calls: SiteCalls) -> None:
    first, second, third, fourth = (entry(item) for item in ("s1.1", "s2.1", "s3.1", "s4.1"))
    assert AT_A_TIME == 2
    calls.stand([first])
    calls.stand([second, third, fourth])
    calls.stand([entry("s9.1", "spa")])

    assert calls.take("salon") == Place(first, is_own=True)
    place = calls.take("salon")
    assert place == Place(second, is_own=True)
    assert calls.take("salon") is None
    assert calls.take("spa"), "another site has its own"
    assert calls.take("salon", after=place) == Place(third, is_own=True)
    assert calls.leave(Place(first, is_own=True)) == fourth
    assert calls.take("salon") == Place(fourth, is_own=True)
    assert calls.leave(Place(third, is_own=True)) is None


def test_as_many_workers_are_called_as_there_are_places_and_calls(calls: SiteCalls) -> None:
    assert [one.kind for one in calls.stand([entry("s1.1")])] == [CALLS]
    assert calls.stand([entry("s1.1")]) == [], "one that was called is waited for"
    (second,) = calls.stand([entry(f"s{number}.1") for number in range(2, 9)])
    assert calls.stand([entry("s9.1")]) == []
    assert calls.stand([entry("s1.1", "spa"), entry("s2.1", "spa")]), "another site has its own"

    assert calls.take("salon", worker=second.item), "it has come"
    assert calls.stand([entry("s10.1")]) == [], "one is at work, another is waited for"


def test_no_worker_is_called_where_those_at_work_take_the_next(calls: SiteCalls) -> None:
    workers = calls.stand([entry("s1.1"), entry("s2.1")])
    places = [calls.take("salon", worker=worker.item) for worker in workers]

    assert calls.stand([entry("s3.1")]) == []
    assert calls.take("salon", after=places[0]) == Place(entry("s3.1"), is_own=True)
    assert calls.take("salon", after=places[1]) is None
    assert len(calls.stand([entry("s4.1")])) == 1


def test_a_worker_that_does_not_come_is_not_waited_for_long(
    calls: SiteCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.adapters.site_calls.WAITED_FOR", timedelta(milliseconds=1))
    calls.stand([entry("s1.1")])

    wait_until(lambda: calls.stand([entry("s1.1")]), what="another to be called")


def test_a_call_that_is_in_line_twice_gives_its_own_place_back_only(calls: SiteCalls) -> None:
    first, third = entry("s1.1"), entry("s3.1")
    both_places_taken(calls, "s1.1", "s2.1")
    assert len(calls.stand([first, third])) == 1, "whoever looks after the first needs no place"

    again = calls.take("salon")

    assert again == Place(first, is_own=False)
    assert calls.leave(again) == third
    assert calls.take("salon", after=again) is None, "both are still at work"


def test_the_place_of_a_dead_worker_is_free_again(sidecar: Sidecar, calls: SiteCalls) -> None:
    hasty = SiteCalls(sidecar.redis, timedelta(milliseconds=1))
    hasty.stand([entry("s1.1"), entry("s2.1")])
    assert hasty.take("salon")
    assert hasty.take("salon")

    def is_free() -> bool:
        calls.stand([entry("s3.1")])
        return bool(calls.take("salon"))

    wait_until(is_free, what="a millisecond to pass")


def test_a_line_that_makes_no_sense_is_begun_anew(sidecar: Sidecar, calls: SiteCalls) -> None:
    sidecar.redis.set(keys.calls_in_line("salon"), "no line")

    assert [one.site for one in calls.stand([entry("s1.1"), entry("s1.1", "spa")])] == ["spa"]
    assert [one.site for one in calls.stand([entry("s1.1")])] == ["salon"]


def test_who_makes_no_sense_holds_up_nobody_in_line(sidecar: Sidecar, calls: SiteCalls) -> None:
    for member in (b"nonsense", b"\xff"):
        sidecar.redis.zadd(keys.calls_in_line("salon"), {member: 0})
    calls.stand([entry("s1.1")])

    assert calls.leave(Place(entry("x1.1"), is_own=True)) == entry("s1.1")
    assert calls.take("salon") == Place(entry("s1.1"), is_own=True)
    assert sidecar.redis.zrange(keys.calls("salon"), 0, -1) == [entry("s1.1").member.encode()]


def test_a_recovery_waits_while_its_site_has_calls_enough_and_then_goes_out(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
) -> None:
    place, _ = both_places_taken(sidecar.calls, "x1.1", "x2.1")
    visit(bridge)
    for _ in range(2):
        clock.tick()
        work()
    assert wordpress.routes() == []
    assert outcome_of(sidecar) is Outcome.WAITING

    following = sidecar.calls.leave(place)
    assert following == entry("s1.1")
    sidecar.due.bring_to_now(following)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries"]
    assert outcome_of(sidecar) is Outcome.SENT
    assert taken(sidecar.calls, "x3.1"), "the place is free again"


def test_one_worker_makes_all_calls_of_a_site_one_after_another(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
) -> None:
    taken(sidecar.calls, "x1.1")
    leave_three(bridge)
    for _ in range(2):
        clock.tick()
    assert sidecar.redis.llen(f"rq:queue:{QUEUE}") == 1

    work()

    assert wordpress.routes() == ["recoveries"] * 3
    assert clock.tick() is False
    assert sidecar.redis.keys("rq:job:*") == []


def test_a_worker_that_is_at_it_goes_on_with_the_next_sites_in_the_queue(
    sidecar: Sidecar, work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    perform = OurJob.perform

    def noting(job: OurJob) -> object:
        begun.append(job.id)
        return perform(job)

    monkeypatch.setattr(OurJob, "perform", noting)
    waiting = [entry("s1.1"), entry("s1.1", "spa"), entry("s2.1", "spa")]
    sidecar.jobs.promote(sidecar.calls.stand(waiting))
    for one in waiting:
        sidecar.due.put({one: sidecar.due.now()})

    work()

    assert len(begun) == 1
    assert [sidecar.due.due_at(one) for one in waiting] == [None] * 3, "there is no such message"
    assert sidecar.redis.keys("rq:job:*") == []


def test_no_other_job_is_taken_in_the_place_of_a_call(sidecar: Sidecar) -> None:
    called, status = DueEntry(CALLS, "a-b", "0123"), DueEntry("status", "salon", "salon")
    for one in (called, status):
        sidecar.jobs.promote([one])

    assert sidecar.jobs.next_call() == called
    assert sidecar.jobs.next_call() is None
    (left,) = queue(sidecar.redis).jobs
    assert left.func_name == FUNCTIONS["status"]


def test_who_stops_when_its_turn_is_over_has_another_be_called(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sidecar.worker.jobs.TURN", timedelta(0))
    taken(sidecar.calls, "x1.1")
    leave_three(bridge)
    clock.tick()
    for calls in (1, 2, 3):
        clock.tick()
        work()
        assert len(wordpress.calls) == calls


def test_a_call_that_fails_has_the_next_one_be_due(
    bridge: Bridge,
    clock: Clock,
    work: Callable[[], None],
    wordpress: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_three(bridge)
    clock.tick()
    clock.tick()
    with monkeypatch.context() as patched:
        patched.delattr("sidecar.recover.send")
        work()
    assert wordpress.calls == []

    clock.tick()
    work()

    assert "s3" in [call.body["session_id"] for call in wordpress.calls]


def both_places_taken(calls: SiteCalls, one: str, other: str) -> tuple[Place, Place]:
    return taken(calls, one), taken(calls, other)


def taken(calls: SiteCalls, item: str) -> Place:
    """Have a worker come, and make a call that does not end."""
    (worker,) = calls.stand([entry(item)])
    place = calls.take("salon", worker=worker.item)
    assert place == Place(entry(item), is_own=True)
    return place


def leave_three(bridge: Bridge) -> None:
    for number in (1, 2, 3):
        bridge.send(
            bridge.event(
                "session.contact_given",
                f"s{number}",
                contact={"email": f"anna{number}@example.com"},
            )
            | long_ago()
        )
