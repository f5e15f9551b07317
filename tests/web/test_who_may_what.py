"""What everybody may do, on every route: a route without a row here fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sidecar.config import parse
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import State, begin
from sidecar.web import create_app, door
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge, assembled, contents
from tests.web.test_probes import basic
from tests.web.test_status import log_in

OK, DONE = 200, 302
LOG_IN = "is sent to the log-in"
REFUSED = 401
FORBIDDEN = 403
HIDDEN = "no such site, as for one that nobody has"
UNSIGNED = (401,) * 6

ROLES = ("nobody", "viewer", "support", "admin", "away", "vouched")
"""`away` is support of another site; WordPress vouched for `vouched`, as support of this one."""

TABLE: dict[str, tuple[int | str, ...]] = {
    #                                                nobody   viewer     support admin away  vouched
    "GET /": (LOG_IN, OK, OK, OK, OK, OK),
    "GET /sites/<site_id>": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/sessions": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/sessions.csv": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "POST /sites/<site_id>/sessions": (LOG_IN, DONE, DONE, DONE, HIDDEN, DONE),  # to the one found
    "GET /sites/<site_id>/sessions/<session_id>": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/settings": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/failures": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/quarantine": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "POST /sites/<site_id>/quarantine": (LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    "GET /sites/<site_id>/people": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/report": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/report.csv": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/what-if": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/live": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/live/now": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /sites/<site_id>/deeds": (LOG_IN, OK, OK, OK, HIDDEN, OK),
    "GET /users": (LOG_IN, FORBIDDEN, FORBIDDEN, OK, FORBIDDEN, FORBIDDEN),
    "POST /pause": (LOG_IN, FORBIDDEN, DONE, DONE, DONE, DONE),
    "POST /sites/<site_id>/pause": (LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    "POST /sites/<site_id>/failures": (LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    "POST /sites/<site_id>/people": (LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    "POST /sites/<site_id>/sessions/<session_id>/person": (
        *(LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    ),
    "POST /sites/<site_id>/sessions/<session_id>/messages/<int:number>": (
        *(LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    ),
    "POST /sites/<site_id>/sessions/<session_id>/call": (
        *(LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    ),
    "POST /sites/<site_id>/sessions/<session_id>/forget": (
        *(LOG_IN, FORBIDDEN, FORBIDDEN, DONE, HIDDEN, FORBIDDEN),
    ),
    "POST /sites/<site_id>/sessions/<session_id>/release": (
        *(LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    ),
    "POST /sites/<site_id>/live/visit": (LOG_IN, FORBIDDEN, DONE, DONE, HIDDEN, DONE),
    "GET /log-in": (OK,) * 6,
    "POST /log-in": (DONE,) * 6,
    "GET /log-in/from-wordpress/<token>": (LOG_IN,) * 6,  # made up
    "POST /log-out": (LOG_IN,) * 6,
    "GET /api/v1/sites": (REFUSED, OK, OK, OK, OK, OK),
    "GET /api/v1/sites/<site_id>/sessions": (REFUSED, OK, OK, OK, HIDDEN, OK),
    "GET /api/v1/sites/<site_id>/sessions/<session_id>": (REFUSED, OK, OK, OK, HIDDEN, OK),
    "GET /api/v1/sites/<site_id>/report": (REFUSED, OK, OK, OK, HIDDEN, OK),
    "POST /api/v1/sites/<site_id>/sessions/search": (REFUSED, OK, OK, OK, HIDDEN, OK),
    "POST /api/v1/sites/<site_id>/contacts": (REFUSED, FORBIDDEN, OK, OK, HIDDEN, OK),
    "GET /metrics": (REFUSED, OK, OK, OK, OK, OK),
    "GET /healthz": (OK,) * 6,
    "GET /readyz": (OK,) * 6,
    "GET /static/<path:filename>": (OK,) * 6,
    "POST /webhooks/<site_id>": UNSIGNED,
    "POST /bridge/<site_id>/summary": UNSIGNED,
    "POST /bridge/<site_id>/login": UNSIGNED,
}

FILLED = {
    "number": "1",
    "site_id": "salon",
    "session_id": "s1",
    "token": "made-up",
    "filename": "status.css",
}
"""What stands for the variable parts of a route."""

FORMS: dict[str, dict[str, str]] = {
    "POST /log-in": {"name": "boss", "password": "boss's password"},
    "POST /sites/<site_id>/sessions": {"wanted": "anna@example.com"},
    "POST /pause": {"paused": "1"},
    "POST /sites/<site_id>/pause": {"paused": "1"},
    "POST /sites/<site_id>/failures": {"recovery": "s1.1"},
    "POST /sites/<site_id>/quarantine": {"op": "replay"},
    "POST /sites/<site_id>/people": {"identifier": "anna@example.com", "op": "opt_out"},
    "POST /sites/<site_id>/sessions/<session_id>/person": {"op": "opt_out"},
    "POST /sites/<site_id>/sessions/<session_id>/messages/<int:number>": {"op": "retry"},
    "POST /sites/<site_id>/sessions/<session_id>/call": {"outcome": "booked"},
}
BODIES: dict[str, dict[str, str]] = {
    "POST /api/v1/sites/<site_id>/sessions/search": {"id": "s1"},
    "POST /api/v1/sites/<site_id>/contacts": {"op": "opt_out", "email": "anna@example.com"},
}

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}
"""Not an address that may read the metrics without logging in."""

SIGNED = ("/webhooks/", "/bridge/")
"""What a bridge sends carries a signature instead of a token."""


def address_of(rule: str, **parts: str) -> str:
    return re.sub(r"<(?:path:|int:)?(\w+)>", lambda part: {**FILLED, **parts}[part[1]], rule)


@dataclass
class Door:
    """One person's browser, or one program, before the application."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def knock(self, route: str, *, token: str | None = None, **parts: str) -> TestResponse:
        """Ask for a route as one of our own pages would, or with another `token`."""
        method, rule = route.split(" ")
        headers = dict(self.headers)
        sent: dict[str, Any] = {}
        if method == "POST":
            sent = {"json": BODIES[route]} if route in BODIES else {"data": FORMS.get(route, {})}
            headers["X-CSRFToken"] = self.token if token is None else token
        return self.client.open(
            address_of(rule, **parts),
            method=method,
            headers=headers,
            environ_base=ELSEWHERE,
            buffered=True,
            **sent,
        )

    @cached_property
    def token(self) -> str:
        page = self.client.get("/", follow_redirects=True).text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found
        return found[1]


@dataclass
class House:
    """An application with something to see and to change at `salon`."""

    sidecar: Sidecar
    app: Flask
    bridge: Bridge

    def door_of(self, role: str) -> Door:
        client = self.app.test_client()
        names = {"viewer": "guest", "support": "desk", "admin": "boss", "away": "away"}
        if role in names:
            assert log_in(client, names[role]).status_code == DONE
        elif role == "vouched":
            self.sidecar.log_ins.put("token", "salon", "Zoë", "support")
            assert client.get("/log-in/from-wordpress/token").status_code == DONE
        return Door(client)

    def routes(self) -> list[str]:
        return sorted(
            f"{method} {rule.rule}"
            for app in (self.app, door(self.sidecar))
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> House:
    sidecar = assembled(tmp_path_factory.mktemp("house"), redis_url)
    bridge = Bridge(sidecar)
    bridge.send(bridge.check_in())
    return House(sidecar, create_app(sidecar), bridge)


@pytest.fixture(autouse=True)
def _as_it_was(house: House) -> Iterator[None]:
    """Put a visit there that failed and looks like a robot's, so that every button has work."""
    now = datetime.now(UTC)
    failed = Recovery(number=1, due_at=now, outcome=Outcome.FAILED, handed_at=now)
    house.bridge.send(
        house.bridge.event("session.started", signals=["honeypot"]),
        house.bridge.event("session.contact_given", contact={"email": "anna@example.com"}),
    )
    work = house.sidecar.store.begin("salon", sessions=["s1"])
    session = work.session("s1") or begin("salon", "s1", now)
    work.put_session(
        replace(session, state=State.ABANDONED, abandoned_at=now, recoveries=(failed,)), Policy()
    )
    assert work.commit()
    yield
    house.sidecar.redis.delete(*house.sidecar.redis.keys("*limits*") or ["none"])


def body_of(answer: TestResponse) -> str:
    return re.sub(r'value="[^"]+"', "", answer.text)  # the form's token differs


def is_as_told(told: int | str, answer: TestResponse, at_no_site: TestResponse) -> bool:
    if told == LOG_IN:
        return answer.status_code == DONE and answer.location.startswith("/log-in")
    if told == HIDDEN:
        same = body_of(answer) == body_of(at_no_site)
        return same and answer.status_code == at_no_site.status_code == 404
    return answer.status_code == told


def test_every_route_has_its_row_and_no_row_is_invented(house: House) -> None:
    assert house.routes() == sorted(TABLE)
    assert {len(row) for row in TABLE.values()} == {len(ROLES)}
    assert FORMS.keys() | BODIES.keys() <= TABLE.keys()


@pytest.mark.parametrize("route", TABLE)
def test_everybody_is_answered_as_the_table_tells(house: House, route: str) -> None:
    found = {}
    for role, told in zip(ROLES, TABLE[route], strict=True):
        door = house.door_of(role)
        at_no_site = door.knock(route, site_id="nowhere")
        before = contents(house.sidecar)
        answer = door.knock(route)
        if told in (LOG_IN, REFUSED, FORBIDDEN, HIDDEN):
            assert contents(house.sidecar) == before, role
        if not is_as_told(told, answer, at_no_site):
            found[role] = (told, answer.status_code, answer.location)

    assert found == {}


PROGRAMS = {"viewer": "guest", "support": "desk", "admin": "boss", "away": "away"}


@pytest.mark.parametrize("route", [route for route in TABLE if re.search("/api/|/metrics", route)])
def test_programs_may_what_their_user_may(house: House, route: str) -> None:
    for role, name in PROGRAMS.items():
        headers = {**basic(name), "X-Requested-With": "booking-recovery"}
        door = Door(house.app.test_client(), headers)
        told = TABLE[route][ROLES.index(role)]

        assert is_as_told(told, door.knock(route), door.knock(route, site_id="nowhere")), role


@pytest.mark.parametrize("route", [route for route in TABLE if "<site_id>" in route])
def test_another_site_is_as_if_it_were_not(house: House, route: str) -> None:
    for role in ("nobody", "viewer", "support", "vouched"):
        door = house.door_of(role)
        before = contents(house.sidecar)
        hidden = door.knock(route, site_id="spa")
        unknown = door.knock(route, site_id="nowhere")

        assert hidden.status_code in (DONE, 401, 403, 404)
        assert hidden.status_code == unknown.status_code
        assert body_of(hidden) == body_of(unknown).replace("nowhere", "spa")
        assert contents(house.sidecar) == before


@pytest.mark.parametrize("route", [route for route in TABLE if route.startswith("POST")])
def test_nothing_is_done_on_another_page_s_behalf(house: House, route: str) -> None:
    if route.split(" ")[1].startswith(SIGNED):
        return  # the table says that neither cookie nor token lets anybody in there
    boss = house.door_of("admin")
    foreign = house.door_of("support").token
    before = contents(house.sidecar)

    answers = [boss.knock(route, token=token) for token in ("", foreign, "made-up")]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert contents(house.sidecar) == before


@pytest.mark.parametrize("route", TABLE)
def test_no_other_method_lets_anybody_further(house: House, route: str) -> None:
    method, rule = route.split(" ")
    address = address_of(rule)
    client = house.app.test_client()

    def ask(method: str) -> TestResponse:
        return client.open(address, method=method, environ_base=ELSEWHERE, buffered=True)

    asked = ask("OPTIONS")
    assert asked.data == b"" or asked.status_code in (302, 401)
    if method == "GET":
        assert ask("HEAD").status_code == ask("GET").status_code
        assert ask("HEAD").data == b""
    for other in ("PUT", "PATCH", "DELETE", "TRACE"):
        assert ask(other).status_code in (400, 405)


POLICY = (
    "default-src 'none'; base-uri 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self'; font-src 'none'; form-action 'self'; frame-ancestors 'none'"
)
INLINE = re.compile(
    r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def check_headers(answer: TestResponse, *, is_static: bool = False) -> None:
    headers = answer.headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Cache-Control"] == ("public, max-age=3600" if is_static else "no-store")
    for cookie in headers.getlist("Set-Cookie"):
        assert re.fullmatch(
            r"__Host-booking-recovery=[^;]*; (Expires=[^;]+; Max-Age=0; )?"
            r"Secure; HttpOnly; Path=/; SameSite=Lax",
            cookie,
        ), re.sub("=[^;]+", "=…", cookie)


@pytest.fixture(name="behind_tls")
def _behind_tls(house: House) -> House:
    text = house.sidecar.config.path.read_text()
    server = '[server]\npublic_url = "https://recovery.example.com"\n'
    sidecar = assemble(parse(server + text, path=house.sidecar.config.path))
    return House(sidecar, create_app(sidecar), house.bridge)


TLS = {**ELSEWHERE, "wsgi.url_scheme": "https"}


def through_tls(house: House, *, as_boss: bool) -> FlaskClient:
    client = house.app.test_client()
    client.environ_base.update(TLS)
    if as_boss:
        page = client.get("/log-in", base_url="https://recovery.example.com")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token
        entered = client.post(
            "/log-in",
            base_url="https://recovery.example.com",
            headers={"Referer": "https://recovery.example.com/log-in"},
            data={"csrf_token": token[1], "name": "boss", "password": "boss's password"},
        )
        assert entered.status_code == DONE
        check_headers(entered)
    return client


@pytest.mark.parametrize("as_boss", [False, True], ids=["nobody", "boss"])
def test_every_answer_has_the_headers_that_protect_it(behind_tls: House, as_boss: bool) -> None:  # noqa: FBT001 # a parameter of the test
    client = through_tls(behind_tls, as_boss=as_boss)
    for route in TABLE:
        method, rule = route.split(" ")
        answer = client.open(
            address_of(rule), method=method, base_url="https://recovery.example.com", buffered=True
        )
        check_headers(answer, is_static=rule.startswith("/static/") and method == "GET")
        if answer.mimetype == "text/html":
            assert not INLINE.search(answer.text), route


def test_errors_have_the_headers_too(behind_tls: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = through_tls(behind_tls, as_boss=True)
    at = "https://recovery.example.com"

    def fails() -> None:
        raise ValueError("anna.marker@example.com")

    for accepted in ("text/html", "application/json"):
        headers = {"Accept": accepted}
        nothing = client.get("/static/nothing.css", base_url=at, headers=headers)
        found = {
            answer.status_code: answer
            for answer in (
                client.get("/nowhere", base_url=at, headers=headers),
                client.delete("/healthz", base_url=at, headers=headers),
                client.post("/log-in", base_url=at, headers=headers, data={}),
                client.post("/log-in", base_url=at, headers=headers, data=b"x" * 300_000),
            )
        }
        monkeypatch.setitem(behind_tls.app.view_functions, "health.healthz", fails)
        found[500] = client.get("/healthz", base_url=at, headers=headers)

        assert found.keys() == {404, 405, 400, 413, 500}
        assert re.search("no such|not found", nothing.text, re.IGNORECASE)
        for answer in [nothing, *found.values()]:
            check_headers(answer)
            assert "marker" not in answer.text
