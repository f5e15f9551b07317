"""Sessions and reports as JSON: the shapes of the interface, with times in UTC."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sidecar import report
from sidecar.domain.booking import Choice, Money, Selection
from sidecar.domain.conversion import Conversion
from sidecar.domain.events import Consent, Visit
from sidecar.domain.person import Contact, without_contacts
from sidecar.domain.recovery import Outcome, Recovery, recovery_id
from sidecar.domain.session import Entry, Session
from sidecar.results import DEFINITIONS, Bookings, Comparison, Part, Results


def session(found: Session, *, contacts: bool, joined: Iterable[str] = ()) -> dict[str, Any]:
    """Return a session; without `contacts` whom it belongs to is masked.

    `joined` are sessions of the same person, beside those tied by a link.
    """
    return {
        "id": found.id,
        "state": found.state,
        "kind": found.kind,
        "test": found.is_test,
        "step": found.step,
        "contact": _contact(found.contact, plain=contacts),
        "consent": _consent(found.consent),
        "visit": _visit(found.visit),
        "selection": _selection(found.selection),
        "started_at": utc(found.started_at),
        "last_seen": utc(found.last_seen),
        "abandoned_at": utc(found.abandoned_at),
        "joined": sorted({*found.joined, *joined}),
        "recoveries": [recovery(found, made, contacts=contacts) for made in found.recoveries],
        "conversion": _conversion(found.conversion),
        "timeline": [_entry(entry, plain=contacts) for entry in found.timeline],
    }


def utc(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _contact(contact: Contact | None, *, plain: bool) -> dict[str, Any] | None:
    if contact is None:
        return None
    return asdict(contact if plain else report.masked(contact))


def _consent(consent: Consent | None) -> dict[str, Any] | None:
    if consent is None:
        return None
    return {"basis": consent.basis, "text": consent.text, "at": utc(consent.at)}


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "page_url": visit.page_url,
        "locale": visit.locale,
        "client_timezone": visit.client_timezone,
        "tenant_id": visit.tenant_id,
        "device": visit.device,
        "referrer": visit.referrer,
        "utm": dict(visit.campaign),
        "signals": list(visit.signals),
    }


def _selection(selection: Selection) -> dict[str, Any]:
    def choice(chosen: Choice | None) -> dict[str, Any] | None:
        return None if chosen is None else {"id": chosen.id, "name": chosen.name}

    return {
        "location": choice(selection.location),
        "service": choice(selection.service),
        "staff": choice(selection.staff),
        "date": selection.date,
        "time": selection.time,
        "starts_at": utc(selection.starts_at),
        "people": selection.people,
        "items": selection.items,
        "total": money(selection.total),
    }


def money(value: Money | None) -> dict[str, str] | None:
    return None if value is None else {"amount": value.amount, "currency": value.currency}


def recovery(found: Session, recovery: Recovery, *, contacts: bool) -> dict[str, Any]:
    # Between the two lies a moment that is ours alone: it is not known yet whether it is sent.
    handed = recovery.outcome is Outcome.HANDING_OVER
    return {
        "id": recovery_id(found.id, recovery.number),
        "number": recovery.number,
        "due_at": utc(recovery.due_at),
        "sent_at": utc(recovery.sent_at),
        "outcome": Outcome.WAITING if handed else recovery.outcome,
        "reason": _words(recovery.reason, plain=contacts),
    }


def _conversion(conversion: Conversion | None) -> dict[str, Any] | None:
    if conversion is None:
        return None
    return {
        "revision": conversion.revision,
        "status": conversion.status,
        "session_id": conversion.session_id,
        "recovery_id": conversion.recovery_id,
        "booking_key": conversion.booking_key,
        "appointment_ids": list(conversion.appointment_ids),
        "appointment_starts_at": utc(conversion.appointment_starts_at),
        "attributed_by": conversion.attributed_by,
        "value": money(conversion.value),
        "converted_at": utc(conversion.converted_at),
        "registered": conversion.is_registered,
    }


def _entry(entry: Entry, *, plain: bool) -> dict[str, Any]:
    return {
        "at": utc(entry.at),
        "what": entry.what,
        "why": _words(entry.why, plain=plain),
        "details": dict(entry.details),
    }


def _words(text: str | None, *, plain: bool) -> str | None:
    """Pass on WordPress's own words; a mailer's error may quote whom it could not reach."""
    return text if plain or text is None else without_contacts(text)


def results(found: Results) -> dict[str, Any]:
    """Return the report of a range of days."""
    visits = found.visits
    return {
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "by": found.by,
        "timezone": found.zone,
        "totals": {
            **bookings(found.won),
            "attributed_by": {kind: bookings(counted) for kind, counted in found.won_by.items()},
            "reversed": bookings(found.reversed),
            "spontaneous": bookings(found.spontaneous),
        },
        "days": [
            {"date": day.isoformat(), **bookings(counted)}
            for day, counted in sorted(found.days.items())
        ],
        "visits": {
            "visits": visits.visits,
            "abandoned": visits.abandoned,
            "eligible": visits.eligible,
            "messaged": visits.messaged,
            "won_visits": visits.won,
            "booked": visits.booked,
            "won_of_messaged": visits.won_of_messaged,
            "won_of_eligible": visits.won_of_eligible,
            "states": visits.states,
            "kinds": visits.kinds,
            "left_at": visits.left_at,
            "phoned": visits.phoned,
        },
        "services": _parts(found.services),
        "messages": _parts(found.messages),
        "comparison": _comparison(found.comparison),
        "definitions": DEFINITIONS,
    }


def _parts(found: Mapping[int, Part]) -> dict[str, Any]:
    return {
        str(key): {"messaged": part.messaged, **bookings(part.won)} for key, part in found.items()
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    groups = {"messaged": found.messaged, "left_alone": found.left_alone}
    return {
        **{name: {"people": arm.people, "booked": arm.booked} for name, arm in groups.items()},
        "difference": found.difference.estimate,
        "low": found.difference.low,
        "high": found.difference.high,
        "is_certain": found.difference.is_certain,
        "people_needed": found.difference.people_needed,
    }


def bookings(counted: Bookings) -> dict[str, Any]:
    return {
        "bookings": counted.bookings,
        "value": [
            {"amount": _amount(amount), "currency": currency}
            for currency, amount in sorted(counted.value.items())
        ],
    }


def _amount(amount: Decimal) -> str:
    """Write a sum with two decimals, and with more only where it has more."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents:f}" if cents == amount else f"{amount.normalize():f}"
