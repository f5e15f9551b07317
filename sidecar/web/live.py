"""What is happening at a site right now, for whoever connects it; and a robot that tries it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sidecar import report
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.redis_visits import PATIENCE, VISIT, FollowedVisit
from sidecar.adapters.visit_report import AssumptionState
from sidecar.config import Site
from sidecar.domain.session import TEST, Entry, Session
from sidecar.web.access import ask_for_log_in, may_act, site_or_404, viewer_name
from sidecar.wiring import Sidecar

LOOKED_AT = 20
"""Sessions whose news are shown."""

SHOWN = 30
NEW_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A part of connecting a site: whether it is done, and what to do until it is."""

    title: str
    done: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    session: Session
    entry: Entry


def live(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("live", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/live")
    def page(site_id: str) -> str:
        return render_template("live.html", **_shown(site_or_404(sidecar, site_id)))

    @pages.get("/sites/<site_id>/live/now")
    def now(site_id: str) -> str:
        return render_template("live-now.html", **_shown(site_or_404(sidecar, site_id)))

    @pages.post("/sites/<site_id>/live/visit")
    def begin_visit(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        if not may_act():
            abort(403, "Your role lets you look, and change nothing.")
        alive = sidecar.heartbeats.alive()
        if not alive["worker"] or not alive["clock"]:
            flash("No test visit was begun: no worker or no clock lives, so nothing would follow.")
        else:
            _begin(sidecar, site, by=viewer_name())
        return redirect(url_for("live.page", site_id=site.id) + "#visit")

    def _shown(site: Site) -> dict[str, object]:
        at = sidecar.due.now()
        visit = sidecar.visits.read(site.id)
        return {
            "site": site,
            "stages": _stages(sidecar, site),
            "news": _news(sidecar, site),
            "told": report.sentence,
            "visit": visit,
            "broken": _broken(visit),
            "is_new": lambda moment: at - moment < NEW_FOR,
            "waited": visit is not None and at >= visit.begun_at + PATIENCE,
            "zone": report.zone(sidecar.store, site),
            "may_act": may_act(),
        }

    return pages


def _begin(sidecar: Sidecar, site: Site, *, by: str) -> None:
    now = sidecar.due.now()
    visit = FollowedVisit(id=TEST + secrets.token_hex(12), by=by, begun_at=now)
    sidecar.visits.put(site.id, visit)
    sidecar.due.put({DueEntry(VISIT, site.id, visit.id): now})


def _broken(visit: FollowedVisit | None) -> list[str]:
    """What the bridge counts on and does not find in this Booknetic."""
    assumptions = visit.report.assumptions if visit and visit.report else ()
    return [
        f"{one.kind} {one.name}: {one.text}" if one.text else f"{one.kind} {one.name}"
        for one in assumptions
        if one.state is AssumptionState.BROKEN
    ]


def _stages(sidecar: Sidecar, site: Site) -> Iterator[Stage]:
    record = sidecar.store.begin(site.id).record()
    notes = sidecar.notes.read(site.id)
    status = notes.status or {}
    yield Stage(
        title="Paired",
        done=record.check_in is not None,
        text=f"with {record.check_in.home_url}"
        if record.check_in
        else f"Waiting for the plugin. Paste the code that booking-recovery pair {site.id} prints "
        "into WordPress, and press Save and test.",
    )
    answers = notes.answered_at is not None and not notes.failures
    yield Stage(
        title="WordPress answers",
        done=answers,
        text="the sidecar can call it"
        if answers
        else notes.fault or "Waiting for the first answer to a call.",
    )
    has_workflow = bool(status.get("workflows"))
    yield Stage(
        title="A workflow is there",
        done=has_workflow,
        text="Booknetic has one that starts with “Booking abandoned”"
        if has_workflow
        else "In Booknetic, create a workflow that starts with “Booking abandoned”.",
    )
    visited = sidecar.store.count_sessions(site.id) > 0
    yield Stage(
        title="A visit was seen",
        done=visited,
        text="visitors of the form are heard of"
        if visited
        else "Waiting for the first event… Open the form in a private window, where you are not "
        "logged in, and choose something.",
    )


def _news(sidecar: Sidecar, site: Site) -> list[News]:
    sessions = sidecar.store.latest_sessions(site.id, limit=LOOKED_AT)
    news = [
        News(session=session, entry=entry) for session in sessions for entry in session.timeline
    ]
    return sorted(news, key=_latest_first)[:SHOWN]


def _latest_first(news: News) -> tuple[float, int]:
    at: datetime = news.entry.at
    return (-at.timestamp(), -news.entry.seq)
