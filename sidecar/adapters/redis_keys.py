"""Every name under which something lies in Redis.

All share the hash tag of one shard, so that scripts stay within one slot and sites can be
spread over shards later.
"""

_SHARD = "booking-recovery:{0}"

DUE = f"{_SHARD}:due"
CHANGED_RECOVERIES = f"{_SHARD}:changed-recoveries"
HEARTBEATS = f"{_SHARD}:heartbeats"
COUNTS = f"{_SHARD}:counts"
KEYS_USED = f"{_SHARD}:keys-used"
LOOKS = f"{_SHARD}:looks"
SCHEMA = f"{_SHARD}:schema"
ALERTS = f"{_SHARD}:alerts"
ALERTS_LOOK = f"{_SHARD}:alerts-look"
RESTORING = f"{_SHARD}:restoring"

PREFIX = f"{_SHARD}:"
"""With it begins every name of ours, whereupon its kind follows and, where it has one, its site."""


def counted(token: str) -> str:
    """There while a command that counts may be sent again."""
    return f"{_SHARD}:counted:{token}"


def session(site: str, session_id: str) -> str:
    return f"{_SHARD}:session:{site}:{session_id}"


def sessions_in(site: str, state: str) -> str:
    """The sessions of a site that are in a state, by when their visitor was last seen.

    A session stands in one list, so that together they are all of a site's sessions.
    """
    return f"{_SHARD}:sessions-in:{site}:{state}"


def of_earlier_versions(site: str) -> tuple[str, ...]:
    """Lists that nothing reads any more."""
    return (f"{_SHARD}:sessions:{site}", f"{_SHARD}:open-sessions:{site}")


def failures(site: str) -> str:
    """Recoveries that ended badly, by when they were due."""
    return f"{_SHARD}:failures:{site}"


def waiting(site: str) -> str:
    """Recoveries that wait to be sent, by when each is looked at."""
    return f"{_SHARD}:waiting:{site}"


def lateness(site: str, slot: int) -> str:
    """How late the messages of some minutes were handed over."""
    return f"{_SHARD}:lateness:{site}:{slot}"


def tally(site: str, by: str, day: str) -> str:
    """What is counted on one day of one of a site's calendars."""
    return f"{_SHARD}:tally:{site}:{by}:{day}"


def past_tally(site: str, by: str, day: str) -> str:
    """What of it was added by sessions that are not kept any more."""
    return f"{_SHARD}:past-tally:{site}:{by}:{day}"


def tally_days(site: str, by: str) -> str:
    """The days of a calendar on which anything was ever counted, by themselves."""
    return f"{_SHARD}:tally-days:{site}:{by}"


def tally_revision(site: str) -> str:
    """Grows with every change of a site's counts."""
    return f"{_SHARD}:tally-revision:{site}"


def tally_rules(site: str) -> str:
    """By which rules a site's counts were last made."""
    return f"{_SHARD}:tally-rules:{site}"


def services(site: str) -> str:
    """What the services are called that visitors have chosen, by their ids."""
    return f"{_SHARD}:services:{site}"


def site(site_id: str) -> str:
    return f"{_SHARD}:site:{site_id}"


def messages(site_id: str) -> str:
    """How many messages a site has sent within this minute."""
    return f"{_SHARD}:messages:{site_id}"


def notes(site_id: str) -> str:
    """What calls to a site last told, for people to look at; nothing is decided by it."""
    return f"{_SHARD}:notes:{site_id}"


def calls(site_id: str) -> str:
    """The calls to a site that are being made, by when each is given up."""
    return f"{_SHARD}:calls:{site_id}"


def calls_in_line(site_id: str) -> str:
    """Those that wait for one of these to end, by since when."""
    return f"{_SHARD}:calls-in-line:{site_id}"


def workers_called(site_id: str) -> str:
    """The workers that were called to make these, and have not come, by when that is given up."""
    return f"{_SHARD}:workers-called:{site_id}"


def link(site_id: str, token_hash: str) -> str:
    return f"{_SHARD}:link:{site_id}:{token_hash}"


def booking(site_id: str, booking_key: str) -> str:
    return f"{_SHARD}:booking:{site_id}:{booking_key}"


def appointments(site_id: str, appointment_id: int) -> str:
    """The sessions of a hundred appointments: a key for each would take four times as much."""
    return f"{_SHARD}:appointments:{site_id}:{appointment_id // 100}"


def appointment(site_id: str, appointment_id: int) -> str:
    """The session of one, as earlier versions wrote it; it ends with its retention."""
    return f"{_SHARD}:appointment:{site_id}:{appointment_id}"


def person(site_id: str, person_hash: str) -> str:
    """The sessions of one person, by when the visitor was last seen."""
    return f"{_SHARD}:person:{site_id}:{person_hash}"


def suppressed(site_id: str) -> str:
    return f"{_SHARD}:suppressed:{site_id}"


def request(site_id: str, request_id: str) -> str:
    return f"{_SHARD}:request:{site_id}:{request_id}"


def wishes(site_id: str) -> str:
    """The latest request about each person, by the person's hash, until WordPress has confirmed."""
    return f"{_SHARD}:wishes:{site_id}"


def quarantine(site_id: str) -> str:
    return f"{_SHARD}:quarantine:{site_id}"


def unreadable(site_id: str) -> str:
    """What stood where a session should, by the session's id."""
    return f"{_SHARD}:unreadable:{site_id}"


def unreadable_since(site_id: str) -> str:
    """The same ids, by when they were set aside."""
    return f"{_SHARD}:unreadable-since:{site_id}"


def log_in(token_hash: str) -> str:
    return f"{_SHARD}:log-in:{token_hash}"


def deeds(site: str) -> str:
    """What staff did at a site, the latest first; with no site, what they did at none."""
    return f"{_SHARD}:deeds:{site}"


def followed_visit(site: str) -> str:
    """The test visit that staff last began."""
    return f"{_SHARD}:followed-visit:{site}"


def limits() -> str:
    """The prefix of the counters that slow down guessing at the log-in."""
    return f"{_SHARD}:limits"
