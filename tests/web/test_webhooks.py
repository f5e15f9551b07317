"""The door for webhooks, on a real Redis."""

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from sidecar import shapes
from sidecar.adapters import redis_keys
from sidecar.domain.session import State, erase
from sidecar.payloads import EVENTS_AT_MOST
from sidecar.web.webhooks import LARGEST_BODY
from sidecar.wiring import Sidecar, assemble
from tests.assembled import HOME, Bridge, contents, statuses, utc
from tests.strange import READABLE, UNREADABLE, all_spoilt, spoil

ANNA = {"email": "Anna.Marker@Example.com", "first_name": "Anna-Marker"}


def untouched(sidecar: Sidecar) -> bool:
    """Whether no event was stored since the sidecar was wired up; what is only counted is none."""
    there = {redis_keys.site(site).encode() for site in ("salon", "spa")}
    counted = (redis_keys.COUNTS.encode(), redis_keys.counted("").encode())
    return {name for name in contents(sidecar) if not name.startswith(counted)} == there


def test_a_batch_is_stored_and_answered_event_by_event(bridge: Bridge) -> None:
    response = bridge.send(
        bridge.event("session.started", page_url=f"{HOME}/book/", locale="de_DE"),
        bridge.event(
            "session.step_reached",
            step="date_time",
            previous_step="service",
            selection={"service": {"id": 9, "name": "Haircut"}, "staff": None},
        ),
        bridge.event("session.contact_given", contact=ANNA),
    )

    assert statuses(response) == ["applied"] * 3
    assert response.json == {
        "results": [{"index": index, "seq": index + 1, "status": "applied"} for index in range(3)],
        "ack_seq": 3,
    }
    session = bridge.sidecar.store.begin("salon").session("s1")
    assert session is not None
    assert session.state is State.ACTIVE
    assert session.selection.service is not None
    assert session.selection.service.name == "Haircut"
    assert session.contact is not None
    assert session.contact.email == "anna.marker@example.com"


def test_where_a_visitor_came_from_and_what_she_was_told_is_kept(bridge: Bridge) -> None:
    utm = {"source": "newsletter", "campaign": "spring", "id": 7}
    consent = {"basis": "opt_in", "text": "Write to me.", "at": "2026-11-22T15:04:05Z"}
    bridge.send(
        bridge.event("session.started", utm=utm, referrer="https://search.example/"),
        bridge.event("session.contact_given", contact=ANNA, consent=consent),
    )

    session = bridge.sidecar.store.begin("salon").session("s1")

    assert session is not None
    told = shapes.session(session, contacts=False)
    assert told["visit"]["utm"] == {"source": "newsletter", "campaign": "spring"}
    assert told["visit"]["referrer"] == "https://search.example/"
    assert told["consent"] == {**consent, "at": "2026-11-22T15:04:05.000Z"}
    forgotten = shapes.session(erase(session, datetime.now(UTC)), contacts=True)
    assert forgotten["consent"] is None
    assert (forgotten["visit"]["utm"], forgotten["visit"]["referrer"]) == ({}, None)


def test_an_event_that_comes_again_changes_nothing(bridge: Bridge, sidecar: Sidecar) -> None:
    events = [bridge.event("session.started"), bridge.event("session.contact_given", contact=ANNA)]
    bridge.send(*events)
    before = sidecar.store.begin("salon").session("s1")

    assert statuses(bridge.send(*events)) == ["duplicate", "duplicate"]
    assert statuses(bridge.send(events[1], events[1])) == ["duplicate", "duplicate"]
    assert sidecar.store.begin("salon").session("s1") == before


def test_events_out_of_order_are_acknowledged_up_to_the_hole(bridge: Bridge) -> None:
    first, second, third = (bridge.event("session.started", f"s{n}") for n in range(3))

    late = bridge.send(first, third)
    filled = bridge.send(second)

    assert late.json is not None
    assert late.json["ack_seq"] == 1
    assert filled.json is not None
    assert filled.json["ack_seq"] == 3


def test_an_event_cannot_have_happened_after_it_was_received(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    ahead = {**bridge.event("session.started"), "occurred_at": "2199-01-01T00:00:00Z"}

    assert statuses(bridge.send(ahead)) == ["applied"]
    session = sidecar.store.begin("salon").session("s1")
    assert session is not None
    assert session.last_seen <= datetime.now(UTC)


def misfit(**changes: Any) -> dict[str, Any]:
    event = {
        "seq": 1,
        "type": "session.step_reached",
        "occurred_at": "2026-11-22T15:04:05.120Z",
        "session_id": "s1",
        "data": {"step": "date_time"},
    }
    return {**event, **changes}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (misfit(type="session.teleported"), "type"),
        (misfit(type=None), "type"),
        (misfit(session_id=None), "session_id"),
        (misfit(session_id="a:b"), "session_id"),
        (misfit(session_id="x" * 65), "session_id"),
        (misfit(occurred_at="yesterday"), "occurred_at"),
        (misfit(occurred_at="2026-11-22T15:04:05+01:00"), "occurred_at"),
        (misfit(occurred_at="2026-13-22T15:04:05Z"), "occurred_at"),
        (misfit(occurred_at="0001-01-01T00:00:00Z"), "occurred_at"),
        (misfit(data={}), "step"),
        (misfit(data={"step": 5}), "step"),
        (misfit(data={"step": "x" * 65}), "step"),
        (misfit(data={"step": "\ud800"}), "step"),
        (misfit(data=[]), "data"),
        (misfit(data={"step": "s", "selection": {"date": "22.11.2026"}}), "selection.date"),
        (
            misfit(data={"step": "s", "selection": {"service": {"id": "9"}}}),
            "selection.service.id",
        ),
        (misfit(data={"step": "s", "selection": {"people": True}}), "selection.people"),
        (misfit(data={"step": "s", "selection": {"people": 2**53}}), "selection.people"),
        (
            misfit(type="session.contact_given", data={"contact": {"email": "x@y"}}),
            "contact.email",
        ),
        (
            misfit(type="session.contact_given", data={"contact": {"email": "a@b.de,c@d.de"}}),
            "contact.email",
        ),
        (
            misfit(type="session.contact_given", data={"contact": {"phone": "0170"}}),
            "contact.phone",
        ),
        (misfit(type="session.returned", data={"token": "a b"}), "token"),
        (
            misfit(type="session.started", data={"page_url": "https://evil.example/book"}),
            "page_url",
        ),
        (misfit(type="session.started", data={"page_url": "javascript:alert(1)"}), "page_url"),
        (misfit(type="session.started", data={"page_url": "http://[::1"}), "page_url"),
        (misfit(type="booking.confirmed", data={"booking": {"key": "k"}}), "booking.created_at"),
        (misfit(type="contact.opted_out", data={"email": "a@b.de"}), "via"),
        (misfit(type="contact.opted_out", data={"email": "a@b", "via": "link"}), "email"),
        (misfit(type="contact.opted_out", data={"token": "forged", "via": "link"}), "token"),
        (misfit(type="contact.opted_out", data={"via": "link"}), "email"),
        (misfit(type="contact.forgotten", data={}), "email"),
        (
            misfit(
                type="site.settings_saved",
                data={"settings": {"abandon_after": "soon"}, "revision": 1},
            ),
            "settings",
        ),
        (misfit(type="site.settings_saved", data={"settings": {}, "revision": -1}), "revision"),
        (misfit(seq=0), "seq"),
        (misfit(seq="1"), "seq"),
        (misfit(seq=True), "seq"),
        (misfit(seq=1.5), "seq"),
        (misfit(seq=2**64), "seq"),
        ("not an object", "Not an object."),
        (None, "Not an object."),
    ],
)
def test_an_event_that_does_not_fit_is_set_aside_with_its_reason_and_blocks_nothing(
    bridge: Bridge, sidecar: Sidecar, event: object, field: str
) -> None:
    bridge.seq = 1
    good = bridge.event("session.started", "s2")

    response = bridge.send(event, good)

    assert statuses(response) == ["quarantined", "applied"]
    assert response.json is not None
    assert any(reason.startswith(field) for reason in response.json["results"][0]["errors"])
    assert sidecar.store.begin("salon").session("s1") is None
    assert sidecar.store.begin("salon").session("s2") is not None


def test_what_is_set_aside_is_kept_sealed(bridge: Bridge, sidecar: Sidecar) -> None:
    bridge.send(misfit(type="session.contact_given", data={"contact": {"email": "marker-x@y"}}))

    kept = b"".join(contents(sidecar).values())

    assert any(b"quarantine" in key for key in contents(sidecar))
    assert b"marker-x" not in kept


def test_contact_data_lies_in_redis_only_sealed_and_is_in_no_log(
    bridge: Bridge, sidecar: Sidecar, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    bridge.send(bridge.event("session.contact_given", contact={**ANNA, "phone": "+4917012345678"}))

    dumped = b"".join([*contents(sidecar), *contents(sidecar).values()])
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for marker in ("marker", "Marker", "4917012345678"):
        assert marker.encode() not in dumped
        assert marker not in logged


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"site": "salon", "site": "salon"}',
        b'{"site": NaN}',
        b'{"site": ' + b"9" * 5000 + b"}",
        b'{"site": 1e999}',
        b"[" * 976 + b"]" * 976,  # can be read, and hardly be written again
        b"[" * 2000 + b"]" * 2000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
    ],
    ids=lambda body: f"{body[:20].decode(errors='replace')} {len(body)}",
)
def test_what_is_not_one_json_object_is_refused(
    bridge: Bridge, sidecar: Sidecar, body: bytes
) -> None:
    response = bridge.post(body)

    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert untouched(sidecar)


@pytest.mark.parametrize(
    "change",
    [
        {"events": []},
        {"events": [misfit()] * 101},
        {"events": {}},
        {"events": None},
        {"origin": None},
        {"origin": {"home_url": "no address", "outbox_id": "outbox-1"}},
        {"origin": {"home_url": HOME, "outbox_id": "white space"}},
        {"site": "spa"},
        {"site": None},
        {"site": 5},
    ],
)
def test_what_is_not_the_envelope_is_refused_whole(
    bridge: Bridge, sidecar: Sidecar, change: dict[str, object]
) -> None:
    envelope = bridge.envelope([bridge.event("session.started")])

    response = bridge.post(json.dumps({**envelope, **change}).encode())

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["detail"]
    assert untouched(sidecar)


def test_every_refused_signature_has_one_and_the_same_answer(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()
    stranger = Bridge(sidecar, site="nobody")
    forged = {
        "webhook-id": "msg_12345678",
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1," + "A" * 43 + "=",
    }

    answers = [
        bridge.post(body, headers={}),
        bridge.post(body, headers=forged),
        bridge.post(body, at=time.time() - 301),
        bridge.post(body, at=time.time() + 301),
        stranger.post(body),
        stranger.post(body, headers={}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert untouched(sidecar)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(3660, "61 minutes ahead of"), (-3660, "61 minutes behind"), (5 * 3600, "5 hours ahead of")],
)
def test_a_signature_that_is_right_but_for_its_time_tells_of_a_clock_and_its_sender_nothing(
    bridge: Bridge, sidecar: Sidecar, caplog: pytest.LogCaptureFixture, ahead: int, told: str
) -> None:
    bridge.send(bridge.check_in())
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()

    late = bridge.post(body, at=time.time() + ahead)
    forged = bridge.post(body, headers={})

    assert late.status_code == forged.status_code == 401
    assert late.data == forged.data
    assert list(late.headers.keys()) == list(forged.headers.keys())
    assert sidecar.store.begin("salon").session("s1") is None
    # Where its time alone is wrong, people read by how much.
    assert [told in line for line in caplog.messages if "refused" in line] == [True]
    assert sidecar.counts.read()["clock_refusals", "salon"] == 1
    skew = sidecar.store.begin("salon").record().skew
    assert skew == pytest.approx(ahead, abs=2)


def test_a_message_that_is_heard_again_tells_of_no_clock(bridge: Bridge, sidecar: Sidecar) -> None:
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()
    assert bridge.post(body).status_code == 202

    assert bridge.post(body, at=time.time() - 3600).status_code == 401
    assert sidecar.store.begin("salon").record().skew == 0


@pytest.mark.parametrize("ahead", [-1_000_000, 1_000_000])
def test_a_message_of_long_ago_tells_of_no_clock(
    bridge: Bridge, sidecar: Sidecar, ahead: int
) -> None:
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()

    assert bridge.post(body, at=time.time() + ahead).status_code == 401
    assert sidecar.store.begin("salon").record().skew == 0


def test_events_of_a_site_whose_clock_is_off_are_dated_by_ours(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    behind = timedelta(hours=1)
    event = bridge.event("session.started")
    event |= {"occurred_at": utc(datetime.now(UTC) - behind)}
    body = json.dumps(bridge.envelope([event])).encode()
    bridge.post(body, at=time.time() - behind.total_seconds())

    assert statuses(bridge.send(event)) == ["applied"]

    session = sidecar.store.begin("salon").session("s1")
    assert session is not None
    assert abs(datetime.now(UTC) - session.last_seen) < timedelta(seconds=30)


def test_a_body_that_is_too_large_is_refused(bridge: Bridge) -> None:
    assert bridge.post(b" " * (LARGEST_BODY + 1)).status_code == 413
    assert bridge.post(b" " * LARGEST_BODY).status_code == 400


def test_a_body_of_another_type_is_refused(bridge: Bridge) -> None:
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()

    assert bridge.post(body, content_type="text/plain").status_code == 415
    assert bridge.post(body, content_type="application/json; charset=utf-8").status_code == 202


def test_a_copy_of_a_paired_site_is_refused_and_nothing_is_stored(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    bridge.send(bridge.check_in())
    before = contents(sidecar)
    bridge.home_url = "http://staging.example"

    response = bridge.send(bridge.event("session.started"))

    assert response.status_code == 409
    assert response.json is not None
    assert response.json["code"] == "wrong_origin"
    assert contents(sidecar) == before


def test_the_first_check_in_pins_the_address_of_a_site_without_one(sidecar: Sidecar) -> None:
    bridge = Bridge(sidecar, site="spa", home_url="https://spa.example")

    assert statuses(bridge.send(bridge.check_in("https://spa.example"))) == ["applied"]

    pinned = sidecar.store.begin("spa").record().check_in
    assert pinned is not None
    assert pinned.rest_url == "https://spa.example/wp-json/booking-recovery/v1/"
    bridge.home_url = "https://spa2.example"
    assert bridge.send(bridge.event("session.started")).status_code == 409


@pytest.mark.parametrize(
    ("home_url", "rest_url", "field"),
    [
        ("https://spa.example", "https://evil.example/wp-json/", "rest_url"),
        ("http://spa.example", "http://spa.example/wp-json/", "rest_url"),
        ("http://127.0.0.1:6379", "http://127.0.0.1:6379/wp-json/", "rest_url"),
        ("https://other.example", "https://other.example/wp-json/", "home_url"),
    ],
)
def test_a_check_in_cannot_send_the_callbacks_elsewhere(
    sidecar: Sidecar, home_url: str, rest_url: str, field: str
) -> None:
    origin = home_url if field == "rest_url" else "https://spa.example"
    bridge = Bridge(sidecar, site="spa", home_url=origin)

    response = bridge.send(bridge.check_in(home_url, rest_url=rest_url))

    assert statuses(response) == ["quarantined"]
    assert response.json is not None
    assert response.json["results"][0]["errors"][0].startswith(field)
    assert sidecar.store.begin("spa").record().check_in is None


def test_a_new_outbox_starts_its_own_numbering(bridge: Bridge) -> None:
    bridge.send(bridge.event("session.started"), bridge.event("session.started", "s2"))
    bridge.outbox_id, bridge.seq = "outbox-2", 0

    response = bridge.send(bridge.event("session.started", "s3"))

    assert statuses(response) == ["applied"]
    assert response.json is not None
    assert response.json["ack_seq"] == 1


def test_a_store_that_does_not_answer_is_said_and_the_bridge_is_asked_to_wait(
    bridge: Bridge, sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RedisConnectionError("gone")

    monkeypatch.setattr(sidecar.redis, "mget", gone)

    response = bridge.send(bridge.event("session.started"))

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_a_store_that_is_nearly_full_takes_in_nothing_new_and_forgets_nothing(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    used = sidecar.redis.info("memory")["used_memory"]
    sidecar.redis.config_set("maxmemory", int(used / 0.9))
    try:
        before = contents(sidecar)
        refused = bridge.send(bridge.event("session.started"))
        assert contents(sidecar) == before
    finally:
        sidecar.redis.config_set("maxmemory", 0)

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 10
    later = Bridge(assemble(sidecar.config))
    assert statuses(later.send(bridge.event("session.started"))) == ["applied"]


def test_settings_of_a_newer_bridge_are_passed_over_whatever_they_hold(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    newer = {"min_gap": "5h", "\ud800": 1, "huge": 10**30, "deep": {"a": ["\ud800"]}}

    response = bridge.send(
        bridge.event("site.settings_saved", None, settings=newer, revision=1),
        bridge.event(
            "site.settings_saved", None, settings={**newer, "min_gap": "\ud800"}, revision=2
        ),
    )

    assert statuses(response) == ["applied", "quarantined"]
    assert sidecar.store.begin("salon").record().settings == {"min_gap": "5h"}
    assert len(sidecar.store.quarantined("salon")) == 1


def test_each_part_of_a_message_may_be_spoilt_and_nothing_breaks(bridge: Bridge) -> None:
    event = bridge.event("session.contact_given", contact=ANNA, consent={"basis": "opt_in"})
    spoilt = [json.loads(body) for body in all_spoilt(event, READABLE)]

    for first in range(0, len(spoilt), EVENTS_AT_MOST):
        assert bridge.send(*spoilt[first : first + EVENTS_AT_MOST]).status_code == 202
    whole = bridge.envelope([event])
    for place in [(), ("site",), ("origin",), ("origin", "home_url"), ("events",), ("events", 0)]:
        for written in (*READABLE, *UNREADABLE):
            answer = bridge.post(spoil(whole, place, written).encode())
            assert answer.status_code in (202, 400, 409)


def test_a_booking_made_without_the_form_is_taken_in_and_belongs_to_no_session(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    starts = utc(datetime.now(UTC) + timedelta(days=3))
    booking = {
        "key": "k1",
        "created_at": utc(datetime.now(UTC)),
        "appointments": [{"id": 1, "starts_at": starts, "status": "approved"}],
    }

    assert statuses(bridge.send(bridge.event("booking.confirmed", None, booking=booking))) == [
        "applied"
    ]
    assert sidecar.store.count_sessions("salon") == 0
