"""Who is forgotten is gone from everywhere, by whatever way it was asked for; the counts stay."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sidecar import people, recover, retention
from sidecar.adapters import redis_keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import State
from sidecar.domain.tally import By
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import PASSWORDS, Bridge, utc
from tests.listening import Call, Listener, Reply
from tests.worker.test_recovering import (
    ANNA,
    Work,
    book,
    long_ago,
    make_due,
    outcome_of,
    session_of,
    visit,
)

PHONE = "+491701234567"
SITE = "salon"


def give(bridge: Bridge, session: str, **contact: str) -> dict[str, Any]:
    return bridge.event("session.contact_given", session, contact=contact) | long_ago()


def by_command(bridge: Bridge) -> None:
    sidecar = bridge.sidecar
    site, now = sidecar.config.sites[SITE], sidecar.due.now()
    people.forget(sidecar.store, site, email=ANNA["email"], phone=None, now=now)


def by_event(bridge: Bridge) -> None:
    bridge.send(bridge.event("contact.forgotten", None, email=ANNA["email"]))


def by_program(bridge: Bridge) -> None:
    answer = bridge.client.post(
        "/api/v1/sites/salon/contacts",
        json={"op": "forget", "email": ANNA["email"]},
        auth=("desk", PASSWORDS["desk"]),
        headers={"X-Requested-With": "booking-recovery"},
    )
    assert answer.status_code == 200, answer.text


ways = pytest.mark.parametrize("forget", [by_command, by_event, by_program])
Forget = Callable[[Bridge], None]


def names_of(sidecar: Sidecar, *kinds: str) -> list[bytes]:
    return [n for kind in kinds for n in sidecar.redis.scan_iter(f"*:{kind}:salon:*")]


def set_aside(bridge: Bridge, session: str) -> None:
    """Damage a session, and have somebody come upon it."""
    sidecar = bridge.sidecar
    name = redis_keys.session(SITE, session)
    stored = sidecar.redis.get(name)
    assert isinstance(stored, bytes)
    sidecar.redis.set(name, stored[:-1] + bytes([stored[-1] ^ 1]))
    recover.close(sidecar.store, sidecar.config.sites[SITE], session, sidecar.due.now())
    assert sidecar.redis.hexists(redis_keys.unreadable(SITE), session)


def counted(sidecar: Sidecar) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    days = timedelta(days=9)
    return {by: sidecar.tallies.read(SITE, by, today - days, today + days) for by in By}


@ways
def test_who_is_forgotten_is_nowhere_by_any_of_their_addresses_and_numbers(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener, forget: Forget
) -> None:
    site = sidecar.config.sites[SITE]
    bridge.send(give(bridge, "both", **ANNA, phone=PHONE))
    bridge.send(give(bridge, "by-phone", phone=PHONE, first_name="Anna"))
    bridge.send(give(bridge, "damaged", email=ANNA["email"]))
    bridge.send(*(give(bridge, f"many{n}", email=ANNA["email"]) for n in range(30)))
    bridge.send(give(bridge, "other", email="berta@example.com"))
    made = book(bridge, "s1")
    bridge.send({**made, "session_id": None, "data": {**made["data"], "contact": ANNA}})
    for wrong in ("(0)170 123 45 67 only", " 0170/1234567", "Anna.Marker@Example.com, me"):
        bridge.send(give(bridge, "elsewhere", email=wrong))
    bridge.send(bridge.event("session.jumped", "by-phone", who="a"))
    bridge.send(bridge.event("session.jumped", "other", who="b"))
    set_aside(bridge, "damaged")
    wordpress.answer = lambda _: Reply(503)
    for change in (people.opt_out, people.allow):
        change(sidecar.store, site, email=None, phone=PHONE, via="desk", now=sidecar.due.now())
    sidecar.tallies.recount(SITE)  # the damaged one counts no more
    before = counted(sidecar)

    forget(bridge)

    sessions = sidecar.store.latest_sessions(SITE, limit=99)
    assert {s.id for s in sessions if s.contact} == {"other"}
    offsite = sidecar.store.begin(SITE).session("offsite-pay1")
    assert offsite is not None
    assert offsite.contact is None
    assert not sidecar.redis.hexists(redis_keys.unreadable(SITE), "damaged")
    assert [kept.event["data"]["who"] for kept in sidecar.store.quarantined(SITE)] == ["b"]  # type: ignore[index]  # as sent above
    berta = sidecar.store.begin(SITE).person("berta@example.com")
    assert names_of(sidecar, "person") == [redis_keys.person(SITE, berta).encode()]
    known = sidecar.store.begin(SITE)
    for identifier in (ANNA["email"], PHONE):
        wish = known.suppression([known.person(identifier)])
        assert wish is not None
        assert wish.reason is Reason.FORGOTTEN
    assert known.suppression([berta]) is None
    # What is under way to WordPress is this wish alone: an older one would undo it there.
    [under_way] = names_of(sidecar, "request")
    request = known.request(under_way.decode().rsplit(":", 1)[1])
    assert request is not None
    assert (request.op, request.email, request.phone) == ("forget", ANNA["email"], PHONE)
    assert counted(sidecar) == before
    assert sidecar.tallies.recount(SITE) == {}

    wordpress.answer = lambda _: Reply(body={"outcome": "done", "rows": 1})
    now_due = sidecar.due.now() - timedelta(seconds=1)
    sidecar.due.put({DueEntry("contact", SITE, request.id): now_due})
    while clock.tick():
        pass  # there is much that is due
    work()

    assert names_of(sidecar, "request") == []
    assert sidecar.redis.exists(redis_keys.wishes(SITE)) == 0
    assert wordpress.calls[-1].body["op"] == "forget"


def test_a_quarantined_event_goes_also_if_it_came_along_with_the_wish(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    bridge.send(
        give(bridge, "s1", **ANNA, phone="none"),
        bridge.event("contact.forgotten", None, email=ANNA["email"]),
    )

    assert sidecar.store.quarantined(SITE) == []


def test_forgetting_at_one_site_leaves_the_other_alone(bridge: Bridge, sidecar: Sidecar) -> None:
    spa = Bridge(sidecar, site="spa", home_url="https://spa.example")
    spa.send(spa.check_in(spa.home_url), give(spa, "s1", **ANNA))
    bridge.send(give(bridge, "s1", **ANNA))

    by_event(bridge)

    assert session_of(sidecar).contact is None
    [there] = sidecar.store.sessions_of("spa", email=ANNA["email"])
    assert there.contact is not None
    elsewhere = sidecar.store.begin("spa")
    assert elsewhere.suppression([elsewhere.person(ANNA["email"])]) is None


def test_who_is_forgotten_while_a_message_of_theirs_is_being_handed_over_gets_it_at_most_once(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)

    def forgets_meanwhile(_: Call) -> Reply:
        by_event(bridge)
        return Reply(504)

    wordpress.answer = forgets_meanwhile
    clock.tick()
    clock.tick()
    work()
    assert outcome_of(sidecar) is Outcome.HANDING_OVER

    wordpress.answer = lambda call: Reply(body={"outcome": "withdrawn", **call.body})
    make_due(sidecar)
    clock.tick()
    work()

    asked = [call.body for call in wordpress.calls if call.route == "recoveries/lookup"]
    assert [(call["recovery_id"], call["close"]) for call in asked] == [("s1.1", True)]
    assert [call.route for call in wordpress.calls].count("recoveries") == 1
    session = session_of(sidecar)
    assert session.contact is None
    assert session.recoveries[0].outcome is Outcome.WITHDRAWN


def test_the_link_of_a_message_leads_nowhere_any_more(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    token = wordpress.calls[-1].body["resume_token"]
    assert sidecar.store.begin(SITE).recovery_of(token) == "s1.1"

    by_event(bridge)

    assert sidecar.store.begin(SITE).recovery_of(token) is None
    assert names_of(sidecar, "link") == []


def test_what_wordpress_sends_before_it_has_heard_is_erased_when_it_has(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(503)
    by_command(bridge)
    clock.tick()
    work()
    bridge.send(give(bridge, "late", **ANNA))
    now = utc(datetime.now(UTC) + timedelta(seconds=1))
    bridge.send(give(bridge, "new", **ANNA) | {"occurred_at": now})
    assert session_of(sidecar, "late").contact is not None

    wordpress.answer = lambda _: Reply(body={"outcome": "done", "rows": 1})
    [name] = names_of(sidecar, "request")
    entry = DueEntry("contact", SITE, name.decode().rsplit(":", 1)[1])
    sidecar.due.put({entry: sidecar.due.now() - timedelta(seconds=1)})
    clock.tick()
    work()

    assert sidecar.due.due_at(entry) is None
    assert session_of(sidecar, "late").contact is None
    # Who came back after the wish has begun anew, and is still not written to.
    assert session_of(sidecar, "new").contact is not None


def test_a_wish_that_a_later_one_has_replaced_does_not_come_back(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    site, now = sidecar.config.sites[SITE], sidecar.due.now()
    people.opt_out(sidecar.store, site, email=ANNA["email"], phone=None, via="desk", now=now)

    def forgets_meanwhile(call: Call) -> Reply:
        if call.body["op"] == "opt_out":
            by_command(bridge)
        return Reply(503)

    wordpress.answer = forgets_meanwhile
    clock.tick()
    work()

    under_way = [name.decode().rsplit(":", 1)[1] for name in names_of(sidecar, "request")]
    requests = [sidecar.store.begin(SITE).request(one) for one in under_way]
    assert [request.op for request in requests if request] == ["forget"]


def test_the_words_of_wordpress_are_kept_without_whom_they_quote(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    told = f"SMTP: no such user <{ANNA['email'].upper()}> (ANNA), try +49 (170) 1234567"
    wordpress.answer = lambda call: Reply(body={"outcome": "failed", "error": told, **call.body})
    visit(bridge)
    clock.tick()
    clock.tick()
    work()

    session = session_of(sidecar)
    assert session.recoveries[0].reason == "SMTP: no such user <…> (…), try …"
    assert "anna" not in str(session.timeline).lower()


def look(clock: Clock) -> None:
    clock.look_at_retention()
    for _ in range(2):
        time.sleep(0.002)  # what is due now may be due in this millisecond only when it is over
        clock.tick()


def test_a_retention_that_becomes_shorter_counts_for_all_visits(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_since = utc(datetime.now(UTC) - timedelta(days=40))
    for n in range(30):
        bridge.send(give(bridge, f"s{n}", **ANNA) | {"occurred_at": long_since})
    bridge.send(book(bridge, "fresh"), give(bridge, "fresh", **ANNA))
    for _ in range(3):
        clock.tick()
        work()
    look(clock)
    assert all(session_of(sidecar, f"s{n}").contact for n in range(30))
    assert sidecar.store.begin(SITE).record().retention == Policy().retention
    before = counted(sidecar)

    bridge.send(
        bridge.event("site.settings_saved", None, settings={"retention": "30d"}, revision=9)
    )
    look(clock)

    assert sidecar.store.count_sessions(SITE) == 1
    assert session_of(sidecar, "fresh").contact is not None
    assert counted(sidecar) == before
    assert sidecar.tallies.recount(SITE) == {}
    # Nothing is brought forward twice: the next look finds nothing to do.
    monkeypatch.setattr(sidecar.due, "bring_forward", None)
    look(clock)


def test_whose_retention_is_over_is_found_in_the_lists(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    bridge.send(bridge.event("session.started", "s1") | long_ago())
    bridge.send(give(bridge, "booked", **ANNA), book(bridge, "booked"))
    for _ in range(3):
        clock.tick()
        work()
    bridge.send(bridge.event("session.started", "open"))
    assert session_of(sidecar, "s1").state is State.LOST
    entries = {name: DueEntry("erase", SITE, name) for name in ("s1", "booked", "open")}
    later = sidecar.due.now() + timedelta(days=91)
    until_its_appointment = later.replace(microsecond=0) + timedelta(days=9)
    sidecar.due.put({entries["booked"]: until_its_appointment})

    sidecar.store.find_kept_too_long(SITE, timedelta(days=92), later)
    assert sidecar.due.due_at(entries["s1"]) is None
    sidecar.store.find_kept_too_long(SITE, timedelta(days=90), later)

    assert sidecar.due.due_at(entries["s1"]) is not None
    assert sidecar.due.due_at(entries["booked"]) == until_its_appointment
    assert sidecar.due.due_at(entries["open"]) is None


def test_all_whose_retention_is_over_are_found_however_many(sidecar: Sidecar) -> None:
    many = {f"s{n}": n for n in range(2500)}
    sidecar.redis.zadd(redis_keys.sessions_in(SITE, State.LOST), many)

    sidecar.store.find_kept_too_long(SITE, timedelta(days=90), sidecar.due.now())

    assert sidecar.due.backlog()[0] == 2500


def test_an_erasure_that_an_earlier_version_wrote_down_takes_place(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    long_since = utc(datetime.now(UTC) - timedelta(days=40))
    bridge.send(give(bridge, "s1", **ANNA) | {"occurred_at": long_since})
    for _ in range(3):
        clock.tick()
        work()
    settings = {"retention": "30d"}
    bridge.send(bridge.event("site.settings_saved", None, settings=settings, revision=9))
    clock.tick()
    assert session_of(sidecar).contact is not None

    sidecar.due.put({DueEntry("erase", SITE, "s1"): session_of(sidecar).last_seen})
    clock.tick()

    assert sidecar.store.count_sessions(SITE) == 0


def test_many_erasures_are_brought_forward_some_at_a_time(sidecar: Sidecar) -> None:
    now = sidecar.due.now()
    entries = {DueEntry("erase", SITE, f"s{n}"): now + timedelta(days=60) for n in range(5000)}
    sidecar.due.put(entries)
    sidecar.due.put({DueEntry("erase", "spa", "s1"): now + timedelta(days=60)})
    slices, item = 0, retention.FROM_THE_START

    def bring_forward(by: timedelta | None, cursor: int) -> int:
        assert by is None
        return sidecar.due.bring_forward("erase", SITE, by, cursor)

    site = sidecar.config.sites[SITE]
    following: str | None = item
    while following is not None:
        slices += 1
        following = retention.look(sidecar.store, site, following, bring_forward, now)

    assert slices > 2
    far = sidecar.redis.zrangebyscore(redis_keys.DUE, (now.timestamp() + 3600) * 1000, "+inf")
    assert far == [b"erase:spa:s1"]


@pytest.mark.parametrize("session", ["s1", "0123456789abcdef" * 2])
def test_where_a_booking_was_made_is_known_for_as_long_as_its_visit_is_kept(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, session: str
) -> None:
    starts = utc(datetime.now(UTC) + timedelta(days=3))
    cart = [{"id": n, "starts_at": starts, "status": "approved"} for n in (99, 100)]
    bridge.send(book(bridge, session, appointments=cart))
    bridge.send(book(bridge, "s2", key="pay2"))
    for _ in range(2):
        clock.tick()
        work()

    def home(appointment: int) -> str | None:
        return sidecar.store.session_of_appointment(SITE, appointment)

    assert sidecar.store.begin(SITE).session_of_booking("pay1") == session
    assert [home(n) for n in (99, 100, 7, 101)] == [session, session, "s2", None]

    site, later = sidecar.config.sites[SITE], sidecar.due.now() + timedelta(days=91)
    assert recover.expire(sidecar.store, site, session, later) is None

    assert sidecar.store.begin(SITE).session_of_booking("pay1") is None
    assert [home(n) for n in (99, 100, 7, 101)] == [None, None, "s2", None]
    [name] = cast("list[str]", names_of(sidecar, "appointments"))
    assert sidecar.redis.hlen(name) == 1
    assert 0 < sidecar.redis.ttl(name) <= Policy().retention.total_seconds()


def test_what_was_kept_aside_ends_with_its_time(
    bridge: Bridge, sidecar: Sidecar, clock: Clock
) -> None:
    bridge.send(give(bridge, "s1", **ANNA), bridge.event("session.jumped", "s2"))
    set_aside(bridge, "s1")
    look(clock)
    assert sidecar.store.count_quarantined(SITE) == sidecar.store.count_unreadable(SITE) == 1

    for name in (redis_keys.quarantine(SITE), redis_keys.unreadable_since(SITE)):
        [member] = cast("list[bytes]", sidecar.redis.zrange(name, 0, -1))
        sidecar.redis.zincrby(name, -timedelta(days=14).total_seconds() * 1000, member)
    look(clock)

    assert sidecar.store.count_quarantined(SITE) == sidecar.store.count_unreadable(SITE) == 0


def test_a_person_is_found_for_as_long_as_a_visit_of_theirs_is_open(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    settings = {"retention": "1d", "attribution_window": "90d"}
    bridge.send(bridge.event("site.settings_saved", None, settings=settings, revision=2))
    bridge.send(give(bridge, "s1", **ANNA))

    name = redis_keys.person(SITE, sidecar.store.begin(SITE).person(ANNA["email"]))

    assert sidecar.redis.ttl(name) > timedelta(days=90).total_seconds()
