"""One visit: what happened, why, and what staff can do about it."""

from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from sidecar import group, people, recover, report
from sidecar.config import Site
from sidecar.domain.errors import WrongRequest
from sidecar.domain.person import Contact
from sidecar.web.access import (
    ask_for_log_in,
    may_act,
    sees_contacts,
    site_or_404,
    viewer_name,
)
from sidecar.wiring import Sidecar


def status(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("status", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/sessions/<session_id>")
    def session(site_id: str, session_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        found = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
        if found is None:
            abort(404, "There is no such session; it may have been erased.")
        work = sidecar.store.begin(site.id)
        same = group.joined(work, found)
        return render_template(
            "session.html",
            site=site,
            session=found,
            same=same,
            wish=people.wish(work, found),
            may_act=may_act(),
            **_telling(site),
        )

    @pages.post("/sites/<site_id>/sessions/<session_id>/release")
    def release(site_id: str, session_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        if not may_act():
            abort(403, "Your role lets you look, and change nothing.")
        with suppress(WrongRequest):  # somebody was faster: the page says how it stands
            recover.release(
                sidecar.store, site, session_id, by=viewer_name(), now=sidecar.due.now()
            )
        return redirect(url_for("status.session", site_id=site_id, session_id=session_id))

    def _telling(site: Site) -> dict[str, object]:
        zone = report.zone(sidecar.store, site)
        return {
            "told": report.sentence,
            "outcome": report.outcome,
            "signals": report.signals,
            "why": report.WHY,
            "consents": report.CONSENTS,
            "step_name": report.step_name,
            "attributed": report.ATTRIBUTED,
            "headline": lambda session: report.headline(session, datetime.now(UTC)),
            "shown": lambda contact: _shown(contact),
            "zone": zone,
        }

    return pages


def _shown(contact: Contact | None) -> Contact | None:
    return contact if contact is None or sees_contacts() else report.masked(contact)
