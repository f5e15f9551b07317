"""Values are kept small: what they have in common with a sample is not written out.

The samples are a part of the format. Who changes one raises `schema.VERSION`, and keeps the one
before for what was written with it.
"""

import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec

_BARE = -zlib.MAX_WBITS
"""Without the header and the sum of zlib's own format: the version tells the one, and damage shows
when what was had back is decoded."""

_HARDEST = 9
"""Values are so small that it takes no longer."""


class Damaged(Exception):
    """What was squeezed cannot be had back."""


def squeeze(plain: bytes, sample: bytes) -> bytes:
    press = zlib.compressobj(_HARDEST, zlib.DEFLATED, _BARE, zdict=sample)
    return press.compress(plain) + press.flush()


def expand(squeezed: bytes, sample: bytes) -> bytes:
    """Return what was squeezed with the same sample. Raises Damaged."""
    release = zlib.decompressobj(_BARE, zdict=sample)
    try:
        plain = release.decompress(squeezed)
    except zlib.error as fault:
        raise Damaged from fault
    if not release.eof or release.unused_data:
        raise Damaged
    return plain


_AT = datetime(2027, 1, 1, tzinfo=UTC)


def _entry(what: str, *details: tuple[str, str], seq: int = 0, why: str | None = None) -> Any:
    return {"at": _AT, "seq": seq, "what": what, "why": why, "details": details}


def _recovery(number: int, outcome: str, reason: str | None = None) -> Any:
    return {
        "number": number,
        "due_at": _AT,
        "outcome": outcome,
        "reason": reason,
        "handed_at": None,
        "sent_at": None,
        "try_at": None,
        "tries": 0,
        "retry": False,
    }


_MONEY = {"amount": "45.00", "currency": "EUR"}

_OF_ANY_VISIT = (
    _entry("suspected", ("page", ""), ("device", "tablet"), ("signals", "too_fast")),
    _entry("returned", seq=1),
    _entry("booking_created", ("booking", ""), seq=1),
    _entry("booking_changed", ("booking", ""), seq=1),
    _entry("booking_canceled", ("booking", ""), seq=1, why="canceled"),
    _entry("recovery_hurried", ("recovery", "1")),
    _entry("recovery_waits", ("recovery", "1"), why="quiet_hours"),
    _entry("recovery_handed_over", ("recovery", "1"), ("others", "0")),
    _entry("recovery_ended", ("recovery", "1"), ("outcome", "sent")),
    _entry("recovery_skipped", ("recovery", "1"), why="no_contact"),
    _entry("recovery_skipped", ("recovery", "2"), why="superseded"),
    _entry("converted", ("by", "click"), ("booking", "")),
    _entry("conversion_registered", ("revision", "1"), ("status", "active")),
    _entry("abandoned", ("kind", "unpaid")),
    _entry("lost"),
)

_CONVERSION = {
    "revision": 1,
    "session_id": "",
    "recovery_id": "",
    "booking_key": "",
    "booked_at": _AT,
    "appointment_ids": (1,),
    "appointment_starts_at": _AT,
    "attributed_by": "session",
    "value": _MONEY,
    "status": "active",
    "converted_at": _AT,
    "registered": 1,
    "try_at": None,
    "tries": 0,
}

_BOOKING = {
    "snapshot": {
        "key": "",
        "created_at": _AT,
        "appointments": (
            {
                "id": 1,
                "starts_at": _AT,
                "ends_at": None,
                "status": "approved",
                "service_id": 1,
                "staff_id": None,
                "location_id": None,
            },
        ),
        "total": _MONEY,
        "payment_method": None,
        "payment_status": None,
    },
    "seq": 1,
    "confirmed_at": _AT,
    "owed": False,
}

_TIMELINE = (
    _entry("started", ("page", ""), ("device", "mobile"), seq=1),
    _entry("step_reached", ("step", "location"), seq=1),
    _entry("step_reached", ("step", "staff"), seq=1),
    _entry("step_reached", ("step", "service"), seq=1),
    _entry("step_reached", ("step", "service_extras"), seq=1),
    _entry("step_reached", ("step", "date_time"), seq=1),
    _entry("step_reached", ("step", "information"), seq=1),
    _entry("contact_given", seq=1),
    _entry("step_reached", ("step", "confirm_details"), seq=1),
    _entry("abandoned", ("kind", "unfinished")),
    _entry("booking_confirmed", ("booking", ""), seq=1),
    _entry("recovery_skipped", ("recovery", "1"), why="booked"),
    _entry("recovery_skipped", ("recovery", "2"), why="booked"),
    _entry("booked"),
)

_SESSION = {
    "site": "",
    "id": "",
    "zone": "",
    "offsite": False,
    "forgotten": False,
    "released": False,
    "state": "abandoned",
    "kind": "unfinished",
    "started_at": _AT,
    "last_seen": _AT,
    "abandoned_at": None,
    "visit": {
        "page_url": "https://www.",
        "locale": "en_US",
        "client_timezone": "Europe/",
        "tenant_id": None,
        "device": "mobile",
        "referrer": None,
        "campaign": (),
        "signals": (),
    },
    "step": "information",
    "selection": {
        "location": {"id": 1, "name": ""},
        "service": {"id": 1, "name": ""},
        "staff": {"id": 1, "name": ""},
        "date": "2027-01-01",
        "time": "10:00",
        "starts_at": None,
        "people": None,
        "items": None,
        "total": _MONEY,
    },
    "contact": None,
    "consent": {"basis": "notice", "text": None, "at": None},
    "heard": {"visit": 1, "step": 1, "contact": 1},
    "joined": (),
    "clicks": (),
    "recoveries": (_recovery(1, "skipped", "booked"), _recovery(2, "waiting")),
    "bookings": (_BOOKING,),
    "conversion": None,
    "trial": None,
    "phoned": None,
    "timeline": _TIMELINE,
}

_encode = msgspec.msgpack.encode

SESSION = _encode([_OF_ANY_VISIT, _CONVERSION, _SESSION, b""])
"""What lies nearer to the end is found sooner: the form of a visit as most of them are."""

CONTACT = _encode(
    {
        "email": "@gmail.com",
        "phone": None,
        "first_name": "",
        "last_name": "",
        "customer_id": None,
    }
)
