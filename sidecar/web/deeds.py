"""Who did what: every act of staff is kept, and can be read where it was done."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, abort, g, render_template, request
from redis.exceptions import RedisError

from sidecar import report
from sidecar.adapters.redis_deeds import Deed
from sidecar.config import Role, User
from sidecar.web.access import ask_for_log_in, may_see, site_or_404, viewer
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

SHOWN = 200
_ID = re.compile(r"[A-Za-z0-9_.-]{1,70}", re.ASCII)

WORDS: Mapping[str, str | Mapping[str, str]] = {
    "access.log_in": "logged in",
    "access.from_wordpress": "logged in from WordPress",
    "api.contacts": "changed whether a person may be written to, or erased them, by the interface",
    "live.begin_visit": "made a test visit",
    "status.act_on_message": {
        "hurry": "had a message sent now",
        "leave_out": "left a message out",
        "retry": "had a message tried again",
    },
    "status.note_call": "noted a call to the visitor",
    "status.forget": "erased this visitor",
    "status.release": "took the visitor for a person, not a robot",
    "steering.pause": {"1": "paused all messages", "0": "let messages go out again"},
    "steering.pause_all": {
        "1": "paused all messages of all sites",
        "0": "let messages of all sites go out again",
    },
    "steering.retry": "had what failed tried again",
    "steering.change_quarantine": {
        "replay": "had events in quarantine taken in again",
        "drop": "dropped an event in quarantine",
    },
    "steering.change_person": {
        "opt_out": "stopped all messages to a person",
        "allow": "allowed messages to a person again",
    },
    "steering.change_person_of": {
        "opt_out": "stopped all messages to this visitor",
        "allow": "allowed messages to this visitor again",
    },
}
"""What somebody did who went through a door; where it has several, by what was chosen there."""

CHANGE_NOTHING = frozenset({"access.log_out", "api.search", "listing.search"})
"""Doors that are asked by POST, some so that nobody's address stands in a URL."""

_CHOICES = ("op", "paused")
_TOLD = ("recovery", *_CHOICES)


def note_deeds(app: Flask, sidecar: Sidecar) -> None:
    """Keep every act of a viewer that was let through."""

    @app.after_request
    def note(response: Response) -> Response:
        user = viewer() if response.status_code < 400 and _is_act() else None
        if user is not None:
            try:
                sidecar.deeds.note(*_deed(user, sidecar.due.now()))
            except RedisError:
                log.exception("what somebody did was not kept", extra={"deed": request.endpoint})
        return response


def _is_act() -> bool:
    return "came_in_to" in g or (
        request.method == "POST" and request.endpoint not in CHANGE_NOTHING
    )


def _deed(user: User, now: datetime) -> tuple[str | None, Deed]:
    """The site at which something was done, None for all of them, and what it was."""
    place = dict(request.view_args or {})
    site = place.pop("site_id", None) or g.get("came_in_to")
    what = request.endpoint or ""
    return site, Deed(at=now, by=user.name, role=user.role, what=what, about=_about(place))


def _about(place: Mapping[str, object]) -> dict[str, str]:
    """What was concerned: ids and choices, and nothing of what was typed in."""
    told = {**place, **{name: request.form[name] for name in _TOLD if name in request.form}}
    told.pop("token", None)
    return {name: str(value) for name, value in told.items() if _ID.fullmatch(str(value))}


def words(deed: Deed) -> str:
    """Tell what somebody did."""
    found = WORDS.get(deed.what, deed.what)
    if isinstance(found, str):
        return found
    chosen = next((deed.about[name] for name in _CHOICES if name in deed.about), "")
    return found.get(chosen, deed.what)


def deeds(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("deeds", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/deeds")
    def of_site(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        return render_template(
            "deeds.html",
            site=site,
            deeds=sidecar.deeds.latest(site.id, SHOWN),
            words=words,
            zone=report.zone(sidecar.store, site),
        )

    @pages.get("/users")
    def users() -> str:
        user = viewer()
        if user is None or user.role is not Role.ADMIN:
            abort(403, "Only an admin sees who may look.")
        sees_all = user.sites == "*"
        known = [one for one in sidecar.config.users if sees_all or _shares_a_site(one)]
        return render_template(
            "users.html",
            users=known,
            roles=report.ROLES,
            deeds=sidecar.deeds.latest(None, SHOWN) if sees_all else [],
            words=words,
            zone=UTC,
        )

    return pages


def _shares_a_site(user: User) -> bool:
    return user.sites != "*" and any(map(may_see, user.sites))
