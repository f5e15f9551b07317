"""The JSON for other programs."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError
from werkzeug.test import TestResponse

from sidecar.adapters.redis_store import RedisStore
from sidecar.domain.booking import Choice, Money, Selection
from sidecar.domain.conversion import AttributedBy, Conversion, ConversionStatus
from sidecar.domain.person import Contact
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import Arm, Session, State, Trial, begin, begin_offsite
from sidecar.web import create_app
from sidecar.wiring import Sidecar
from tests.assembled import HOME, PASSWORDS, Bridge, utc
from tests.web.test_probes import basic
from tests.web.test_status import log_in

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA = Contact(
    email="anna.marker@example.com",
    phone="+4915112345678",
    first_name="Anna-Marker",
    last_name="Marker",
    customer_id=5,
)
OURS = {"X-Requested-With": "booking-recovery"}


def keep(sidecar: Sidecar, *sessions: Session) -> None:
    for session in sessions:
        work = sidecar.store.begin("salon", sessions=[session.id])
        work.put_session(session, Policy())
        assert work.commit()


def seen(session_id: str, at: datetime = NOON, **more: Any) -> Session:
    return replace(begin("salon", session_id, at, zone="Europe/Berlin"), **more)


def won(
    session_id: str,
    *,
    appointment: datetime,
    converted: datetime = NOON,
    amount: str | None = "45.00",
    **more: Any,
) -> Session:
    """Return a session whose message was followed by a booking."""
    conversion = Conversion(
        revision=1,
        session_id=session_id,
        recovery_id=f"{session_id}.1",
        booking_key=f"pay-{session_id}",
        booked_at=converted,
        appointment_ids=(7,),
        appointment_starts_at=appointment,
        value=Money(amount=amount, currency="EUR") if amount else None,
        converted_at=converted,
        **{"attributed_by": AttributedBy.CLICK, **more},
    )
    return seen(session_id, state=State.RECOVERED, conversion=conversion)


@pytest.fixture
def client(sidecar: Sidecar) -> FlaskClient:
    return create_app(sidecar).test_client()


@pytest.fixture
def get(client: FlaskClient) -> Callable[..., TestResponse]:
    def ask(path: str, *, who: str = "desk", **query: object) -> TestResponse:
        asked = {key.rstrip("_"): value for key, value in query.items()}
        return client.get(f"/api/v1/{path}", query_string=asked, headers=basic(who))

    return ask


@pytest.fixture
def search(client: FlaskClient) -> Callable[..., TestResponse]:
    def ask(body: object, *, who: str = "desk", site: str = "salon") -> TestResponse:
        path = f"/api/v1/sites/{site}/sessions/search"
        return client.post(path, json=body, headers={**basic(who), **OURS})

    return ask


def ids(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.text
    assert response.json is not None
    return [session["id"] for session in response.json["sessions"]]


def is_problem(response: TestResponse, status: int, *names: str) -> bool:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert response.json is not None
    assert response.json["status"] == status
    return all(name in response.json.get("errors", {}) for name in names)


def test_a_session_is_told_as_the_interface_says(
    bridge: Bridge, get: Callable[..., TestResponse]
) -> None:
    bridge.send(
        bridge.event("session.started", page_url=f"{HOME}/book/"),
        bridge.event(
            "session.step_reached",
            step="date_time",
            selection={
                "service": {"id": 9, "name": "Haircut"},
                "date": "2026-12-01",
                "time": "10:30",
                "starts_at": "2026-12-01T09:30:00Z",
                "total": {"amount": "45.00", "currency": "EUR"},
            },
        ),
        bridge.event("session.contact_given", contact={"email": ANNA.email, "first_name": "Anna"}),
    )

    told = get("sites/salon/sessions/s1").json

    assert told is not None
    started, seen_at = told.pop("started_at"), told.pop("last_seen")
    assert datetime.fromisoformat(started) <= datetime.fromisoformat(seen_at)
    assert seen_at.endswith("Z")
    timeline = told.pop("timeline")
    assert [entry["what"] for entry in timeline] == ["started", "step_reached", "contact_given"]
    assert timeline[1]["details"] == {"step": "date_time"}
    assert timeline[1].keys() == {"at", "what", "why", "details"}
    assert told == {
        "id": "s1",
        "state": "active",
        "kind": "unfinished",
        "test": False,
        "step": "date_time",
        "contact": {
            "email": ANNA.email,
            "phone": None,
            "first_name": "Anna",
            "last_name": None,
            "customer_id": None,
        },
        "selection": {
            "location": None,
            "service": {"id": 9, "name": "Haircut"},
            "staff": None,
            "date": "2026-12-01",
            "time": "10:30",
            "starts_at": "2026-12-01T09:30:00.000Z",
            "people": None,
            "items": None,
            "total": {"amount": "45.00", "currency": "EUR"},
        },
        "consent": None,
        "visit": {
            "page_url": f"{HOME}/book/",
            "locale": None,
            "client_timezone": None,
            "tenant_id": None,
            "device": None,
            "referrer": None,
            "utm": {},
            "signals": [],
        },
        "abandoned_at": None,
        "joined": [],
        "recoveries": [],
        "conversion": None,
    }


def test_recoveries_and_the_conversion_are_told(
    sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    recoveries = (
        Recovery(number=1, due_at=NOON, outcome=Outcome.SENT, sent_at=NOON + timedelta(seconds=1)),
        Recovery(number=2, due_at=NOON, outcome=Outcome.SKIPPED, reason="capped"),
        Recovery(number=3, due_at=NOON, outcome=Outcome.HANDING_OVER),
    )
    keep(sidecar, replace(won("s1", appointment=NOON), recoveries=recoveries))

    told = get("sites/salon/sessions/s1").json

    assert told is not None
    assert told["recoveries"] == [
        {
            "id": "s1.1",
            "number": 1,
            "due_at": "2026-03-01T12:00:00.000Z",
            "sent_at": "2026-03-01T12:00:01.000Z",
            "outcome": "sent",
            "reason": None,
        },
        {
            "id": "s1.2",
            "number": 2,
            "due_at": "2026-03-01T12:00:00.000Z",
            "sent_at": None,
            "outcome": "skipped",
            "reason": "capped",
        },
        {
            "id": "s1.3",
            "number": 3,
            "due_at": "2026-03-01T12:00:00.000Z",
            "sent_at": None,
            "outcome": "waiting",
            "reason": None,
        },
    ]
    assert told["conversion"]["value"] == {"amount": "45.00", "currency": "EUR"}
    assert told["conversion"]["appointment_starts_at"] == "2026-03-01T12:00:00.000Z"
    assert told["conversion"]["attributed_by"] == "click"


def test_a_viewer_sees_nobody_s_contact(
    sidecar: Sidecar,
    get: Callable[..., TestResponse],
    search: Callable[..., TestResponse],
) -> None:
    refused = Recovery(
        number=1, due_at=NOON, outcome=Outcome.FAILED, reason=f"{ANNA.email} {ANNA.phone} refused"
    )
    keep(sidecar, seen("s1", contact=ANNA, recoveries=(refused,)), seen("s2"))

    for response in (
        get("sites/salon/sessions", who="guest"),
        get("sites/salon/sessions/s1", who="guest"),
        search({"email": ANNA.email}, who="guest"),
    ):
        assert response.status_code == 200
        assert "arker" not in response.text
        assert "12345678" not in response.text
        assert "a…@e…" in json.dumps(response.json, ensure_ascii=False)
    desk = get("sites/salon/sessions/s1").json
    assert desk is not None
    assert desk["contact"]["phone"] == ANNA.phone
    nobody = get("sites/salon/sessions/s2").json
    assert nobody is not None
    assert nobody["contact"] is None


def test_sites_are_those_that_one_may_see(
    bridge: Bridge, get: Callable[..., TestResponse]
) -> None:
    bridge.send(bridge.check_in(), bridge.event("session.started"))
    desk, boss = get("sites").json, get("sites", who="boss").json

    assert desk is not None
    assert boss is not None
    (salon,) = desk["sites"]
    assert salon["id"] == "salon"
    assert salon["paired"] is True
    assert salon["url"] == HOME
    assert salon["timezone"] == "Europe/Berlin"
    assert salon["sessions"]["active"] == 1
    assert [site["id"] for site in boss["sites"]] == ["salon", "spa"]
    assert boss["sites"][1]["paired"] is False


@pytest.mark.parametrize(
    "path", ["sessions", "sessions/s1", "report", "sessions?limit=wrong", "sessions/search"]
)
def test_a_site_that_one_may_not_see_does_not_exist(client: FlaskClient, path: str) -> None:
    ask = client.post if path.endswith("search") else client.get
    headers = {**basic("desk"), **OURS}
    hidden = ask(f"/api/v1/sites/spa/{path}", headers=headers)
    unknown = ask(f"/api/v1/sites/nowhere/{path}", headers=headers)

    assert is_problem(hidden, 404)
    assert hidden.data == unknown.data


def test_sessions_are_filtered(sidecar: Sidecar, get: Callable[..., TestResponse]) -> None:
    day = timedelta(days=1)
    keep(
        sidecar,
        seen("s1", NOON, state=State.LOST, step="service"),
        seen("s2", NOON + day, state=State.LOST, step="date_time"),
        seen("s3", NOON + 2 * day, state=State.BOOKED, step="date_time"),
    )

    def listed(**query: str) -> list[str]:
        return ids(get("sites/salon/sessions", **query))

    assert listed() == ["s3", "s2", "s1"]
    assert listed(state="lost") == ["s2", "s1"]
    assert listed(step="date_time") == ["s3", "s2"]
    assert listed(state="lost", step="date_time") == ["s2"]
    assert listed(from_="2026-03-02") == ["s3", "s2"]
    assert listed(to="2026-03-02") == ["s2", "s1"]
    assert listed(from_="2026-03-02", to="2026-03-02") == ["s2"]
    assert listed(from_="2026-03-01T12:00:00Z", to="2026-03-02T12:00:00Z") == ["s2", "s1"]
    assert listed(from_="2026-03-01T12:00:00.001Z", to="2026-03-02T11:59:59.999Z") == []
    assert listed(id="s2") == ["s2"]
    assert listed(id="s2", state="booked") == []
    assert listed(id="nobody") == []
    assert listed(state="active") == []


def test_a_session_is_listed_by_the_state_that_it_has_now(
    sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    keep(sidecar, seen("s1"))
    keep(sidecar, seen("s1", state=State.ABANDONED))

    assert ids(get("sites/salon/sessions", state="active")) == []
    assert ids(get("sites/salon/sessions", state="abandoned")) == ["s1"]


def test_a_day_begins_when_it_does_for_the_site(
    bridge: Bridge, sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    bridge.send(bridge.check_in(timezone="Pacific/Auckland"))
    keep(sidecar, seen("s1", datetime(2026, 3, 1, 11, 0, tzinfo=UTC)))

    assert ids(get("sites/salon/sessions", from_="2026-03-02")) == ["s1"]
    assert ids(get("sites/salon/sessions", to="2026-03-01")) == []


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(seconds=1)])
def test_pages_neither_repeat_nor_pass_over_while_sessions_arrive(
    sidecar: Sidecar, get: Callable[..., TestResponse], apart: timedelta
) -> None:
    there = [seen(f"s{n:03}", NOON - n * apart, step="x" if n % 2 else "y") for n in range(500)]
    keep(sidecar, *there)
    found: list[str] = []
    after: str | None = None
    for page in range(100):
        query = {"after": after} if after else {}
        response = get("sites/salon/sessions", limit=23, step="x", **query)
        found += ids(response)
        assert response.json is not None
        after = response.json["next"]
        if after is None:
            break
        keep(sidecar, seen(f"new-{page}", NOON + timedelta(seconds=page + 1), step="x"))

    wanted = [session.id for session in there if session.step == "x"]
    assert sorted(found) == sorted(wanted)
    if apart:
        assert found == wanted


def test_the_last_page_says_that_it_is_the_last(
    sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    keep(sidecar, *(seen(f"s{n}", NOON + timedelta(seconds=n)) for n in range(4)))

    exact = get("sites/salon/sessions", limit=4).json
    more = get("sites/salon/sessions", limit=3).json
    assert exact is not None
    assert more is not None
    assert exact["next"] is None
    assert more["next"] is not None
    assert ids(get("sites/salon/sessions", after=more["next"])) == ["s0"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "gone"),
        ("state", "ACTIVE"),
        ("step", "x" * 100),
        ("from", "yesterday"),
        ("from", "2026-02-30"),
        ("from", "0001-01-01"),
        ("from", "99999-01-01"),
        ("to", "2026-03-01T12:00:00"),
        ("to", "2026-03-01T12:00:00+01:00"),
        ("to", "2026-03-01\0"),
        ("id", "../../etc"),
        ("id", "a" * 65),
        ("id", "s1.0"),
        ("id", "s1." + "9" * 5000),
        ("id", "\0"),
        ("id", "é"),
        ("after", "1"),
        ("after", "x-s1"),
        ("after", "9" * 400 + "-s1"),
        ("after", "-1-s1\n"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "201"),
        ("limit", "1.5"),
        ("limit", "9" * 5000),
        ("limit", "٣"),
    ],
)
def test_a_wrong_value_is_answered_with_its_name(
    get: Callable[..., TestResponse], field: str, value: str
) -> None:
    assert is_problem(get("sites/salon/sessions", **{field: value}), 400, field)


@pytest.mark.parametrize("query", ["state=%ff", "id=%ed%a0%80", "after=%00", "from=%f0%9f"])
def test_bytes_that_are_no_text_are_a_wrong_value(client: FlaskClient, query: str) -> None:
    response = client.get(f"/api/v1/sites/salon/sessions?{query}", headers=basic("desk"))

    assert is_problem(response, 400)


def test_a_person_an_appointment_and_a_recovery_lead_to_their_sessions(
    bridge: Bridge, sidecar: Sidecar, search: Callable[..., TestResponse]
) -> None:
    starts = utc(datetime.now(UTC) + timedelta(days=3))
    booking = {
        "key": "pay1",
        "created_at": utc(datetime.now(UTC)),
        "appointments": [{"id": 77, "starts_at": starts, "status": "approved"}],
    }
    bridge.send(
        bridge.event("session.started", "s1"),
        bridge.event("session.contact_given", "s1", contact={"email": ANNA.email}),
        bridge.event("session.contact_given", "s2", contact={"phone": ANNA.phone}),
        bridge.event("booking.confirmed", "s3", booking=booking),
    )
    waiting = (Recovery(number=1, due_at=NOON),)
    keep(sidecar, seen("s4", state=State.ABANDONED, recoveries=waiting))

    assert ids(search({"email": " Anna.Marker@Example.COM "})) == ["s1"]
    assert ids(search({"phone": "+49 151 123 456 78", "email": None})) == ["s2"]
    assert ids(search({"id": 77})) == ["s3"]
    assert ids(search({"id": "77", "surplus": True})) == ["s3"]
    assert ids(search({"id": "s4.1"})) == ["s4"]
    assert ids(search({"id": "s4"})) == ["s4"]
    assert ids(search({"id": "s4.2"})) == []
    assert ids(search({"id": 2**53 - 1})) == []
    assert ids(search({"email": "nobody@example.com"})) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "a@example.com", "phone": "+49301234567"}, "phone"),
        ({"email": "not an address"}, "email"),
        ({"email": 5}, "email"),
        ({"email": "a@example.com" * 100}, "email"),
        ({"email": "\ud800@example.com"}, "email"),
        ({"phone": "0151 123"}, "phone"),
        ({"phone": ["+49301234567"]}, "phone"),
        ({"id": True}, "id"),
        ({"id": 1.5}, "id"),
        ({"id": -1}, "id"),
        ({"id": 2**53}, "id"),
        ({"id": {"$ne": 1}}, "id"),
        ({"id": "s1.1.1"}, "id"),
        ({"id": "a\0"}, "id"),
    ],
)
def test_a_search_that_makes_no_sense_is_told_what_is_wrong(
    search: Callable[..., TestResponse], body: object, field: str
) -> None:
    assert is_problem(search(body), 400, field)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"[" * 2000 + b"]" * 2000, "application/json", 400),
        (b'{"id":' * 2000 + b"1" + b"}" * 2000, "application/json", 400),
        (b'{"id": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b'{"id": NaN}', "application/json", 400),
        (b'{"id": "s1", "id": "s2"}', "application/json", 400),
        (b'{"email": "\xff@example.com"}', "application/json", 400),
        (b'{"id": "s1"}' + b" " * 20_000, "application/json", 413),
        (b'{"id": "s1"}', "text/plain", 415),
        (b"id=s1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_search_is_refused(
    client: FlaskClient, body: bytes, content_type: str, status: int
) -> None:
    response = client.post(
        "/api/v1/sites/salon/sessions/search",
        data=body,
        content_type=content_type,
        headers={**basic("desk"), **OURS},
    )

    assert is_problem(response, status)


_QUERY = st.dictionaries(
    st.sampled_from(["state", "step", "from", "to", "id", "after", "limit", "by", "x"]),
    st.text() | st.integers().map(str) | st.sampled_from(["2199-12-31", "999999999999999-z"]),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "email", "x"]), inner),
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=_QUERY, body=_JSON, header=st.binary().filter(lambda raw: not {10, 13} & {*raw}))
def test_nothing_that_comes_in_is_a_fault_of_ours(
    client: FlaskClient, query: dict[str, str], body: object, header: bytes
) -> None:
    login = basic("boss")
    posted = {**login, **OURS, "Content-Type": "application/json"}
    answers = [
        client.get("/api/v1/sites/salon/sessions", query_string=query, headers=login),
        client.get("/api/v1/sites/salon/report", query_string=query, headers=login),
        client.post("/api/v1/sites/salon/sessions/search", data=json.dumps(body), headers=posted),
        client.get("/api/v1/sites", headers={"Authorization": header.decode("latin1")}),
        client.get("/api/v1/sites", headers={"Authorization": f"Basic {header.decode('latin1')}"}),
    ]

    for answer in answers:
        assert answer.status_code in (200, 400, 401, 429)
        assert answer.status_code == 200 or answer.content_type == "application/problem+json"


def test_a_booking_made_without_the_form_is_no_session(
    sidecar: Sidecar, get: Callable[..., TestResponse], search: Callable[..., TestResponse]
) -> None:
    keep(sidecar, begin_offsite("salon", "pay1", NOON))

    assert is_problem(get("sites/salon/sessions/offsite-pay1"), 404)
    assert ids(get("sites/salon/sessions")) == []
    assert ids(search({"id": "offsite-pay1"})) == []


@pytest.mark.parametrize("session_id", ["nobody", "a" * 65, "\0", "..", "é", "a:b", "a%2Fb"])
def test_an_unknown_session_is_a_problem(
    get: Callable[..., TestResponse], session_id: str
) -> None:
    assert is_problem(get(f"sites/salon/sessions/{quote(session_id)}"), 404)


def test_what_does_not_exist_is_a_problem_whatever_is_accepted(client: FlaskClient) -> None:
    headers = {**basic("desk"), "Accept": "text/html"}

    assert is_problem(client.get("/api/v1/nothing", headers=headers), 404)
    refused = client.delete("/api/v1/sites", headers=headers)
    assert is_problem(refused, 405)
    assert "GET" in refused.headers["Allow"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic //////8="},
        {"Authorization": "Basic \xe9\xff"},
        {"Authorization": "\xe9 \xff"},
        {"Authorization": "Bearer token"},
        basic("desk", "wrong"),
        basic("desk", ""),
        basic("desk", PASSWORDS["boss"]),
        basic("nobody\0", "x"),
        {"Authorization": "Basic OjA="},  # an empty name
    ],
)
def test_without_a_password_nothing_is_told(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.get("/api/v1/sites", headers={**headers, "Accept": "text/html"})

    assert is_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_guessing_is_slowed_down_as_at_the_form(client: FlaskClient) -> None:
    for _ in range(4):
        assert client.get("/api/v1/sites", headers=basic("desk", "wrong")).status_code == 401
    assert log_in(client, "desk", "wrong").status_code == 403

    slowed = client.get("/api/v1/sites", headers=basic("desk"))
    assert is_problem(slowed, 429)
    assert int(slowed.headers["Retry-After"]) > 0
    assert log_in(client, "desk").status_code == 429
    other_address = {"REMOTE_ADDR": "192.0.2.7"}
    boss = client.get("/api/v1/sites", headers=basic("boss"), environ_base=other_address)
    assert boss.status_code == 200


def test_a_right_password_is_never_slowed_down(client: FlaskClient) -> None:
    answers = {client.get("/api/v1/sites", headers=basic("desk")).status_code for _ in range(10)}

    assert answers == {200}


def test_a_password_that_a_browser_remembers_is_not_enough_to_post(client: FlaskClient) -> None:
    path = "/api/v1/sites/salon/sessions/search"

    assert is_problem(client.post(path, json={"id": "s1"}, headers=basic("desk")), 403)


def test_a_log_in_with_the_form_is_enough_to_read_and_needs_its_token_to_post(
    client: FlaskClient,
) -> None:
    log_in(client, "desk")
    path = "/api/v1/sites/salon/sessions/search"

    assert client.get("/api/v1/sites").status_code == 200
    assert is_problem(client.post(path, json={"id": "s1"}), 400)
    assert is_problem(client.post(path, json={"id": "s1"}, headers=OURS), 400)
    page = client.get("/").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert client.post(path, json={"id": "s1"}, headers={"X-CSRFToken": token}).status_code == 200


def test_a_store_that_does_not_answer_is_a_problem(
    get: Callable[..., TestResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RedisConnectionError("gone")

    monkeypatch.setattr(RedisStore, "begin", gone)

    response = get("sites/salon/sessions")
    assert is_problem(response, 503)
    assert response.headers["Retry-After"]


def test_answers_are_kept_nowhere(get: Callable[..., TestResponse]) -> None:
    assert get("sites").headers["Cache-Control"] == "no-store"


def test_the_report_counts_what_was_won_back_by_the_appointment_s_day(
    bridge: Bridge, sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    bridge.send(bridge.check_in(timezone="Europe/Berlin"))
    late_in_the_evening = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # the 10th in Berlin
    keep(
        sidecar,
        won("s1", appointment=late_in_the_evening),
        replace(
            won(
                "s2",
                appointment=datetime(2026, 3, 10, 9, tzinfo=UTC),
                amount="10.5",
                attributed_by=AttributedBy.SESSION,
            ),
            selection=Selection(service=Choice(id=9, name="Haircut")),
        ),
        won("s3", appointment=datetime(2026, 3, 31, 9, tzinfo=UTC), amount=None),
        won(
            "s4",
            appointment=datetime(2026, 3, 11, 9, tzinfo=UTC),
            status=ConversionStatus.REVERSED,
        ),
        won("s5", appointment=datetime(2026, 4, 1, 9, tzinfo=UTC)),
        seen("s6"),
    )

    told = get("sites/salon/report", from_="2026-03-01", to="2026-03-31").json
    assert told is not None
    visits, definitions, _ = (told.pop(name) for name in ("visits", "definitions", "comparison"))

    def tally(bookings: int, *amounts: str) -> dict[str, Any]:
        value = [{"amount": amount, "currency": "EUR"} for amount in amounts]
        return {"bookings": bookings, "value": value}

    assert told == {
        "from": "2026-03-01",
        "to": "2026-03-31",
        "by": "appointment_date",
        "timezone": "Europe/Berlin",
        "totals": {
            **tally(3, "55.50"),
            "attributed_by": {
                "click": tally(2, "45.00"),
                "session": tally(1, "10.50"),
                "contact": tally(0),
            },
            "reversed": tally(1, "45.00"),
            "spontaneous": tally(0),
        },
        "days": [
            {"date": "2026-03-10", **tally(2, "55.50")},
            {"date": "2026-03-31", **tally(1)},
        ],
        "services": {"9": {"messaged": 0, **tally(1, "10.50")}},
        "messages": {"1": {"messaged": 0, **tally(3, "55.50")}},
    }
    assert (visits["visits"], visits["won_visits"]) == (6, 4)
    assert definitions.keys() >= {*visits, "won"} - {"states", "kinds"}


def test_the_report_compares_those_who_were_messaged_with_those_who_were_not(
    sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    month_ago = datetime.now(UTC) - timedelta(days=20)
    keep(
        sidecar,
        *(
            seen(f"{arm}{n}", month_ago, trial=Trial(arm=arm, at=month_ago, booked=n < booked))
            for arm, booked in ((Arm.MESSAGED, 30), (Arm.LEFT_ALONE, 2))
            for n in range(60)
        ),
        seen("now", trial=Trial(arm=Arm.LEFT_ALONE, at=datetime.now(UTC))),
    )
    first = (month_ago - timedelta(days=1)).date().isoformat()

    told = get("sites/salon/report", from_=first, to=datetime.now(UTC).date().isoformat()).json

    assert told is not None
    compared = told["comparison"]
    assert compared["messaged"] == {"people": 60, "booked": 30}
    assert compared["left_alone"] == {"people": 60, "booked": 2}
    assert compared["difference"] == pytest.approx(28 / 60)
    assert 0 < compared["low"] < compared["difference"] < compared["high"]
    assert compared["is_certain"]
    assert compared["people_needed"] == 0


def test_the_report_follows_an_appointment_that_moves(
    sidecar: Sidecar, get: Callable[..., TestResponse]
) -> None:
    keep(sidecar, won("s1", appointment=datetime(2026, 3, 10, 9, tzinfo=UTC)))
    keep(sidecar, won("s1", appointment=datetime(2026, 5, 10, 9, tzinfo=UTC)))

    march = get("sites/salon/report", from_="2026-03-01", to="2026-03-31").json
    may = get("sites/salon/report", from_="2026-05-01", to="2026-05-31").json
    by_conversion = get(
        "sites/salon/report", from_="2026-03-01", to="2026-03-01", by="conversion_date"
    ).json

    assert march is not None
    assert may is not None
    assert by_conversion is not None
    assert march["totals"]["bookings"] == 0
    assert may["totals"]["bookings"] == 1
    assert by_conversion["totals"]["bookings"] == 1


def test_a_report_without_a_range_is_of_this_month(get: Callable[..., TestResponse]) -> None:
    told = get("sites/salon/report").json

    assert told is not None
    today = datetime.now(UTC).date()
    assert told["from"] <= today.isoformat() <= told["to"]
    assert told["from"].endswith("-01")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2199-12-31", "to": "2199-01-01"}, "from"),
        ({"to": "x"}, "to"),
        ({"by": "moon"}, "by"),
        ({"by": ""}, "by"),
    ],
)
def test_a_report_that_makes_no_sense_is_told_what_is_wrong(
    get: Callable[..., TestResponse], query: dict[str, str], field: str
) -> None:
    assert is_problem(get("sites/salon/report", **query), 400, field)
