"""One visit: what happened, why, and what staff can do about it."""

from contextlib import suppress
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sidecar import group, people, recover, report
from sidecar.config import Site
from sidecar.domain import by_hand
from sidecar.domain.decision import may_retry
from sidecar.domain.errors import WrongRequest
from sidecar.domain.person import Contact
from sidecar.domain.recovery import recovery_id
from sidecar.domain.session import Phoned
from sidecar.web.access import (
    ask_for_log_in,
    may_act,
    may_forget,
    sees_contacts,
    site_or_404,
    viewer_name,
)
from sidecar.wiring import Sidecar

DONE = "done"
"""The category of what is said after something was done."""

_NO_SESSION = "There is no such session; it may have been erased."


def status(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("status", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/sessions/<session_id>")
    def session(site_id: str, session_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        found = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
        if found is None:
            abort(404, _NO_SESSION)
        work = sidecar.store.begin(site.id)
        same = group.joined(work, found)
        return render_template(
            "session.html",
            site=site,
            session=found,
            same=same,
            wish=people.wish(work, found),
            may_act=may_act(),
            may_forget=may_forget(),
            may_hurry=by_hand.may_hurry,
            may_leave_out=by_hand.may_leave_out,
            may_retry=may_retry,
            advice=report.ADVICE,
            calls=report.PHONED,
            **_telling(site),
        )

    @pages.before_request
    def refuse_viewers() -> None:
        if request.method == "POST" and not may_act():
            abort(403, "Your role lets you look, and change nothing.")

    @pages.post("/sites/<site_id>/sessions/<session_id>/release")
    def release(site_id: str, session_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        with suppress(WrongRequest):  # somebody was faster: the page says how it stands
            recover.release(
                sidecar.store, site, session_id, by=viewer_name(), now=sidecar.due.now()
            )
        return _back(site, session_id)

    @pages.post("/sites/<site_id>/sessions/<session_id>/messages/<int:number>")
    def act_on_message(site_id: str, session_id: str, number: int) -> Response:
        site = site_or_404(sidecar, site_id)
        message, by, now = recovery_id(session_id, number), viewer_name(), sidecar.due.now()
        try:
            match request.form.get("op"):
                case "hurry":
                    recover.hurry(sidecar.store, site, message, by=by, now=now)
                    flash("It is due now, and every check is made before it goes out.", DONE)
                case "leave_out":
                    recover.leave_out(sidecar.store, site, message, by=by, now=now)
                    flash("It will not be sent.", DONE)
                case "retry":
                    recover.retry(sidecar.store, site, message, now, by=by)
                    flash("It is due again, and every check is made anew.", DONE)
                case _:
                    abort(400, "Choose what shall become of the message.")
        except WrongRequest:
            flash("That cannot be done any more: look how the message stands by now.")
        return _back(site, session_id)

    @pages.post("/sites/<site_id>/sessions/<session_id>/call")
    def note_call(site_id: str, session_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        try:
            outcome = Phoned(request.form.get("outcome", ""))
        except ValueError:
            flash("Choose what came of the call.")
            return _back(site, session_id)
        try:
            recover.note_call(
                sidecar.store, site, session_id, outcome, by=viewer_name(), now=sidecar.due.now()
            )
        except WrongRequest:
            abort(404, _NO_SESSION)
        flash("The call is noted.", DONE)
        return _back(site, session_id)

    @pages.post("/sites/<site_id>/sessions/<session_id>/forget")
    def forget(site_id: str, session_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        if not may_forget():
            abort(403, "Only an admin erases people.")
        session = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
        if session is None or not session.identifiers or session.contact is None:
            abort(404, "There is nobody known in such a session; it may have been erased.")
        people.forget(
            sidecar.store,
            site,
            email=session.contact.email,
            phone=session.contact.phone,
            now=sidecar.due.now(),
        )
        flash("This person is erased here. WordPress is told to do the same.", DONE)
        return _back(site, session_id)

    def _back(site: Site, session_id: str) -> Response:
        return redirect(url_for("status.session", site_id=site.id, session_id=session_id))

    def _telling(site: Site) -> dict[str, object]:
        zone = report.zone(sidecar.store, site)
        return {
            "told": report.sentence,
            "inputs": report.inputs,
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
