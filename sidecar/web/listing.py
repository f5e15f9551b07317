"""The list of visits: filtered, searched, page by page, and as a file."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from sidecar import report
from sidecar.adapters.redis_sessions import Place, Wanted
from sidecar.config import Site
from sidecar.domain.person import Contact, normalise_phone
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, State
from sidecar.web.access import ask_for_log_in, sees_contacts, site_or_404
from sidecar.web.api import found_by, sessions_asked
from sidecar.web.downloads import table
from sidecar.wiring import Sidecar

PAGE = 50
AT_ONCE = 200
LOOK_AT = 1000
"""Visits that one request looks through, so that none takes long; a page goes on by itself."""
FILTERS = ("state", "step", "service", "outcome", "from", "to")

HEADER = (
    *("session", "state", "left", "last step", "first name", "last name", "e-mail", "phone"),
    *("service", "staff", "location", "chosen date", "chosen time", "began", "last seen"),
    *("abandoned", "messages", "won back", "appointment", "value", "currency"),
)


def listing(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("listing", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/sessions")
    def sessions(site_id: str) -> str:
        site = site_or_404(sidecar, site_id)
        asked, wanted, after = _asked(site)
        found, place = sidecar.sessions.page(
            site.id, wanted, after=after, limit=PAGE, look_at=LOOK_AT
        )
        return _list(site, found, asked=asked, place=place, is_first=after is None)

    @pages.post("/sites/<site_id>/sessions")
    def search(site_id: str) -> str | Response:
        """Find visits by what somebody names; by POST, so that no address stands in a URL."""
        site = site_or_404(sidecar, site_id)
        typed = request.form.get("wanted", "").strip()
        try:
            found = found_by(sidecar, site, _kind_of(typed))
        except ValidationError:
            flash(
                "That is neither an e-mail address, nor a phone number with its country's code, "
                "nor the id of a visit, a message or an appointment."
            )
            return redirect(url_for("listing.sessions", site_id=site.id))
        if len(found) == 1:
            return redirect(url_for("status.session", site_id=site.id, session_id=found[0].id))
        return _list(site, found, searched=typed)

    @pages.get("/sites/<site_id>/sessions.csv")
    def file(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        _, wanted, _ = _asked(site)
        zone = report.zone(sidecar.store, site)
        plain = sees_contacts()  # asked while the request still lasts
        rows = (_row(one, zone, plain=plain) for one in _all(sidecar, site, wanted))
        return table(f"{site.id}-visits-{datetime.now(zone):%Y-%m-%d}.csv", HEADER, rows)

    def _asked(site: Site) -> tuple[dict[str, str], Wanted, Place | None]:
        """What was chosen, as it was typed, and as it is looked for."""
        given = {name: value for name, value in request.args.to_dict().items() if value.strip()}
        try:
            wanted, after = sessions_asked(given, report.zone(sidecar.store, site))
        except ValidationError as fault:
            for name, told in fault.messages_dict.items():
                flash(f"{name}: {' '.join(told)} It was left out.")
                given.pop(name, None)
            wanted, after = sessions_asked(given, report.zone(sidecar.store, site))
        return {name: given[name] for name in FILTERS if name in given}, wanted, after

    def _list(
        site: Site,
        found: list[Session],
        *,
        asked: dict[str, str] | None = None,
        place: Place | None = None,
        is_first: bool = True,
        searched: str | None = None,
    ) -> str:
        asked = asked or {}
        return render_template(
            "sessions.html",
            site=site,
            sessions=found,
            asked=asked,
            further=urlencode({**asked, "after": str(place)}) if place else None,
            chosen_filters=urlencode(asked),
            is_first=is_first,
            searched=searched,
            total=None if asked else sidecar.store.count_sessions(site.id),
            states=list(State),
            steps=report.STEPS,
            outcomes={one: report.OUTCOMES[one].partition(":")[0] for one in Outcome},
            step_name=report.step_name,
            outcome=report.outcome,
            shown=lambda contact: _shown(contact, plain=sees_contacts()),
            zone=report.zone(sidecar.store, site),
        )

    return pages


def _kind_of(typed: str) -> dict[str, str]:
    """Tell an address and a number from an id."""
    if "@" in typed:
        return {"email": typed}
    if normalise_phone(typed) or not re.fullmatch(r"[A-Za-z0-9_.-]+", typed, re.ASCII):
        return {"phone": typed}
    return {"id": typed}


def _all(sidecar: Sidecar, site: Site, wanted: Wanted) -> Iterator[Session]:
    """Every visit that is wanted, read a few at a time."""
    after: Place | None = None
    while True:
        found, after = sidecar.sessions.page(site.id, wanted, after=after, limit=AT_ONCE)
        yield from found
        if after is None:
            return


def _row(session: Session, zone: tzinfo, *, plain: bool) -> Iterable[Any]:
    contact = _shown(session.contact, plain=plain) or Contact()
    chosen, won = session.selection, session.conversion
    value = won.value if won else None

    def there(at: datetime | None) -> str:
        return at.astimezone(zone).isoformat(sep=" ", timespec="seconds") if at else ""

    names = (
        choice.name if choice else "" for choice in (chosen.service, chosen.staff, chosen.location)
    )
    return (
        *(session.id, session.state, session.kind, session.step or ""),
        *(contact.first_name, contact.last_name, contact.email, contact.phone),
        *(*names, chosen.date, chosen.time),
        *(there(session.started_at), there(session.last_seen), there(session.abandoned_at)),
        "; ".join(_message(recovery.number, recovery.outcome) for recovery in session.recoveries),
        won.status if won else "",
        there(won.appointment_starts_at) if won else "",
        *((value.amount, value.currency) if value else ("", "")),
    )


def _message(number: int, outcome: Outcome) -> str:
    return f"{number} {report.OUTCOMES[outcome].partition(':')[0]}"


def _shown(contact: Contact | None, *, plain: bool) -> Contact | None:
    return contact if contact is None or plain else report.masked(contact)
