"""What staff may change at a site: whether messages go out, and to whom never."""

import json
from collections import Counter
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sidecar import people, recover, report, track
from sidecar.config import Site
from sidecar.config.choices import choices
from sidecar.domain.decision import may_retry
from sidecar.domain.errors import WrongRequest
from sidecar.domain.person import without_contacts
from sidecar.domain.recovery import Outcome
from sidecar.web.access import (
    ask_for_log_in,
    may_act,
    may_see,
    sees_contacts,
    site_or_404,
    viewer_name,
)
from sidecar.web.status import DONE
from sidecar.wiring import Sidecar

LISTED = 200
"""Messages that one page shows, and one button tries again."""


def steering(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("steering", __name__)
    pages.before_request(ask_for_log_in)

    @pages.before_request
    def refuse_viewers() -> None:
        if request.method == "POST" and not may_act():
            abort(403, "Your role lets you look, and change nothing.")

    @pages.get("/sites/<site_id>/settings")
    def settings(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        record = sidecar.store.begin(site.id).record()
        return render_template(
            "settings.html",
            site=site,
            record=record,
            status=sidecar.notes.read(site.id).status or {},
            choices=choices(site, record.settings),
            words=report.CHOICES,
            origins=report.ORIGINS,
            written=report.written,
            zone=report.zone(sidecar.store, site),
            may_act=may_act(),
        )

    @pages.post("/sites/<site_id>/pause")
    def pause(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        _pause(site)
        return redirect(url_for("steering.settings", site_id=site.id))

    @pages.post("/pause")
    def pause_all() -> Response:
        for site in sidecar.config.sites.values():
            if may_see(site.id):
                _pause(site)
        return redirect(url_for("overview.sites"))

    def _pause(site: Site) -> None:
        paused = request.form.get("paused") == "1"
        track.pause(sidecar.store, site, paused=paused)
        if site.paused and not paused:
            flash(f"{site.id} is still paused: its configuration says paused = true.", DONE)
        else:
            flash(f"{site.id}: {'paused' if paused else 'messages go out again'}.", DONE)

    @pages.get("/sites/<site_id>/failures")
    def failures(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        failed = sidecar.store.failures(site.id, LISTED)
        only = _outcome(request.args.get("outcome"))
        listed = [(session, made) for session, made in failed if only in (None, made.outcome)]
        return render_template(
            "failures.html",
            site=site,
            failures=listed,
            kinds=Counter(made.outcome for _, made in failed),
            only=only,
            total=sidecar.store.count_failures(site.id),
            tried_again=sidecar.store.tried_again(site.id, LISTED),
            retriable=sum(may_retry(made) for _, made in listed),
            outcome=lambda recovery: _shown(report.outcome(recovery)),
            outcomes=report.OUTCOMES,
            why=lambda session, recovery: _shown(report.why_waits(session, recovery)),
            shown=lambda contact: (
                contact if sees_contacts() or not contact else report.masked(contact)
            ),
            advice=report.ADVICE,
            may_retry=may_retry,
            zone=report.zone(sidecar.store, site),
            now=sidecar.due.now(),
            may_act=may_act(),
        )

    @pages.post("/sites/<site_id>/failures")
    def retry(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        wanted, now = request.form.get("recovery", ""), sidecar.due.now()
        only = _outcome(request.form.get("outcome"))
        try:
            if wanted:
                recover.retry(sidecar.store, site, wanted, now, by=viewer_name())
                flash("It is due again, and every check is made anew.", DONE)
            else:
                tried = recover.retry_all(
                    sidecar.store, site, LISTED, now, outcome=only, by=viewer_name()
                )
                flash(f"Due again: {tried}. Every check is made anew.", DONE)
        except WrongRequest as fault:
            flash(f"{fault}.")
        return redirect(url_for("steering.failures", site_id=site.id))

    @pages.get("/sites/<site_id>/quarantine")
    def quarantine(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        kept = sidecar.store.quarantined(site.id)[::-1]
        return render_template(
            "quarantine.html",
            site=site,
            kept=kept[:LISTED],
            total=len(kept),
            content=lambda one: json.dumps(one.event, indent=2, ensure_ascii=False),
            sees_contacts=sees_contacts(),
            zone=report.zone(sidecar.store, site),
            may_act=may_act(),
        )

    @pages.post("/sites/<site_id>/quarantine")
    def change_quarantine(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        only = request.form.get("event") or None
        if request.form.get("op") == "drop" and only is not None:
            there = track.drop_quarantined(sidecar.store, site, only)
            flash("It is dropped." if there else "It is not there any more.", DONE)
        else:
            taken, kept = track.replay(sidecar.store, site, sidecar.due.now(), only=only)
            told = f"Taken in: {taken}. Still not understood: {kept}."
            flash(told, DONE if taken or not kept else "message")
        return redirect(url_for("steering.quarantine", site_id=site.id))

    @pages.get("/sites/<site_id>/people")
    def find_people(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        return render_template("people.html", site=site, may_act=may_act())

    @pages.post("/sites/<site_id>/people")
    def change_person(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        given = request.form.get("identifier", "").strip()
        kind = "email" if "@" in given else "phone"
        try:
            _change(site, {"email": None, "phone": None, kind: given or None})
        except WrongRequest:
            flash("That is neither an e-mail address nor a phone number with its country's code.")
        return redirect(url_for("steering.find_people", site_id=site.id))

    @pages.post("/sites/<site_id>/sessions/<session_id>/person")
    def change_person_of(site_id: str, session_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        session = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
        if session is None or session.contact is None:
            abort(404, "There is nobody known in such a session; it may have been erased.")
        _change(site, {"email": session.contact.email, "phone": session.contact.phone})
        return redirect(url_for("status.session", site_id=site.id, session_id=session_id))

    def _change(site: Site, person: dict[str, Any]) -> None:
        now, by = sidecar.due.now(), viewer_name()
        if request.form.get("op") == "allow":
            people.allow(sidecar.store, site, **person, via=by, now=now)
            flash("This person may be written to again, from the next visit on.", DONE)
        else:
            people.opt_out(sidecar.store, site, **person, via=by, now=now)
            flash("This person gets no more messages. WordPress is told.", DONE)

    return pages


def _outcome(text: str | None) -> Outcome | None:
    return Outcome(text) if text in list(Outcome) else None


def _shown(text: str) -> str:
    return text if sees_contacts() else without_contacts(text)
