"""docs/openapi.yaml tells what is served to machines: all of it, and nothing else."""

import copy
import io
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import State
from sidecar.domain.signature import sign
from sidecar.web import FOR_MACHINES, create_app, door
from sidecar.wiring import Sidecar
from tests.assembled import HOME, Bridge, assembled
from tests.web.test_api import ANNA, NOON, keep, seen, won
from tests.web.test_probes import basic

DOCUMENT = Path(__file__).parents[2] / "docs/openapi.yaml"
TOLD: dict[str, Any] = schemathesis.openapi.from_path(DOCUMENT).raw_schema
METHODS = {"get", "post", "put", "patch", "delete"}


def described() -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, item in TOLD["paths"].items()
        for method in item.keys() & METHODS
    }


def served(*apps: Flask) -> set[str]:
    return {
        method + " " + re.sub(r"<(\w+)>", r"{\1}", rule.rule)
        for app in apps
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(FOR_MACHINES)
    }


def test_it_tells_every_route_for_machines_and_no_other(sidecar: Sidecar) -> None:
    assert described() == served(create_app(sidecar), door(sidecar))


def test_it_is_what_openapi_wants() -> None:
    schemathesis.openapi.from_path(DOCUMENT).validate()


def closed(told: dict[str, Any]) -> dict[str, Any]:
    """Return the document with no fields allowed but those that it names."""
    told = copy.deepcopy(told)
    requests = ("Envelope", "Event")

    def close(part: Any) -> None:
        if isinstance(part, dict):
            if "properties" in part:
                part.setdefault("additionalProperties", False)
            for below in part.values():
                close(below)
        elif isinstance(part, list):
            for below in part:
                close(below)

    close({k: v for k, v in told["components"]["schemas"].items() if k not in requests})
    for item in told["paths"].values():
        for method in item.keys() & METHODS:
            close(item[method]["responses"])
    return told


CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Sidecar:
    """A sidecar that holds a session of every kind."""
    sidecar = assembled(tmp_path_factory.mktemp("openapi"), redis_url)
    bridge = Bridge(sidecar)
    bridge.send(
        bridge.check_in(),
        bridge.event("session.started", page_url=f"{HOME}/book/", utm={"source": "x"}),
        bridge.event("session.contact_given", contact={"email": ANNA.email}),
    )
    recoveries = tuple(
        Recovery(number=number, due_at=NOON, outcome=outcome, sent_at=NOON, reason="x")
        for number, outcome in enumerate(Outcome, 1)
    )
    later = NOON + timedelta(days=3)
    keep(
        sidecar,
        *(
            seen(f"in-{state}", state=state, contact=ANNA)
            for state in State
            if state != "recovered"
        ),
        seen("all", state=State.CONTACTED, contact=ANNA, recoveries=recoveries),
        won("won", appointment=later),
        replace(won("free", appointment=later, amount=None), contact=ANNA),
    )
    sidecar.notes.told("salon", {"booknetic_ready": True, "workflows": 1})
    return sidecar


class LetIn:
    """Before the application: signs what a bridge sends, and logs programs in."""

    def __init__(self, sidecar: Sidecar, app: Flask) -> None:
        self._secrets = sidecar.config.sites["salon"].webhook_secrets
        self._app = app

    def __call__(self, environ: dict[str, Any], begin: Callable[..., Any]) -> Iterable[bytes]:
        sent = Request(environ)
        if sent.path.startswith(("/webhooks/", "/bridge/")):
            body = sent.get_data()
            environ["wsgi.input"] = io.BytesIO(body)
            headers = sign(
                body, message_id="m" * 8, timestamp=int(time.time()), secrets=self._secrets
            )
        else:
            headers = {**basic("boss"), "X-Requested-With": "booking-recovery"}
        for name, value in headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return self._app(environ, begin)


@pytest.fixture(scope="module")
def schema(filled: Sidecar) -> OpenApiSchema:
    told = schemathesis.openapi.from_dict(closed(TOLD))
    told.app = LetIn(filled, create_app(filled))
    return told


def check(schema: OpenApiSchema, path: str, answer: TestResponse, method: str = "GET") -> None:
    """Fail where the document does not tell of such an answer."""
    case = schema[path][method].Case()
    case.validate_response(answer, checks=CHECKS)


SESSIONS = "/api/v1/sites/{site_id}/sessions"
SESSION = f"{SESSIONS}/{{session_id}}"
REPORT = "/api/v1/sites/{site_id}/report"


@pytest.mark.parametrize(
    ("told", "asked", "status"),
    [
        ("/api/v1/sites", "/api/v1/sites", 200),
        (SESSIONS, "/api/v1/sites/salon/sessions?limit=3", 200),
        (SESSIONS, "/api/v1/sites/salon/sessions?state=recovered", 200),
        (SESSIONS, "/api/v1/sites/salon/sessions?state=x", 400),
        (SESSIONS, "/api/v1/sites/nowhere/sessions", 404),
        (SESSION, "/api/v1/sites/salon/sessions/won", 200),
        (SESSION, "/api/v1/sites/salon/sessions/free", 200),
        (SESSION, "/api/v1/sites/salon/sessions/all", 200),
        (SESSION, "/api/v1/sites/salon/sessions/s1", 200),
        (SESSION, "/api/v1/sites/salon/sessions/none", 404),
        (REPORT, "/api/v1/sites/salon/report?from=2026-02-01&to=2026-04-01", 200),
        (REPORT, "/api/v1/sites/salon/report?by=conversion_date", 200),
        (REPORT, "/api/v1/sites/salon/report?from=x", 400),
        ("/metrics", "/metrics", 200),
        ("/healthz", "/healthz", 200),
        ("/readyz", "/readyz", 200),
    ],
)
@pytest.mark.parametrize("name", ["boss", "guest"])
def test_what_is_answered_is_what_it_tells(
    schema: OpenApiSchema, filled: Sidecar, told: str, asked: str, status: int, name: str
) -> None:
    answer = create_app(filled).test_client().get(asked, headers=basic(name))

    assert answer.status_code == status
    check(schema, told, answer)


def test_refusals_are_what_it_tells(schema: OpenApiSchema, filled: Sidecar) -> None:
    client = create_app(filled).test_client()
    bridge = Bridge(filled)
    search, hooks = f"{SESSIONS}/search", "/webhooks/{site_id}"
    path = "/api/v1/sites/salon/sessions/search"
    ours = {**basic("boss"), "X-Requested-With": "booking-recovery"}

    for answer in (
        client.post(path, headers=ours, json={"id": "won"}),
        client.post(path, headers=ours, json={}),
        client.post(path, json={}),
        client.post(path, headers=basic("boss"), json={}),
        client.post(path, headers=ours, data=b"x" * 20_000, content_type="application/json"),
        client.post(path, headers=ours, data=b"x"),
    ):
        check(schema, search, answer, "POST")
    for answer in (
        bridge.send(bridge.event("session.started"), {}),
        bridge.send(),
        bridge.post(b"{}", headers={}),
        bridge.post(b"{}", content_type="text/plain"),
        bridge.post(b" " * 300_000),
        replace(bridge, home_url="https://copy.example").send(bridge.event("session.started")),
    ):
        check(schema, hooks, answer, "POST")
    for _ in range(5):
        check(schema, "/api/v1/sites", client.get("/api/v1/sites", headers=basic("boss", "x")))
    slowed = client.get("/api/v1/sites", headers=basic("boss"))
    filled.redis.delete(*filled.redis.keys("*limits*"))
    assert slowed.status_code == 429
    check(schema, "/api/v1/sites", slowed)


def test_an_answer_that_it_does_not_tell_of_is_noticed(schema: OpenApiSchema) -> None:
    for answer in (
        Response('{"status": "ok"}', 201, content_type="application/json"),
        Response('{"status": "fine"}', 200, content_type="application/json"),
        Response('{"status": "ok", "new": 1}', 200, content_type="application/json"),
        Response("ok", 200, content_type="text/plain"),
    ):
        with pytest.raises(FailureGroup):
            check(schema, "/healthz", Client(answer).get("/healthz"))


OURS = {"site_id": "salon", "session_id": "won"}
FITTING: dict[str, dict[str, Any]] = {
    "POST /webhooks/{site_id}": {
        "site": "salon",
        "origin": {"home_url": HOME, "outbox_id": "other"},
    },
    "POST /bridge/{site_id}/summary": {"site": "salon"},
    "POST /bridge/{site_id}/login": {"site": "salon"},
    "POST /api/v1/sites/{site_id}/sessions/search": {"id": "won", "email": None, "phone": None},
    "POST /api/v1/sites/{site_id}/contacts": {"email": "a@example.com", "phone": None},
}
"""What a body needs beside its shape to be about something that is there."""


@pytest.mark.parametrize("route", sorted(described()))
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_asked_is_answered_as_it_tells(
    schema: OpenApiSchema, route: str, mode: GenerationMode
) -> None:
    method, path = route.split(" ")
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()):
        return  # there is nothing that could be wrong

    answered: set[int] = set()

    @settings(
        max_examples=15,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), at_ours=st.booleans())
    def ask(case: Case[Any], *, at_ours: bool) -> None:
        if at_ours:
            case.path_parameters = {name: OURS[name] for name in case.path_parameters or {}}
            if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
                case.body = {**case.body, **FITTING.get(route, {})}
        answered.add(case.call_and_validate(checks=[not_a_server_error, *CHECKS]).status_code)

    ask()

    if mode is GenerationMode.POSITIVE:
        assert min(answered) in (200, 202)
