"""What a bridge asks for its owner."""

import json
import sys
from datetime import UTC, datetime

import pytest
from werkzeug.test import TestResponse

from sidecar.adapters import redis_keys
from sidecar.domain.signature import sign
from sidecar.ports import TooManyMessages
from sidecar.web import create_app
from sidecar.web.bridge import SHOWN, TOLD
from tests.assembled import Bridge

LARGEST_ANSWER = 250_000
"""Bytes that a bridge reads of an answer."""


def ask(bridge: Bridge, what: str, *, site: str = "salon", **body: object) -> TestResponse:
    raw = json.dumps({"site": site, **body}).encode()
    headers = sign(
        raw,
        message_id="msg_12345678",
        timestamp=int(datetime.now(UTC).timestamp()),
        secrets=bridge.sidecar.config.sites["salon"].webhook_secrets,
    )
    return bridge.client.post(
        f"/bridge/salon/{what}", data=raw, headers=headers, content_type="application/json"
    )


def test_a_summary_counts_and_masks(bridge: Bridge) -> None:
    bridge.send(bridge.event("session.contact_given", contact={"email": "marker@example.com"}))

    response = ask(bridge, "summary", action="summary.read")

    assert response.status_code == 200
    assert response.json is not None
    assert response.json["states"]["active"] == 1
    assert response.json["month"] == {"bookings": 0, "value": []}
    assert len(response.json["sessions"]) == 1
    assert "marker" not in response.text


def test_a_summary_is_never_too_long_for_a_bridge(bridge: Bridge) -> None:
    for visitor in range(SHOWN):
        steps = [
            bridge.event("session.step_reached", f"s{visitor}", step=f"step-{n}")
            for n in range(TOLD + 5)
        ]
        bridge.send(*steps)

    told = ask(bridge, "summary", action="summary.read").json

    assert told is not None
    assert [len(session["timeline"]) for session in told["sessions"]] == [TOLD] * SHOWN
    assert told["sessions"][0]["timeline"][-1]["details"] == {"step": f"step-{TOLD + 4}"}
    assert len(json.dumps(told)) < LARGEST_ANSWER


def test_a_log_in_from_wordpress_works_once_and_for_its_site_only(bridge: Bridge) -> None:
    answer = ask(bridge, "login", action="login.create", user="Zoë (editor)", role="support")
    assert answer.json is not None
    page = answer.json["url"].removeprefix(bridge.sidecar.config.server.public_url)

    browser = create_app(bridge.sidecar).test_client()
    assert browser.get(page).location == "/sites/salon/sessions"
    assert browser.get("/sites/salon/sessions").status_code == 200
    assert browser.get("/sites/spa/sessions").status_code == 404
    assert "Zoë (editor)" in browser.get("/").text

    again = create_app(bridge.sidecar).test_client()
    assert again.get(page).location == "/log-in"
    assert "used before" in again.get("/log-in").text
    assert again.get("/").status_code == 302


@pytest.mark.parametrize("role", ["admin", "owner", "", None, 5, ["support"]])
def test_wordpress_makes_nobody_more_than_support(bridge: Bridge, role: object) -> None:
    assert ask(bridge, "login", action="login.create", user="x", role=role).status_code == 400


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("summary", {"action": "login.create"}),
        ("summary", {}),
        ("login", {"action": "summary.read", "user": "x", "role": "viewer"}),
        ("login", {"action": "login.create", "role": "viewer"}),
        ("login", {"action": "login.create", "user": "", "role": "viewer"}),
        ("login", {"action": "login.create", "user": 7, "role": "viewer"}),
        ("login", {"action": "login.create", "user": "\ud800", "role": "viewer"}),
        ("login", {"action": "login.create", "user": "x" * 201, "role": "viewer"}),
        ("login", {"site": "spa", "action": "login.create", "user": "x", "role": "viewer"}),
    ],
)
def test_a_request_that_does_not_fit_is_refused(
    bridge: Bridge, what: str, body: dict[str, str]
) -> None:
    assert ask(bridge, what, **body).status_code == 400


def test_nobody_is_answered_without_a_signature(bridge: Bridge) -> None:
    for what in ("summary", "login"):
        assert bridge.client.post(f"/bridge/salon/{what}", json={}).status_code == 401


def test_a_site_that_sends_too_much_is_asked_to_wait(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = sys.modules["sidecar.web.webhooks"]  # its package has a function of that name
    monkeypatch.setattr(door, "_MESSAGES", 2)
    event = bridge.event("session.started")

    assert [bridge.send(event).status_code for _ in range(3)] == [202, 202, 429]
    assert int(bridge.send(event).headers["Retry-After"]) > 0


def test_of_messages_at_one_moment_no_more_are_taken_in_than_may_be_sent(bridge: Bridge) -> None:
    store = bridge.sidecar.store
    works = [store.begin("salon") for _ in range(2)]
    for work in works:
        work.limit(1)
        work.count("events", "applied")
    before = bridge.sidecar.counts.read()

    assert works[0].commit()
    with pytest.raises(TooManyMessages):
        works[1].commit()

    after = bridge.sidecar.counts.read()
    assert after == {**before, ("events", "salon", "applied"): 1}


@pytest.mark.parametrize("strange", [{"a": 1}, "many"])
def test_a_count_of_messages_that_is_none_begins_again(bridge: Bridge, strange: object) -> None:
    name, redis = redis_keys.messages("salon"), bridge.sidecar.redis
    if isinstance(strange, dict):
        redis.hset(name, mapping=strange)
    else:
        redis.set(name, str(strange))

    assert bridge.send(bridge.event("session.started")).status_code == 202
    assert redis.get(name) == b"1"
    assert 0 < redis.ttl(name) <= 60
