"""One person, one conversation: on every device, by every way of booking, until they say no."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sidecar import catch_up, people, recover, track
from sidecar.adapters import redis_keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.config import policy_for
from sidecar.domain.errors import WrongRequest
from sidecar.domain.person import person_key
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import State
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from sidecar.worker.jobs import UNPAIRED_LOOK
from tests.assembled import Bridge, statuses, utc
from tests.listening import Call, Listener, Reply
from tests.worker.test_recovering import (
    ANNA,
    Work,
    book,
    long_ago,
    outcome_of,
    session_of,
    visit,
)


@pytest.fixture
def rounds(clock: Clock, work: Work) -> Callable[[], None]:
    """Let everything that is due happen: clock and workers take turns."""

    def run() -> None:
        for _ in range(3):
            clock.tick()
            work()

    return run


Rounds = Callable[[], None]


def triggered(wordpress: Listener) -> list[str]:
    return [call.body["recovery_id"] for call in wordpress.calls if call.route == "recoveries"]


def test_who_is_on_two_devices_gets_one_message_for_the_newer_visit(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge, "s1")
    bridge.send(bridge.event("session.contact_given", "s2", contact=ANNA) | long_ago())

    rounds()

    assert triggered(wordpress) == ["s2.1"]
    assert session_of(sidecar, "s1").recoveries[0].reason == Reason.SUPERSEDED


def test_a_booking_by_phone_stops_the_message(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge)
    event = book(bridge, "s1")
    bridge.send({**event, "session_id": None, "data": {**event["data"], "contact": ANNA}})

    rounds()

    assert triggered(wordpress) == []
    assert session_of(sidecar).state is State.BOOKED
    assert sidecar.store.count_sessions("salon") == 1


def test_a_booking_by_phone_after_the_message_is_won_back_by_contact(
    bridge: Bridge, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge)
    rounds()
    event = book(bridge, "s1", created_at="2199-01-01T00:00:00Z")
    event["data"]["booking"]["created_at"] = event["occurred_at"]
    bridge.send({**event, "session_id": None, "data": {**event["data"], "contact": ANNA}})

    rounds()

    [call] = [call for call in wordpress.calls if call.route == "conversions"]
    assert call.body["attributed_by"] == "contact"
    assert call.body["session_id"] is None


def test_what_a_person_books_with_another_tenant_is_that_business_s_own_affair(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    for session, tenant_id in (("s1", 1), ("s2", 2)):
        bridge.send(
            bridge.event("session.started", session, tenant_id=tenant_id) | long_ago(),
            bridge.event("session.contact_given", session, contact=ANNA) | long_ago(),
        )
    event = book(bridge, "s1")
    told = {**event["data"], "contact": ANNA, "tenant_id": 2}
    bridge.send({**event, "session_id": None, "data": told})

    rounds()

    assert triggered(wordpress) == ["s1.1"]
    assert session_of(sidecar, "s2").state is State.BOOKED


def test_news_of_a_booking_finds_the_session_it_was_made_in(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    visit(bridge)
    made = book(bridge, "s1")
    bridge.send(made)
    moved = bridge.event("booking.changed", None, booking=made["data"]["booking"])
    moved["data"]["booking"]["appointments"][0]["status"] = "pending"

    bridge.send(moved)

    [booking] = session_of(sidecar).bookings
    assert booking.snapshot.appointments[0].status == "pending"


def test_news_that_comes_before_the_booking_itself_ends_up_in_the_same_place(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    visit(bridge)
    made = book(bridge, "s1")
    moved = bridge.event("booking.changed", None, booking=made["data"]["booking"])

    bridge.send(moved)
    bridge.send(made)

    [booking] = session_of(sidecar).bookings
    assert booking.seq == moved["seq"]
    assert booking.confirmed_at is not None
    assert sidecar.store.begin("salon").session("offsite-pay1") is None


def test_who_opts_out_by_the_link_hears_no_more_from_any_visit(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge)
    rounds()
    token = wordpress.calls[0].body["opt_out_token"]
    answer = bridge.send(bridge.event("contact.opted_out", None, token=token, via="link"))
    assert statuses(answer) == ["applied"]

    visit(bridge, "s2")
    rounds()

    assert triggered(wordpress) == ["s1.1"]
    assert session_of(sidecar, "s2").recoveries[0].reason == Reason.OPTED_OUT


def test_an_opt_out_ends_what_waits_at_once_and_is_told_to_wordpress(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge)
    clock.tick()
    site = sidecar.config.sites["salon"]

    touched = people.opt_out(
        sidecar.store,
        site,
        email="Anna.Marker@example.com ",
        phone=None,
        via="admin",
        now=sidecar.due.now(),
    )

    assert touched == 1
    assert outcome_of(sidecar) is Outcome.SKIPPED
    rounds()
    [call] = [call for call in wordpress.calls if call.route == "contacts"]
    assert call.body["op"] == "opt_out"
    assert call.body["email"] == "anna.marker@example.com"
    assert triggered(wordpress) == []


def test_a_wish_is_told_again_until_wordpress_has_heard_it(
    sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    wordpress.answer = lambda _: Reply(500)
    site = sidecar.config.sites["salon"]
    now = sidecar.due.now() - timedelta(seconds=1)
    people.opt_out(sidecar.store, site, email=ANNA["email"], phone=None, via="admin", now=now)
    rounds()
    [request_id] = {call.body["request_id"] for call in wordpress.calls}
    entry = DueEntry("contact", "salon", request_id)
    assert sidecar.due.due_at(entry) is not None

    wordpress.answer = lambda _: Reply(body={"outcome": "done", "rows": 1})
    sidecar.due.put({entry: now})
    rounds()

    assert sidecar.due.due_at(entry) is None
    assert sidecar.redis.get(redis_keys.request("salon", request_id)) is None


def test_who_is_allowed_again_is_written_to_again(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    site = sidecar.config.sites["salon"]
    anna: dict[str, Any] = {"email": ANNA["email"], "phone": None, "now": sidecar.due.now()}
    people.opt_out(sidecar.store, site, **anna, via="admin")
    people.allow(sidecar.store, site, **anna, via="admin")

    visit(bridge)
    rounds()

    assert triggered(wordpress) == ["s1.1"]


def test_wordpress_is_told_of_all_that_is_known_of_a_person(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    bridge.send(
        bridge.event("session.contact_given", "s1", contact={**ANNA, "phone": "+4930123456"}),
        bridge.event("session.contact_given", "s2", contact={"phone": "+4930123456"}),
    )
    site, now = sidecar.config.sites["salon"], sidecar.due.now()

    people.opt_out(sidecar.store, site, email=None, phone="+49 30 123456", via="admin", now=now)
    rounds()
    people.allow(sidecar.store, site, email=ANNA["email"], phone=None, via="admin", now=now)
    rounds()

    told = [call.body for call in wordpress.calls if call.route == "contacts"]
    assert [(wish["op"], wish["email"], wish["phone"]) for wish in told] == [
        ("opt_out", ANNA["email"], "+4930123456"),
        ("allow", ANNA["email"], "+4930123456"),
    ]


def test_who_is_forgotten_is_nowhere_and_is_not_written_to_again(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, wordpress: Listener, rounds: Rounds
) -> None:
    visit(bridge)
    bridge.send(
        bridge.event("session.contact_given", contact={"email": ANNA["email"], "phone": "no"})
    )
    clock.tick()
    site = sidecar.config.sites["salon"]

    assert (
        people.forget(sidecar.store, site, email=ANNA["email"], phone=None, now=sidecar.due.now())
        == 1
    )

    session = session_of(sidecar)
    assert session.contact is None
    assert session.recoveries[0].reason == Reason.FORGOTTEN
    assert sidecar.store.sessions_of("salon", email=ANNA["email"]) == []
    assert sidecar.redis.zcard(redis_keys.quarantine("salon")) == 0
    visit(bridge, "s2")
    rounds()
    assert triggered(wordpress) == []


def test_what_was_kept_long_enough_is_nobody_s_any_more(
    bridge: Bridge, sidecar: Sidecar, rounds: Rounds
) -> None:
    event = book(bridge, "s1")
    bridge.send(bridge.event("session.contact_given", contact=ANNA) | long_ago(), event)
    rounds()
    work = sidecar.store.begin("salon")
    person = work.person(ANNA["email"])
    entry, kept = DueEntry("erase", "salon", "s1"), timedelta(days=90)
    at = session_of(sidecar).last_seen + kept
    sidecar.store.find_kept_too_long("salon", kept, at - timedelta(milliseconds=2))
    assert sidecar.due.due_at(entry) is None
    sidecar.store.find_kept_too_long("salon", kept, at)
    assert sidecar.due.due_at(entry) is not None
    assert work.sessions_of(person, 9) == ["s1"]

    recover.expire(sidecar.store, sidecar.config.sites["salon"], "s1", at)

    assert session_of(sidecar).contact is None
    assert work.sessions_of(person, 9) == []
    assert sidecar.tallies.recount("salon") == {}


def test_of_a_visit_whose_appointment_is_long_over_only_the_counts_are_left(
    bridge: Bridge, sidecar: Sidecar, rounds: Rounds
) -> None:
    visit(bridge)
    rounds()
    bridge.send(book(bridge, "s1"))
    rounds()
    salon = sidecar.config.sites["salon"]
    over = sidecar.due.now() + timedelta(days=365)
    before = tallied(sidecar)
    assert {count.split(b":")[0] for counts in before.values() for count in counts} >= {b"won"}

    assert recover.expire(sidecar.store, salon, "s1", over) is None

    left = {name for name in sidecar.redis.scan_iter("*") if b"tally" not in name}
    assert not [name for name in left if b":s1" in name or b"pay1" in name or b"person" in name]
    assert sidecar.store.count_sessions("salon") == 0
    assert sidecar.due.due_at(DueEntry("erase", "salon", "s1")) is None
    assert tallied(sidecar) == before
    assert sidecar.tallies.recount("salon") == {}
    assert tallied(sidecar) == before


def tallied(sidecar: Sidecar) -> dict[bytes, Any]:
    names = sidecar.redis.scan_iter("*:tally:salon:*")
    return {cast("bytes", name): sidecar.redis.hgetall(name) for name in names}


def test_news_of_a_booking_whose_visit_is_not_kept_any_more_is_no_visit(
    bridge: Bridge, sidecar: Sidecar, rounds: Rounds
) -> None:
    event = book(bridge, "s1", created_at=utc(datetime.now(UTC) - timedelta(days=100)))

    bridge.send(event)
    rounds()

    assert sidecar.store.count_sessions("salon") == 0
    assert sidecar.store.begin("salon").session("offsite-pay1") is not None
    assert sidecar.tallies.recount("salon") == {}


@pytest.mark.parametrize("given", [{}, {"email": "anna"}, {"phone": "0170"}, {"email": ""}])
def test_what_names_nobody_is_refused(sidecar: Sidecar, given: dict[str, str]) -> None:
    wish: dict[str, Any] = {"email": None, "phone": None, **given}

    with pytest.raises(WrongRequest):
        people.forget(sidecar.store, sidecar.config.sites["salon"], **wish, now=sidecar.due.now())


def test_an_emptied_store_sends_nothing_before_it_knows_whom_not_to_write_to(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, wordpress: Listener, work: Work
) -> None:
    sidecar.redis.flushall()
    wordpress.answer = lambda _: Reply(503)
    visit(bridge)
    for _ in range(3):
        clock.tick()
        work()
    assert triggered(wordpress) == []
    assert outcome_of(sidecar) is Outcome.WAITING

    def filled(call: Call) -> Reply:
        opted_out = {
            "cursor": 1,
            "person_key": person_key(ANNA["email"]),
            "at": "2026-11-22T15:00:00Z",
            "via": "link",
        }
        told = {
            "status": {"settings": {"messages": ["1s"]}, "revision": 3},
            "suppressions": {
                "entries": [opted_out] if not call.body.get("after") else [],
                "has_more": False,
            },
            "outbox": {"events": [], "last_seq": 2, "has_more": False},
        }
        return Reply(body=told.get(call.route, {}))

    wordpress.answer = filled
    clock.start()
    sidecar.due.put(
        {DueEntry("recover", "salon", "s1.1"): sidecar.due.now() - timedelta(seconds=1)}
    )
    sidecar.due.put(
        {DueEntry("outbox", "salon", "at-start"): sidecar.due.now() - timedelta(seconds=2)}
    )
    for _ in range(3):
        clock.tick()
        work()
        sidecar.due.put(
            {DueEntry("recover", "salon", "s1.1"): sidecar.due.now() - timedelta(seconds=1)}
        )

    assert triggered(wordpress) == []
    assert session_of(sidecar).recoveries[0].reason == Reason.OPTED_OUT
    assert sidecar.store.begin("salon").record().settings_revision == 3


def test_the_owner_s_settings_win_except_where_the_site_locks_them(
    bridge: Bridge, sidecar: Sidecar, clock: Clock
) -> None:
    settings = {"messages": ["3h"], "abandon_after": "2s", "unheard_of": 1}
    bridge.send(bridge.event("site.settings_saved", None, settings=settings, revision=2))
    older = {"messages": ["9h"]}
    bridge.send(bridge.event("site.settings_saved", None, settings=older, revision=1))
    visit(bridge)

    clock.tick()

    session = session_of(sidecar)
    assert session.abandoned_at is not None
    assert session.recoveries[0].due_at == session.abandoned_at + timedelta(hours=3)
    assert session.abandoned_at == session.last_seen + timedelta(seconds=2)

    locked = replace(sidecar.config.sites["salon"], locked=frozenset({"messages"}))
    assert policy_for(locked, settings).messages == locked.policy.messages


def test_a_paused_site_waits_and_goes_on(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    site = sidecar.config.sites["salon"]
    track.pause(sidecar.store, site, paused=True)
    visit(bridge)
    rounds()
    assert triggered(wordpress) == []
    assert outcome_of(sidecar) is Outcome.WAITING

    track.pause(sidecar.store, site, paused=False)
    sidecar.due.put(
        {DueEntry("recover", "salon", "s1.1"): sidecar.due.now() - timedelta(seconds=1)}
    )
    rounds()

    assert triggered(wordpress) == ["s1.1"]


def test_a_failed_recovery_is_tried_again_on_request_with_every_check(
    bridge: Bridge, sidecar: Sidecar, wordpress: Listener, rounds: Rounds
) -> None:
    site = sidecar.config.sites["salon"]
    wordpress.answer = lambda _: Reply(422)
    visit(bridge)
    rounds()
    assert outcome_of(sidecar) is Outcome.FAILED

    wordpress.answer = lambda call: Reply(body={"outcome": "sent", **call.body})
    recover.retry(sidecar.store, site, "s1.1", sidecar.due.now() - timedelta(seconds=1))
    rounds()

    assert outcome_of(sidecar) is Outcome.SENT
    assert wordpress.calls[-1].body["retry"] is True
    with pytest.raises(WrongRequest, match="sent"):
        recover.retry(sidecar.store, site, "s1.1", sidecar.due.now())


@pytest.mark.parametrize("unknown", ["s1", "s1.9", "s1.x", ".1", "", "nobody.1"])
def test_what_is_no_recovery_cannot_be_tried_again(
    bridge: Bridge, sidecar: Sidecar, rounds: Rounds, unknown: str
) -> None:
    visit(bridge)
    rounds()

    with pytest.raises(WrongRequest):
        recover.retry(sidecar.store, sidecar.config.sites["salon"], unknown, sidecar.due.now())


def test_a_confirmed_move_pins_the_new_address(bridge: Bridge, sidecar: Sidecar) -> None:
    bridge.send(bridge.check_in(bridge.home_url))
    bridge.home_url = "https://new.example"
    assert bridge.send(bridge.check_in("https://new.example")).status_code == 409

    track.confirm_pairing(sidecar.store, replace(sidecar.config.sites["salon"], url=""))

    assert sidecar.store.begin("salon").record().check_in is None


def test_what_was_quarantined_is_taken_in_once_it_makes_sense(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    strange = bridge.event("session.step_reached", step="date_time") | {"type": "session.jumped"}
    elsewhere = bridge.event("session.started", page_url="https://moved.example/book")
    assert statuses(bridge.send(strange, elsewhere)) == ["quarantined", "quarantined"]
    site = sidecar.config.sites["salon"]
    assert [kept.event for kept in sidecar.store.quarantined("salon")] == [strange, elsewhere]
    assert track.replay(sidecar.store, site, sidecar.due.now()) == (0, 2)

    track.confirm_pairing(sidecar.store, site)
    moved = replace(site, url="https://moved.example")

    assert track.replay(sidecar.store, moved, sidecar.due.now()) == (1, 1)
    assert session_of(sidecar).visit.page_url == "https://moved.example/book"
    assert track.replay(sidecar.store, moved, sidecar.due.now()) == (0, 1)


@pytest.mark.parametrize("status", [200, 503])
def test_who_checks_in_while_the_site_is_asked_is_asked_again_at_once(
    bridge: Bridge,
    sidecar: Sidecar,
    clock: Clock,
    work: Work,
    wordpress: Listener,
    status: int,
) -> None:
    def checks_in(call: Call) -> Reply:
        wordpress.answer = lambda _: Reply()
        if call.route == "status":
            bridge.send(bridge.check_in(bridge.home_url))
        return Reply(status)

    wordpress.answer = checks_in
    sidecar.due.put({DueEntry("status", "salon", "salon"): track.AT_ONCE})
    for asked in (1, 2):
        clock.tick()
        work()
        assert wordpress.routes().count("status") == asked


def test_a_job_that_is_queued_while_an_earlier_one_ends_is_not_lost(
    sidecar: Sidecar, work: Work, wordpress: Listener
) -> None:
    entry = DueEntry("status", "salon", "salon")

    def queued_again(_: Call) -> Reply:
        wordpress.answer = lambda _: Reply()
        sidecar.jobs.promote([entry])
        return Reply()

    wordpress.answer = queued_again
    sidecar.jobs.promote([entry])
    work()

    assert wordpress.routes() == ["status"] * 2


def test_a_site_that_never_checked_in_is_asked_again_in_an_hour(
    sidecar: Sidecar, clock: Clock, work: Work
) -> None:
    entry, now = DueEntry("status", "spa", "spa"), sidecar.due.now()
    sidecar.due.put({entry: track.AT_ONCE})

    clock.tick()
    work()

    again = sidecar.due.due_at(entry)
    assert again
    assert again >= now + UNPAIRED_LOOK


def test_a_site_that_answers_slowly_has_no_other_clock_for_that(
    sidecar: Sidecar, wordpress: Listener
) -> None:
    site = sidecar.config.sites["salon"]
    catch_up.doubt(sidecar.store, site)

    def clock() -> datetime:
        slow = timedelta(seconds=10 if "status" in wordpress.routes() else 0)
        return datetime.now(UTC) + slow

    def told(call: Call) -> Reply:
        answers = {
            "status": {"time": utc(clock())},
            "suppressions": {"entries": [], "has_more": False},
            "outbox": {"events": [], "last_seq": 0, "has_more": False},
        }
        return Reply(body=answers[call.route])

    wordpress.answer = told
    catch_up.read_outbox(sidecar.store, sidecar.wordpress(site), site, clock=clock)

    assert sidecar.store.begin("salon").record().skew == 0
