"""Whatever comes in is read, or refused with the error that is meant for it."""

import json
import tomllib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sidecar.adapters.vault import Vault
from sidecar.config import ConfigError, known_settings, parse, read_settings
from sidecar.domain.signature import is_genuine
from sidecar.payloads import (
    DEEPEST,
    Misfit,
    NotAnEnvelope,
    NotJson,
    parse_envelope,
    parse_event,
    read_json,
)
from tests.strange import READABLE, UNREADABLE, all_spoilt

NOW = datetime(2026, 11, 22, 15, 5, tzinfo=UTC)
HOME = "https://salon.example"
TIME = "2026-11-22T15:04:05.120Z"
MONEY = {"amount": "45.00", "currency": "EUR"}
CONTACT = {
    "email": "anna@example.com",
    "phone": "+4930123456",
    "first_name": "Anna",
    "last_name": "Marker",
    "customer_id": 5,
}
BOOKING = {
    "key": "pay1",
    "created_at": TIME,
    "appointments": [
        {"id": 7, "starts_at": TIME, "ends_at": TIME, "status": "approved", "service_id": 9}
    ],
    "total": MONEY,
    "payment_method": "local",
    "payment_status": "paid",
}
DATA: dict[str, dict[str, Any]] = {
    "session.started": {
        "page_url": f"{HOME}/book/",
        "locale": "de_DE",
        "client_timezone": "Europe/Berlin",
        "tenant_id": 1,
        "referrer": "https://search.example/",
        "utm": {"source": "newsletter"},
        "device": "mobile",
        "signals": ["honeypot"],
    },
    "session.step_reached": {
        "step": "date_time",
        "previous_step": "service",
        "selection": {
            "service": {"id": 9, "name": "Haircut"},
            "date": "2026-12-01",
            "time": "10:30",
            "starts_at": TIME,
            "people": 1,
            "total": MONEY,
        },
    },
    "session.contact_given": {
        "contact": CONTACT,
        "consent": {"basis": "opt_in", "text": "Write to me.", "at": TIME},
    },
    "session.returned": {"token": "tFq3vXcB0e9LrUQ7nq3J5w"},
    "booking.created": {"booking": BOOKING, "contact": CONTACT},
    "booking.confirmed": {"booking": BOOKING, "contact": CONTACT, "tenant_id": 2},
    "booking.changed": {"booking": BOOKING},
    "booking.canceled": {"booking": BOOKING, "reason": "canceled"},
    "contact.opted_out": {"email": "a@example.com", "token": "A" * 40, "via": "link"},
    "contact.forgotten": {"email": "a@example.com", "phone": "+4930123456"},
    "site.checked_in": {
        "contract": 1,
        "home_url": HOME,
        "rest_url": f"{HOME}/wp-json/booking-recovery/v1/",
        "timezone": "Europe/Berlin",
        "delivery": "push",
        "bridge_version": "1.0.0",
        "outbox_pending": 3,
    },
    "site.settings_saved": {
        "settings": {"abandon_after": "15m", "messages": ["45m", "1d"], "holdout_percent": 5},
        "revision": 4,
    },
}


def event(kind: str, seq: int = 1) -> dict[str, Any]:
    session_id = None if kind.startswith(("contact.", "site.")) else "s1"
    return {
        "seq": seq,
        "type": kind,
        "occurred_at": TIME,
        "session_id": session_id,
        "data": DATA[kind],
    }


def take(body: bytes) -> None:
    """Read a webhook all the way down; only what is meant to be raised is passed over."""
    with suppress(NotJson, NotAnEnvelope):
        for one in parse_envelope(body).events:
            with suppress(Misfit):
                parse_event(one, home_url=HOME, received_at=NOW, skew=86_400.0)


def envelope(*events: object) -> dict[str, Any]:
    return {"site": "salon", "origin": {"home_url": HOME, "outbox_id": "o"}, "events": [*events]}


@pytest.mark.parametrize("kind", DATA)
def test_each_part_of_an_event_may_be_spoilt(kind: str) -> None:
    assert parse_event(event(kind), home_url=HOME, received_at=NOW).seq == 1

    for body in all_spoilt(envelope(event(kind)), READABLE):
        take(body.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "written", UNREADABLE, ids=lambda written: written[:12] + str(len(written))
)
def test_what_two_readers_could_read_in_two_ways_is_no_json(written: str) -> None:
    for body in all_spoilt(envelope(event("session.contact_given")), (written,)):
        with pytest.raises(NotJson):
            read_json(body.encode())


def test_a_body_is_as_deep_as_it_may_be_and_no_deeper() -> None:
    for opening, closing, inner in (("[", "]", ""), ('{"a":', "}", "1")):
        deepest = opening * DEEPEST + inner + closing * DEEPEST
        assert read_json(deepest.encode()) is not None
        with pytest.raises(NotJson, match="deep"):
            read_json((opening + deepest + closing).encode())


_TEXT = st.text(max_size=9) | st.sampled_from(["\0", "\ud800", "messages", "9" * 30, "x" * 5000])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 100_000)
@example(b'"' + b"\\u0000" * 40_000)
def test_no_bytes_are_a_fault_of_ours(body: bytes) -> None:
    take(body)
    with suppress(Misfit):
        parse_event(body, home_url=HOME, received_at=NOW)


_HEADER = st.text(alphabet=st.characters(max_codepoint=255)) | st.sampled_from(
    [
        "v1," * 500,
        "v1," + "A" * 100_000,
        "v1,====",
        "v1 , ,v1",
        "1e9",
        "\uff11764460800",
        "9" * 5000,
    ]
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    body=st.binary(),
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), _HEADER
    ),
    secrets=st.lists(st.binary(min_size=24, max_size=64), max_size=3),
)
def test_what_was_not_signed_is_not_genuine_and_no_fault(
    body: bytes, headers: dict[str, str], secrets: list[bytes]
) -> None:
    assert is_genuine(body, headers, secrets=secrets, now=1764460800) is False


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin1")) | st.just("=" * 40))
@example("A" * 40)
@example("\ud800")
@example("é" * 40)
def test_a_token_that_was_made_up_means_nobody(token: str) -> None:
    vault = Vault((b"c" * 32,), b"l" * 32)

    assert vault.person_of_token("salon", token) is None


def test_a_token_is_bound_to_its_site_to_the_last_bit() -> None:
    vault = Vault((b"c" * 32,), b"l" * 32)
    person = vault.person("salon", "ab" * 32)
    token = vault.opt_out_token("salon", person)

    assert vault.person_of_token("salon", token) == person
    assert vault.person_of_token("spa", token) is None
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert vault.person_of_token("salon", changed) is None


CONFIG = """
[server]
public_url = "https://recovery.example.com"
[redis]
url = "redis://127.0.0.1:6379/0"
[recovery]
messages = ["45m", "1d"]
quiet_hours = "21:00-08:00"
holdout_percent = 5
[[sites]]
id = "salon"
url = "https://salon.example"
timezone = "Europe/Berlin"
webhook_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
callback_secret = ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
locked = ["consent"]
[status]
users = [{name = "desk", password_hash = "pbkdf2:sha256:1000000$abcdefgh$abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789", role = "viewer", sites = ["*"]}]
[metrics]
allow = ["127.0.0.1", "10.0.0.0/8"]
[sentry]
dsn = "https://key@sentry.example/1"
"""
VALUES = (
    *("nan", "inf", "true", "[]", "{}", "0", "-1", "9" * 30, '""', '"\\u0000"', "2026-01-01"),
    *('"' + "x" * 5000 + '"', '"redis://[::1"', '"redis://a:99999"', '"whsec_="', '"https://é"'),
    *(
        '"redis+sentinel://"',
        '"redis+sentinel://a:x/m/0"',
        '"unix://"',
        '"whsec_' + "A" * 999 + '"',
    ),
    *("[[[]]]", '[""]', '["\\u0000"]', "[{}]", '"99999999999d"', '"٣m"', '"/dev/null"'),
)


def lines() -> list[str]:
    return [line for line in CONFIG.splitlines() if " = " in line]


@pytest.mark.parametrize("line", lines())
def test_a_wrong_value_of_the_configuration_is_told_as_one(tmp_path: Path, line: str) -> None:
    path = tmp_path / "config.toml"
    assert parse(CONFIG, path=path).sites.keys() == {"salon"}
    key = line.partition(" = ")[0]

    for value in VALUES:
        text = CONFIG.replace(line, f"{key} = {value}")
        tomllib.loads(text)
        with suppress(ConfigError):
            parse(text, path=path)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin1")))
def test_no_text_makes_the_configuration_fail_otherwise(text: str) -> None:
    for written in (text, CONFIG + text, text + CONFIG):
        with suppress(ConfigError):
            parse(written, path=Path("/nowhere/config.toml"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(["messages", "consent", "retention", "quiet_hours", "dry_run", "new"])
        | _TEXT,
        _JSON,
    )
)
def test_settings_of_an_owner_are_taken_or_told_to_be_wrong(given_: dict[str, Any]) -> None:
    with suppress(ConfigError):
        read_settings(given_)
        json.dumps(known_settings(given_), ensure_ascii=False).encode()
