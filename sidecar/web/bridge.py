"""What a bridge asks for its owner: a summary for wp-admin, and a log-in for who is logged in there.

Signed like webhooks, with `site` and `action` in the body.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, jsonify, url_for
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from sidecar import report, shapes
from sidecar.config import Role, Site
from sidecar.domain.session import State
from sidecar.domain.tally import By
from sidecar.payloads import NotJson, Pattern, read_json
from sidecar.ports import TooManyMessages
from sidecar.results import won
from sidecar.web.problems import problem
from sidecar.web.webhooks import admitted, too_many
from sidecar.wiring import Sidecar

SHOWN = 20
"""Sessions in a summary."""

TOLD = 30
"""Entries of each one's timeline, the latest: a bridge reads no answer beyond 250 kB."""


class _Asked(Schema):
    class Meta:
        unknown = EXCLUDE

    site = fields.String(required=True)
    action = fields.String(required=True)


class _LoginAsked(_Asked):
    user = Pattern("[^\\0]{1,200}", required=True)
    # Whoever runs a site does not thereby run the sidecar.
    role = fields.Enum(
        Role,
        by_value=True,
        required=True,
        validate=validate.OneOf([Role.VIEWER, Role.SUPPORT], error="At most support."),
    )


_SUMMARY, _LOGIN = _Asked(), _LoginAsked()


def bridge(sidecar: Sidecar) -> Blueprint:
    door = Blueprint("bridge", __name__)

    @door.post("/bridge/<site_id>/summary")
    def summary(site_id: str) -> Response:
        site, body = admitted(sidecar, site_id)
        _asked(_SUMMARY, body, site, "summary.read")
        return jsonify(_summary(sidecar, site, datetime.now(UTC)))

    @door.post("/bridge/<site_id>/login")
    def login(site_id: str) -> Response:
        site, body = admitted(sidecar, site_id)
        asked = _asked(_LOGIN, body, site, "login.create")
        token = secrets.token_urlsafe(24)
        expires_at = datetime.now(UTC) + timedelta(seconds=60)
        sidecar.log_ins.put(token, site.id, asked["user"], asked["role"])
        page = url_for("access.from_wordpress", token=token)
        return jsonify(
            url=sidecar.config.server.public_url + page, expires_at=shapes.utc(expires_at)
        )

    door.register_error_handler(TooManyMessages, too_many)
    return door


def _asked(schema: Schema, body: bytes, site: Site, action: str) -> dict[str, Any]:
    try:
        asked: dict[str, Any] = schema.load(read_json(body))  # type: ignore[arg-type]  # it may be anything
    except NotJson as fault:
        abort(problem(400, "Not a request", detail=str(fault)))
    except ValidationError as fault:
        abort(problem(400, "Not a request", errors=fault.messages))
    if asked["site"] != site.id or asked["action"] != action:
        abort(problem(400, "Not a request", detail="It was made for another site or action."))
    return asked


def _summary(sidecar: Sidecar, site: Site, now: datetime) -> dict[str, Any]:
    zone = report.zone(sidecar.store, site)
    today = now.astimezone(zone).date()
    first = today.replace(day=1)
    month = won(sidecar.tallies.read(site.id, By.CONVERSION_DATE, first, today))
    counted = sidecar.sessions.by_state(site.id)
    latest = sidecar.store.latest_sessions(site.id, limit=SHOWN)
    return {
        "states": {state: counted[state] for state in State},
        "month": shapes.bookings(month),
        "sessions": [_shortened(shapes.session(session, contacts=False)) for session in latest],
    }


def _shortened(session: dict[str, Any]) -> dict[str, Any]:
    return {**session, "timeline": session["timeline"][-TOLD:]}
