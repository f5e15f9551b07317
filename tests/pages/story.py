"""A salon's last days, as its pages tell them; and the pages there are."""

from datetime import UTC, datetime, timedelta

from tests.listening import Call, Listener, Reply
from tests.pages.visits import Salon

PAGES = {
    "sites": "/",
    "overview": "/sites/salon",
    "sessions": "/sites/salon/sessions",
    "session-won-back": "/sites/salon/sessions/chloe",
    "session-robot": "/sites/salon/sessions/robot",
    "session-failed": "/sites/salon/sessions/maja",
    "session-waiting": "/sites/salon/sessions/yasmin",
    "failures": "/sites/salon/failures",
    "quarantine": "/sites/salon/quarantine",
    "report": "/sites/salon/report",
    "what-if": "/sites/salon/what-if?days=30",
    "live": "/sites/salon/live",
    "deeds": "/sites/salon/deeds",
    "users": "/users",
    "people": "/sites/salon/people",
    "settings": "/sites/salon/settings",
    "not-found": "/sites/salon/nothing-here",
    "new-overview": "/sites/spa",
    "new-sessions": "/sites/spa/sessions",
    "new-failures": "/sites/spa/failures",
    "new-quarantine": "/sites/spa/quarantine",
    "new-report": "/sites/spa/report",
    "new-what-if": "/sites/spa/what-if",
    "new-live": "/sites/spa/live",
    "new-deeds": "/sites/spa/deeds",
}
"""By the name of its picture, the address of every page of the story."""


YASMIN = {"first_name": "ياسمين", "last_name": "الحداد", "email": "yasmin@example.com"}
HAIR_AND_BEARD = {"id": 12, "name": "קיצוץ שיער (וזקן)"}
"""Written from right to left, with what such a text turns round."""


def tell(salon: Salon, wordpress: Listener) -> None:
    """Have a few visitors come: won back, lost, failed, held back, waited for, still there.

    Staff helps one; what one of them sends makes no sense.
    """
    now = datetime.now(UTC)
    wordpress.answer = answer
    salon.checks_in()
    salon.asks_how_it_is()
    salon.visited("chloe", _person("Chloë", "Laurent"), ago=timedelta(hours=1, seconds=1))
    salon.visited("maja", _person("Maja", "Lindqvist"), ago=timedelta(hours=1, seconds=2))
    salon.visited("nobody", ago=timedelta(hours=5), steps=("service", "staff"))
    salon.visited("robot", ago=timedelta(hours=2), signals=["honeypot", "too_fast"])
    salon.time_passes()
    salon.booked("chloe", "4711", starts_at=now + timedelta(days=2))
    salon.time_passes()
    salon.visited("yasmin", YASMIN, ago=timedelta(minutes=30), service=HAIR_AND_BEARD)
    salon.time_passes()
    salon.visited("quirin", _person("Quirin", "Öztürk"), steps=("service", "staff"))
    salon.sends_nonsense()
    salon.notes_that_no_more_is_wanted("maja.lindqvist@example.com")


def _person(first: str, last: str) -> dict[str, str]:
    address = (
        f"{first.lower().replace('ë', 'e')}.{last.lower().replace('ö', 'o').replace('ü', 'u')}"
    )
    return {"first_name": first, "last_name": last, "email": f"{address}@example.com"}


def answer(call: Call) -> Reply:
    """Be a WordPress that sends to everybody but Maja."""
    if call.route == "recoveries" and call.body["contact"]["first_name"] == "Maja":
        return Reply(
            body={**_echo(call), "outcome": "failed", "error": "The mailer did not answer"}
        )
    if call.route == "recoveries":
        return Reply(body={**_echo(call), "outcome": "sent"})
    if call.route == "outbox":
        return Reply(
            body={"outbox_id": "outbox-1", "events": [], "last_seq": 0, "has_more": False}
        )
    if call.route == "conversions":
        return Reply(body={"conversion_id": call.body["conversion_id"], "outcome": "registered"})
    if call.route == "status":
        return Reply(body=_STATUS)
    return Reply(status=503)


def _echo(call: Call) -> dict[str, object]:
    return {"recovery_id": call.body["recovery_id"], "repeated": False}


_STATUS = {
    "booknetic_ready": True,
    "workflows": 1,
    "outbox_pending": 0,
}
