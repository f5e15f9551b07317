"""What is damaged in Redis is set aside or dropped, counted and shown; all others go on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar import people
from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_deeds import Deed
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import QUEUE, job_id_of, queue
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import Session, State
from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from tests.assembled import Bridge, assembled, statuses, work_off
from tests.cli.commands import booking_recovery
from tests.faults.parts import Remembering
from tests.gates import Gate
from tests.ground.waiting import wait_until
from tests.listening import Listener, listening

AT_ONCE = """
abandon_after = "1s"
messages = ["1s"]
"""
GOOD = "good"
GARBAGE = b"\xff\xfe damaged"


@pytest.fixture(name="wordpress")
def _wordpress() -> Iterator[Listener]:
    with listening() as listener:
        listener.answer = Remembering().answer
        yield listener


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=AT_ONCE)
    jobs.work_for(sidecar)
    return sidecar


@pytest.fixture(name="bridge")
def _bridge(sidecar: Sidecar, wordpress: Listener) -> Bridge:
    return Bridge(sidecar, home_url=wordpress.url)


def leaves(bridge: Bridge, *names: str) -> None:
    for name in names:
        contact = {"email": f"{name}@example.com"}
        told = bridge.send(bridge.event("session.contact_given", name, contact=contact))
        assert statuses(told) == ["applied"]


def session_of(sidecar: Sidecar, name: str) -> Session | None:
    return sidecar.store.begin("salon").session(name)


def outcome_of(sidecar: Sidecar, name: str) -> Outcome | None:
    session = session_of(sidecar, name)
    return session.recoveries[0].outcome if session and session.recoveries else None


def goes_on_until_sent(sidecar: Sidecar, *names: str) -> None:
    """Have clock and workers work as they do, until these had their message."""
    goes_on_until(
        sidecar,
        lambda: all(outcome_of(sidecar, name) is Outcome.SENT for name in names),
        what="the messages of all others",
    )


def goes_on_until(sidecar: Sidecar, seen: Callable[[], bool], *, what: str) -> None:
    clock = Clock(sidecar)

    def look() -> bool:
        clock.tick()
        work_off(sidecar.redis)
        return seen()

    wait_until(look, what=what)


def not_understood(sidecar: Sidecar) -> dict[str, int]:
    return {
        what[0]: n
        for (name, *what), n in sidecar.counts.read().items()
        if name == "not_understood"
    }


def test_sessions_of_any_damage_are_set_aside(
    bridge: Bridge, sidecar: Sidecar, gate: Gate
) -> None:
    leaves(bridge, "cut", "strange", "list", GOOD)
    redis = sidecar.redis
    stored = redis.get(keys.session("salon", "cut"))
    assert isinstance(stored, bytes)
    redis.set(keys.session("salon", "cut"), stored[:-20])
    redis.set(keys.session("salon", "strange"), GARBAGE)
    redis.delete(keys.session("salon", "list"))
    redis.rpush(keys.session("salon", "list"), "no session")

    goes_on_until_sent(sidecar, GOOD)

    assert sidecar.store.count_unreadable("salon") == 2
    leaves(bridge, "list", "cut")
    assert not_understood(sidecar) == {"key": 1}
    goes_on_until_sent(sidecar, GOOD, "list", "cut")
    gate(
        "R8",
        "sessions that are cut, strange, of another type",
        holds="set aside, counted; others go on",
        figure="3 set aside, others sent",
    )


@pytest.mark.parametrize("damage", ["no data", "unknown status", "wrong type", "no job at all"])
@pytest.mark.parametrize("when", ["delayed", "queued"])
def test_a_corrupt_job_stops_neither_clock_nor_worker(
    bridge: Bridge, sidecar: Sidecar, damage: str, when: str
) -> None:
    leaves(bridge, "bad", GOOD)
    clock, entry = Clock(sidecar), DueEntry("recover", "salon", "bad.1")
    wait_until(lambda: (clock.tick(), sidecar.due.due_at(entry))[1], what="the delayed job")
    job_id = job_id_of(entry)
    if when == "queued":
        sidecar.jobs.promote(sidecar.calls.stand([entry]))
        (job_id,) = queue(sidecar.redis).job_ids
    name = f"rq:job:{job_id}"
    match damage:
        case "no data":
            sidecar.redis.hdel(name, "data")
        case "unknown status":
            sidecar.redis.hset(name, "status", "nonsense")
        case "wrong type":
            sidecar.redis.delete(name)
            sidecar.redis.rpush(name, "nonsense")
        case _:
            sidecar.redis.delete(name)
    sidecar.redis.sadd(keys.CHANGED_RECOVERIES, entry.member)

    goes_on_until_sent(sidecar, GOOD, *(["bad"] if when == "delayed" else []))
    sidecar.due.put({entry: sidecar.due.now()})  # as when its lease is over
    goes_on_until_sent(sidecar, GOOD, "bad")

    assert sidecar.redis.llen(f"rq:queue:{QUEUE}") == 0


def test_due_entries_that_nobody_understands_are_dropped_or_put_off(
    bridge: Bridge, sidecar: Sidecar, gate: Gate
) -> None:
    leaves(bridge, GOOD)
    strange = ["recover:stranger:s1.1", "later-kind:salon:s1"]
    members: list[Any] = ["nonsense", GARBAGE, "a:b:c:d", *strange]
    for member in members:
        sidecar.redis.zadd(keys.DUE, {member: 1})
        sidecar.redis.sadd(keys.CHANGED_RECOVERIES, member)

    goes_on_until_sent(sidecar, GOOD)

    assert all(sidecar.redis.zscore(keys.DUE, member) is None for member in ("nonsense", GARBAGE))
    for name in strange:
        at = sidecar.due.due_at(DueEntry.parse(name))
        assert at is not None
        assert at > sidecar.due.now()
    assert not_understood(sidecar) == {"due": 6, "kind": 2}
    gate(
        "R8",
        "due entries that are none, of an unknown kind or site; corrupt RQ jobs (4 kinds)",
        holds="dropped or put off, counted; others go on",
        figure="all others sent",
    )


def test_a_damaged_record_of_a_site_begins_anew(bridge: Bridge, sidecar: Sidecar) -> None:
    leaves(bridge, "first")
    goes_on_until_sent(sidecar, "first")
    sidecar.redis.set(keys.site("salon"), GARBAGE)

    leaves(bridge, GOOD)
    assert not sidecar.store.begin("salon").record().refilled
    goes_on_until_sent(sidecar, GOOD)

    assert sidecar.store.begin("salon").record().refilled
    assert sidecar.store.count_unreadable("salon") == 1


def test_damaged_links_bookings_and_wishes_stop_nobody(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener
) -> None:
    leaves(bridge, GOOD)
    goes_on_until_sent(sidecar, GOOD)
    token = next(
        call.body["resume_token"] for call in wordpress.calls if call.route == "recoveries"
    )
    _damage(sidecar, "link:salon:*")
    assert statuses(bridge.send(bridge.event("session.returned", "s9", token=token))) == [
        "applied"
    ]

    booking = {"key": "1001", "created_at": "2026-11-22T15:00:00Z", "appointments": []}
    sent = bridge.send(bridge.event("booking.created", "s9", booking=booking))
    _damage(sidecar, "booking:salon:*")
    again = bridge.send(bridge.event("booking.confirmed", "s9", booking=booking))
    assert sent.status_code == again.status_code == 202

    site = sidecar.config.sites["salon"]
    for name in ("wish", GOOD):
        people.opt_out(
            sidecar.store,
            site,
            email=f"{name}@example.com",
            phone=None,
            via="t",
            now=sidecar.due.now(),
        )
    _damage(sidecar, "request:salon:*", at_most=1)
    goes_on_until(sidecar, lambda: "contacts" in wordpress.routes(), what="the other wish")
    assert sidecar.store.count_unreadable("salon") >= 2


def test_who_opted_out_stays_so_though_nobody_can_read_since_when(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener
) -> None:
    bridge.send(bridge.event("contact.opted_out", None, email="bad@example.com", via="link"))
    for field in sidecar.redis.hkeys(keys.suppressed("salon")):
        sidecar.redis.hset(keys.suppressed("salon"), field, GARBAGE)
    leaves(bridge, "bad", GOOD)

    goes_on_until_sent(sidecar, GOOD)

    session = session_of(sidecar, "bad")
    assert session is not None
    assert session.recoveries[0].reason == Reason.OPTED_OUT
    assert sidecar.store.count_unreadable("salon") == 1
    assert [call.body["session_id"] for call in wordpress.calls if call.route == "recoveries"] == [
        GOOD
    ]


def test_damaged_counts_stop_nothing_and_leave_nothing_half_written(
    bridge: Bridge, sidecar: Sidecar, tmp_path: Path
) -> None:
    leaves(bridge, "first")
    for name in list(sidecar.redis.scan_iter("*:tally:salon:*")):
        for what in sidecar.redis.hkeys(name):
            sidecar.redis.hset(name, what, "many")
    sidecar.redis.hset(keys.COUNTS, "events:salon:applied", "many")
    sidecar.redis.set(keys.sessions_in("salon", State.ACTIVE), "no list")
    sidecar.redis.hset(keys.notes("salon"), "status", "{")
    sidecar.redis.zadd(keys.quarantine("salon"), {GARBAGE: 1})
    done = Deed(at=sidecar.due.now(), by="desk", role="support", what="status.forget")
    sidecar.deeds.note("salon", done)
    sidecar.redis.lpush(keys.deeds("salon"), GARBAGE)
    sidecar.redis.set(keys.followed_visit("salon"), GARBAGE)
    sidecar.redis.set(keys.session("salon", GOOD), GARBAGE)

    leaves(bridge, GOOD)
    goes_on_until_sent(sidecar, GOOD, "first")

    found = not_understood(sidecar)
    assert found["count"] >= 1
    assert found["key"] == 1
    sidecar.tallies.recount("salon")
    assert sidecar.tallies.recount("salon") == {}
    assert sidecar.notes.read("salon").status is None
    assert sidecar.deeds.latest("salon", 9) == [done]
    assert sidecar.visits.read("salon") is None
    assert sidecar.store.quarantined("salon") == []
    assert sidecar.store.count_unreadable("salon") == 1
    _is_shown(bridge, tmp_path)


def _is_shown(bridge: Bridge, folder: Path) -> None:
    metrics = bridge.client.get("/metrics").text
    assert 'booking_recovery_unreadable_records{site="salon"} 1.0' in metrics
    assert 'booking_recovery_not_understood_total{what="key"} 1.0' in metrics
    checked = booking_recovery(folder, "check").stdout
    assert "dropped or put aside" in checked


def _damage(sidecar: Sidecar, pattern: str, at_most: int = 99) -> None:
    found = list(sidecar.redis.scan_iter(f"booking-recovery:{{0}}:{pattern}"))
    assert found
    for name in found[:at_most]:
        sidecar.redis.set(name, GARBAGE)
