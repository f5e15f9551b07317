"""What is sent to the bridge, and what its answers are taken for."""

import gzip
import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import requests

from sidecar.adapters.wordpress import SMALL_ANSWER, WordPress
from sidecar.domain.abandonment import abandon
from sidecar.domain.booking import Choice, Money, Selection
from sidecar.domain.conversion import AttributedBy, Conversion
from sidecar.domain.errors import AddressUnknown, GiveUp, RetryLater
from sidecar.domain.recovery import Outcome
from sidecar.ports import RecoveryCall
from sidecar.wiring import Sidecar
from tests.assembled import HOME, assembled
from tests.domain.making import POLICY, after, visited
from tests.listening import Answering, Call, Listener, Reply, listening
from tests.strange import READABLE, UNREADABLE, all_spoilt

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "contract" / "callbacks.json").read_text()
)["cases"]
ANSWERED = [case for case in CASES if case["status"] == 200]


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str, listener: Listener) -> Sidecar:
    return assembled(tmp_path, redis_url, home=listener.url)


@pytest.fixture
def wordpress(sidecar: Sidecar) -> WordPress:
    return sidecar.wordpress(sidecar.config.sites["salon"])


def call() -> RecoveryCall:
    selection = Selection(
        service=Choice(id=9, name="Färben"),
        date="2026-11-26",
        time="10:00",
        starts_at=after(days=4),
        total=Money(amount="89.00", currency="EUR"),
    )
    session = abandon(replace(visited(), selection=selection), POLICY, after(minutes=15))
    return RecoveryCall(session=session, number=1, of=1, not_after=after(days=1), lead_time=7200)


def example(name: str) -> dict[str, Any]:
    body: dict[str, Any] = next(case["body"] for case in CASES if case["name"] == name)
    return body


def shape(value: object) -> object:
    """The keys of an object, all the way down."""
    return {key: shape(below) for key, below in value.items()} if isinstance(value, dict) else None


def test_a_trigger_has_the_shape_that_both_sides_agreed(
    wordpress: WordPress, listener: Listener
) -> None:
    wordpress.trigger(call())

    sent, agreed = listener.calls[0].body, example("a recovery is sent")
    assert sent.keys() == agreed.keys()
    assert sent["contact"].keys() == agreed["contact"].keys()
    assert sent["selection"].keys() == agreed["selection"].keys()
    assert {key: type(value) for key, value in sent.items() if agreed[key] and value} == {
        key: type(value) for key, value in agreed.items() if value and sent[key]
    }


def test_a_conversion_has_the_shape_that_both_sides_agreed(
    wordpress: WordPress, listener: Listener
) -> None:
    wordpress.register(
        "s1",
        Conversion(
            revision=1,
            session_id="s2",
            recovery_id="s1.1",
            booking_key="pay1",
            booked_at=after(hours=2),
            appointment_ids=(7, 8),
            appointment_starts_at=after(days=3),
            attributed_by=AttributedBy.CLICK,
            value=Money(amount="89.00", currency="EUR"),
            converted_at=after(hours=2),
        ),
    )

    assert shape(listener.calls[0].body) == shape(example("a conversion is registered"))


@pytest.mark.parametrize("name", ["an empty outbox", "lookup of an unknown id", "status"])
def test_the_other_calls_have_the_shapes_that_both_sides_agreed(
    wordpress: WordPress, listener: Listener, name: str
) -> None:
    case = next(case for case in CASES if case["name"] == name)
    listener.answer = lambda sent: Reply(
        body={**case["answer"], "recovery_id": sent.body.get("recovery_id")}
    )

    if case["route"] == "outbox":
        assert wordpress.read_outbox("outbox-1", 0, 100).events == ()
    elif case["route"] == "status":
        assert wordpress.read_status().shown["workflows"] == 1
    else:
        assert wordpress.look_up("s1.1", close=False) is None

    sent = listener.calls[0]
    assert sent.route == case["route"]
    assert sent.body.keys() >= case["body"].keys()
    assert sent.body["action"] == case["body"]["action"]


def test_a_site_is_told_what_counts_where_its_owner_chooses_nothing(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda _: Reply(
        body=next(case["answer"] for case in CASES if case["name"] == "status")
    )

    wordpress.read_status()

    told = listener.calls[0].body["recovery"]
    assert told["locked"] == []
    assert told["defaults"] == {
        "abandon_after": "15m",
        "unpaid_after": "30m",
        "messages": ["45m"],
        "min_gap": "6h",
        "quiet_hours": "",
        "max_lateness": "1d",
        "slot_lead_time": "2h",
        "attribution_window": "7d",
        "contact_cooldown": "7d",
        "cap_per_30_days": 3,
        "holdout_percent": 0,
        "consent": "notice",
        "dry_run": False,
        "retention": "90d",
    }


@pytest.mark.parametrize(
    "case",
    [case for case in ANSWERED if case["route"].startswith("recoveries")],
    ids=lambda case: case["name"],
)
def test_every_agreed_answer_about_a_recovery_is_understood(
    wordpress: WordPress, listener: Listener, case: dict[str, Any]
) -> None:
    listener.answer = lambda sent: Reply(
        body={**case["answer"], "recovery_id": sent.body["recovery_id"]}
    )

    triggered = case["route"] == "recoveries"
    answer = wordpress.trigger(call()) if triggered else wordpress.look_up("s1.1", close=False)

    expected = case["answer"]["outcome"]
    assert (answer.outcome if answer else "unknown_id") == expected


def test_a_redirect_is_not_followed(wordpress: WordPress, listener: Listener) -> None:
    listener.answer = lambda _: Reply(307, headers={"Location": listener.url + "/elsewhere"})

    with pytest.raises(RetryLater):
        wordpress.look_up("s1.1", close=False)

    assert len(listener.calls) == 1


def refusing_by_a_clock(ahead: float) -> Answering:
    """Answer as a bridge whose clock is that far ahead: by its own clock, and with its date."""

    def answer(call: Call) -> Reply:
        now = time.time() + ahead
        off = abs(float(call.headers["webhook-timestamp"]) - now)
        date = {"Date": formatdate(now, usegmt=True)}
        return (
            Reply(body=call.body | {"outcome": "sent"}) if off <= 300 else Reply(401, headers=date)
        )

    return answer


@pytest.mark.parametrize("ahead", [3660, -3660])
def test_a_site_whose_clock_is_off_is_called_by_its_clock(
    sidecar: Sidecar, wordpress: WordPress, listener: Listener, ahead: int
) -> None:
    listener.answer = refusing_by_a_clock(ahead)

    assert wordpress.trigger(call()).outcome is Outcome.SENT
    assert len(listener.calls) == 2
    assert sidecar.store.begin("salon").record().skew == pytest.approx(ahead, abs=2)

    # Whoever calls next knows that already; and once it is mended, that is learnt likewise.
    sidecar.wordpress(sidecar.config.sites["salon"]).trigger(call())
    assert len(listener.calls) == 3
    listener.answer = refusing_by_a_clock(0)
    sidecar.wordpress(sidecar.config.sites["salon"]).trigger(call())
    assert sidecar.store.begin("salon").record().skew == 0


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 99 Xyz 99999999 99:99:99 GMT",
        "yesterday",
        "",
    ],
)
def test_a_refusal_whose_date_cannot_be_meant_is_a_refusal(
    sidecar: Sidecar, wordpress: WordPress, listener: Listener, date: str
) -> None:
    listener.answer = lambda _: Reply(401, headers={"Date": date})

    with pytest.raises(RetryLater, match="WordPress answered 401"):
        wordpress.trigger(call())

    assert len(listener.calls) == 1
    assert sidecar.store.begin("salon").record().skew == 0


def test_a_wrong_secret_under_another_clock_is_tried_once_more_and_no_more(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda _: Reply(401, headers={"Date": formatdate(time.time() + 3660)})

    with pytest.raises(RetryLater):
        wordpress.trigger(call())

    assert len(listener.calls) == 2


def test_an_answer_about_another_recovery_is_none(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda _: Reply(body={"recovery_id": "s2.1", "outcome": "sent"})

    with pytest.raises(RetryLater):
        wordpress.trigger(call())
    with pytest.raises(RetryLater):
        wordpress.look_up("s1.1", close=False)


def test_proxies_of_the_environment_are_not_used(
    wordpress: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert wordpress.trigger(call()).outcome is Outcome.SENT


def test_an_answer_is_read_no_further_than_it_may_be_long(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda _: Reply(raw=b" " * (SMALL_ANSWER + 1))

    with pytest.raises(RetryLater, match="too long"):
        wordpress.look_up("s1.1", close=False)


def test_an_answer_that_swells_is_not_blown_up(wordpress: WordPress, listener: Listener) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    listener.answer = lambda _: Reply(raw=bomb, headers={"Content-Encoding": "gzip"})

    tracemalloc.start()
    try:
        with pytest.raises(RetryLater, match="too long"):
            wordpress.look_up("s1.1", close=False)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_that_drips_ends_with_its_time(
    wordpress: WordPress, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WordPress._call, "__kwdefaults__", {"read": 1.0, "largest": SMALL_ANSWER})
    stops = threading.Event()
    listener.answer = lambda _: Reply(raw=b" " * 1000, drips=stops)

    began = time.monotonic()
    try:
        with pytest.raises(RetryLater, match="took too long"):
            wordpress.look_up("s1.1", close=False)
    finally:
        stops.set()
    assert time.monotonic() - began < 50  # of the hundred that it would take


ASKED: dict[str, Callable[[WordPress], object]] = {
    "recoveries": lambda wordpress: wordpress.trigger(call()),
    "recoveries/lookup": lambda wordpress: wordpress.look_up("s1.1", close=False),
    "outbox": lambda wordpress: wordpress.read_outbox("o", 0, 100),
    "status": lambda wordpress: wordpress.read_status(),
    "suppressions": lambda wordpress: wordpress.read_suppressions(None, 100),
}


@pytest.mark.parametrize("route", ASKED)
def test_each_part_of_an_answer_may_be_spoilt(
    wordpress: WordPress, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """Show that nothing but the errors that are meant for it comes of a strange answer."""
    answer = {
        **next(case["answer"] for case in ANSWERED if case["route"] == route),
        "origin": {"home_url": HOME, "outbox_id": "o"},
        "recovery_id": "s1.1",
    }
    response = requests.Response()
    for body in all_spoilt(answer, READABLE + UNREADABLE):
        given = response, body.encode("utf-8", "surrogatepass")
        monkeypatch.setattr(wordpress, "_post", lambda *_, told=given, **__: told)
        for status in (200, 422, 500):
            response.status_code = status
            with suppress(RetryLater, GiveUp):
                json.dumps(repr(ASKED[route](wordpress)), ensure_ascii=False).encode()


def test_a_site_asks_for_patience_and_is_given_it(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda _: Reply(503, headers={"Retry-After": "17"})

    with pytest.raises(RetryLater) as raised:
        wordpress.trigger(call())

    assert raised.value.after == 17


@pytest.mark.parametrize("asked", ["soon", "-5", "1e9", "9" * 5000, ""])
def test_patience_that_is_no_number_is_not_an_error(
    wordpress: WordPress, listener: Listener, asked: str
) -> None:
    listener.answer = lambda _: Reply(503, headers={"Retry-After": asked})

    with pytest.raises(RetryLater) as raised:
        wordpress.trigger(call())

    assert raised.value.after is None


def test_nothing_is_sent_to_a_site_whose_address_is_not_known(sidecar: Sidecar) -> None:
    with pytest.raises(AddressUnknown):
        sidecar.wordpress(sidecar.config.sites["spa"]).read_status()


def test_what_a_refusal_says_of_us_is_not_repeated(
    wordpress: WordPress, listener: Listener
) -> None:
    listener.answer = lambda sent: Reply(500, body={"code": "x", "message": str(sent.body)})

    with pytest.raises(RetryLater) as raised:
        wordpress.trigger(call())

    assert "anna" not in str(raised.value)


def test_times_are_sent_in_utc_with_milliseconds(wordpress: WordPress, listener: Listener) -> None:
    wordpress.trigger(call())

    stated = listener.calls[0].body["not_after"]
    assert datetime.fromisoformat(stated) == after(days=1)
    assert stated.endswith("000Z")
    assert datetime.fromisoformat(stated).tzinfo == UTC
    assert datetime.fromisoformat(stated) - after(days=1) == timedelta(0)
