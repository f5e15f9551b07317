"""The JSON of the status pages, for other programs."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema
from marshmallow.fields import Field

from sidecar import group, people, report, shapes
from sidecar.adapters.redis_sessions import Place, Wanted
from sidecar.config import Site, policy_for
from sidecar.domain.person import normalise_email, normalise_phone
from sidecar.domain.recovery import Outcome, split_recovery_id
from sidecar.domain.session import Session, State
from sidecar.domain.tally import By
from sidecar.payloads import LARGEST_NUMBER, NotJson, Text, Timestamp, read_json
from sidecar.results import Results, results
from sidecar.web.access import Gate, may_act, may_see, sees_contacts, viewer_name
from sidecar.web.problems import problem
from sidecar.wiring import Sidecar

LARGEST_BODY = 16 * 1024
PAGE, LARGEST_PAGE = 50, 200
LONGEST_REPORT = timedelta(days=366)

_ID = "[A-Za-z0-9_-]{1,64}"
_RECOVERY_ID = rf"{_ID}\.[1-9][0-9]{{0,3}}"


def api(sidecar: Sidecar, gate: Gate) -> Blueprint:
    answers = Blueprint("api", __name__, url_prefix="/api/v1")
    answers.before_request(gate.require)

    @answers.get("/sites")
    def sites() -> Response:
        mine = [site for site in sidecar.config.sites.values() if may_see(site.id)]
        return jsonify(sites=[_site_shape(sidecar, site) for site in mine])

    @answers.get("/sites/<site_id>/sessions")
    def sessions(site_id: str) -> Response:
        site = _site(sidecar, site_id)
        asked = _load(_SESSIONS, request.args.to_dict())
        wanted = _wanted(asked, report.zone(sidecar.store, site))
        if asked["id"] is not None:
            found = [s for s in _by_id(sidecar, site, asked["id"]) if wanted.matches(s)]
            return _listed(found, None)
        page, place = sidecar.sessions.page(
            site.id, wanted, after=asked["after"], limit=asked["limit"]
        )
        return _listed(page, place)

    @answers.post("/sites/<site_id>/sessions/search")
    def search(site_id: str) -> Response:
        site = _site(sidecar, site_id)
        return _listed(found_by(sidecar, site, _body()), None)

    @answers.post("/sites/<site_id>/contacts")
    def contacts(site_id: str) -> Response:
        site = _site(sidecar, site_id)
        if not may_act():
            abort(problem(403, "Your role lets you look, and change nothing"))
        asked = _load(_WISH, _body())
        person = {"email": asked["email"], "phone": asked["phone"]}
        if asked["op"] == people.FORGET:
            touched = people.forget(sidecar.store, site, **person, now=sidecar.due.now())
            return jsonify(outcome="done", sessions=touched)
        change = people.allow if asked["op"] == "allow" else people.opt_out
        touched = change(sidecar.store, site, **person, via=viewer_name(), now=sidecar.due.now())
        return jsonify(outcome="done", sessions=touched)

    @answers.get("/sites/<site_id>/sessions/<session_id>")
    def session(site_id: str, session_id: str) -> Response:
        site = _site(sidecar, site_id)
        found = _session(sidecar, site, session_id)
        if found is None:
            abort(problem(404, "There is no such session; it may have been erased"))
        joined = group.joined(sidecar.store.begin(site.id, sessions=[found.id]), found)
        return jsonify(shapes.session(found, contacts=sees_contacts(), joined=joined))

    @answers.get("/sites/<site_id>/report")
    def report_of(site_id: str) -> Response:
        site = _site(sidecar, site_id)
        found = results_asked(sidecar, site, request.args.to_dict())
        return jsonify(shapes.results(found))

    @answers.errorhandler(ValidationError)
    def wrong_value(fault: ValidationError) -> Response:
        errors = fault.messages_dict
        named = ", ".join(sorted(str(name) for name in errors))
        return problem(400, f"A value is wrong: {named}", errors=errors)

    return answers


def results_asked(sidecar: Sidecar, site: Site, given: Mapping[str, Any]) -> Results:
    """Return the report of the range that `from`, `to` and `by` name; raises ValidationError."""
    asked = _load(_REPORT, given)
    zone = report.zone(sidecar.store, site)
    first, last = _range(asked, zone)
    policy = policy_for(site, sidecar.store.begin(site.id).record().settings)
    over = (datetime.now(zone) - policy.attribution_window).date() - timedelta(days=1)
    return results(
        sidecar.tallies.read(site.id, asked["by"], first, last),
        sidecar.tallies.read(site.id, By.VISIT_DATE, first, last),
        sidecar.tallies.read(site.id, By.TRIAL_DATE, first, min(last, over)),
        first=first,
        last=last,
        by=asked["by"],
        zone=str(zone),
        held_out_share=policy.holdout_percent / 100,
    )


def _site(sidecar: Sidecar, site_id: str) -> Site:
    site = sidecar.config.sites.get(site_id)
    if site is None or not may_see(site_id):
        abort(problem(404, "There is no such site"))
    return site


def _session(sidecar: Sidecar, site: Site, session_id: str) -> Session | None:
    if not re.fullmatch(_ID, session_id, re.ASCII):
        return None
    found = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
    return found if found is not None and not found.offsite else None


def sessions_asked(given: object, zone: tzinfo) -> tuple[Wanted, Place | None]:
    """Return which sessions are wanted, and behind which the page begins. Raises ValidationError."""
    asked = _load(_LIST, given)
    wanted = replace(_wanted(asked, zone), service=asked["service"], outcome=asked["outcome"])
    return wanted, asked["after"]


def found_by(sidecar: Sidecar, site: Site, given: object) -> list[Session]:
    """Find sessions by one of `email`, `phone` and `id`. Raises ValidationError."""
    asked = _load(_SEARCH, given)
    if asked["id"] is not None:
        return _by_id(sidecar, site, asked["id"])
    return sidecar.store.sessions_of(site.id, email=asked["email"], phone=asked["phone"])


def _by_id(sidecar: Sidecar, site: Site, given: str) -> list[Session]:
    """Find the session that has this id, or a recovery or an appointment with it."""
    if "." in given:
        session_id, number = split_recovery_id(given)
        session = _session(sidecar, site, session_id)
        return [session] if session and session.recovery(number) else []
    ids = [given]
    if given.isdigit() and int(given) <= LARGEST_NUMBER:
        booked_in = sidecar.store.session_of_appointment(site.id, int(given))
        ids += [booked_in] if booked_in else []
    found = (_session(sidecar, site, session_id) for session_id in dict.fromkeys(ids))
    return [session for session in found if session]


def _listed(sessions: list[Session], place: Place | None) -> Response:
    return jsonify(
        sessions=[shapes.session(session, contacts=sees_contacts()) for session in sessions],
        next=str(place) if place else None,
    )


def _site_shape(sidecar: Sidecar, site: Site) -> dict[str, Any]:
    record = sidecar.store.begin(site.id).record()
    notes = sidecar.notes.read(site.id)
    check_in = record.check_in
    return {
        "id": site.id,
        "url": check_in.home_url if check_in else site.url or None,
        "paired": check_in is not None,
        "timezone": str(report.zone(sidecar.store, site)),
        "paused": site.paused or record.paused,
        "last_event_at": shapes.utc(record.last_event_at),
        "answered_at": shapes.utc(notes.answered_at),
        "failures": notes.failures,
        "fault": notes.fault if notes.failures else None,
        "status": notes.status,
        "sessions": sidecar.sessions.by_state(site.id),
    }


# What may be asked.


class _Moment(Field[date]):
    """A day, or a moment in UTC."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            value += "T00:00:00Z"
            return _moment(value).date()
        try:
            return _moment(value)
        except ValidationError:
            allowed = "Not a day such as 2026-11-22 or a time such as 2026-11-22T15:04:05Z."
            raise ValidationError(allowed) from None


def _moment(text: object) -> datetime:
    moment: datetime = Timestamp().deserialize(text)
    return moment


class _Place(Field[Place]):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Place:
        try:
            return Place.parse(str(value))
        except ValueError:
            raise ValidationError("Not what stood in `next`.") from None


class _Id(Field[str]):
    """A session's or a recovery's id, or the number of an appointment."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and 0 < value <= LARGEST_NUMBER:
            return str(value)
        if isinstance(value, str) and re.fullmatch(f"{_RECOVERY_ID}|{_ID}", value, re.ASCII):
            return value
        raise ValidationError("Not the id of a session, a recovery or an appointment.")


class _Limit(Field[int]):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if (
            not re.fullmatch("[0-9]{1,3}", str(value), re.ASCII)
            or not 0 < int(value) <= LARGEST_PAGE
        ):
            raise ValidationError(f"Not a whole number from 1 to {LARGEST_PAGE}.")
        return int(value)


class _Asked(Schema):
    class Meta:
        unknown = EXCLUDE


class _SessionsAsked(_Asked):
    state = fields.Enum(State, by_value=True, load_default=None)
    step = Text(64, load_default=None)
    first = _Moment(data_key="from", load_default=None)
    last = _Moment(data_key="to", load_default=None)
    id = _Id(load_default=None)
    after = _Place(load_default=None)
    limit = _Limit(load_default=PAGE)


class _ListAsked(_SessionsAsked):
    """What the page of sessions can be asked beside what the interface can."""

    service = Text(200, load_default=None)
    outcome = fields.Enum(Outcome, by_value=True, load_default=None)


class _PersonAsked(_Asked):
    email = Text(254, allow_none=True, load_default=None)
    phone = Text(40, allow_none=True, load_default=None)

    @validates_schema
    def check(self, data: dict[str, Any], **_: Any) -> None:
        names = [name for name in ("email", "phone", "id") if name in self.fields]
        given = [name for name in names if data[name] is not None]
        if len(given) != 1:
            told = [f"Give exactly one of {', '.join(names)}."]
            raise ValidationError(dict.fromkeys(given or names, told))
        if given == ["email"] and normalise_email(data["email"]) is None:
            raise ValidationError("Not an e-mail address.", "email")
        if given == ["phone"] and normalise_phone(data["phone"]) is None:
            raise ValidationError("Not a phone number with its country's code.", "phone")


class _SearchAsked(_PersonAsked):
    id = _Id(allow_none=True, load_default=None)


class _WishAsked(_PersonAsked):
    op = fields.String(required=True, validate=validate.OneOf(["opt_out", "allow", people.FORGET]))


class _ReportAsked(_Asked):
    first = _Moment(data_key="from", load_default=None)
    last = _Moment(data_key="to", load_default=None)
    by = fields.Enum(
        By,
        by_value=True,
        load_default=By.APPOINTMENT_DATE,
        validate=validate.NoneOf(
            [By.VISIT_DATE, By.TRIAL_DATE], error="Not appointment_date or conversion_date."
        ),
    )


_SESSIONS, _LIST, _SEARCH = _SessionsAsked(), _ListAsked(), _SearchAsked()
_REPORT = _ReportAsked()
_WISH = _WishAsked()


def _load(schema: Schema, given: object) -> dict[str, Any]:
    asked: dict[str, Any] = schema.load(given)  # type: ignore[arg-type]  # it refuses the rest itself
    return asked


def _body() -> object:
    """Return what the body holds; ends the request with a problem where that is not JSON."""
    body = request.stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        abort(problem(413, f"A body has at most {LARGEST_BODY} bytes"))
    if not request.is_json:
        abort(problem(415, "A body is sent as application/json"))
    try:
        found = read_json(body)
    except NotJson as fault:
        abort(problem(400, "Not a body that can be read", detail=str(fault)))
    if not isinstance(found, dict):
        abort(problem(400, "Not a body that can be read", detail="the body is not an object"))
    return found


def _wanted(asked: Mapping[str, Any], zone: tzinfo) -> Wanted:
    first, last = asked["first"], asked["last"]
    return Wanted(
        state=asked["state"],
        step=asked["step"],
        oldest=_begin(first, zone) if first else None,
        newest=_end(last, zone) if last else None,
    )


def _range(asked: Mapping[str, Any], zone: tzinfo) -> tuple[date, date]:
    """Return the first and the last day of a report; without being told, of this month."""
    today = datetime.now(zone).date()
    first = _day(asked["first"], zone) if asked["first"] else today.replace(day=1)
    month = max(first, today)
    month_ends = month.replace(day=monthrange(month.year, month.month)[1])
    last = _day(asked["last"], zone) if asked["last"] else month_ends
    if not first <= last <= first + LONGEST_REPORT:
        told = f"Not from 0 to {LONGEST_REPORT.days} days before `to`."
        raise ValidationError({"from": [told]})
    return first, last


def _day(moment: date, zone: tzinfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def _begin(moment: date, zone: tzinfo) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, zone)


def _end(moment: date, zone: tzinfo) -> datetime:
    """Return when what is meant up to and with a moment, or a day, is over."""
    if isinstance(moment, datetime):
        return moment + timedelta(milliseconds=1)  # times are shown to the millisecond
    return _begin(moment + timedelta(days=1), zone)
