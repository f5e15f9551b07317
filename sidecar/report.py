"""What staff see: sessions told in plain words."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

from sidecar.config import Role, Site, zone_for
from sidecar.config.choices import Origin, Written
from sidecar.domain.conversion import ConversionStatus
from sidecar.domain.events import Basis
from sidecar.domain.person import Contact
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import Entry, Phoned, Session, State, What
from sidecar.domain.signature import TOLERANCE
from sidecar.ports import Store


def zone(store: Store, site: Site) -> tzinfo:
    """The zone in which a site's days begin."""
    return zone_for(site, store.begin(site.id).record().timezone)


def clock(ahead: float) -> str | None:
    """What to say of a site's clock that is `ahead` seconds ahead of ours, or None where it goes well enough."""
    if abs(ahead) <= TOLERANCE:
        return None
    minutes = round(abs(ahead) / 60)
    span = f"{minutes} minutes" if minutes < _HOURS_FROM else f"{round(minutes / 60)} hours"
    where = "ahead of" if ahead > 0 else "behind"
    return (
        f"the clock of this WordPress is {span} {where} this machine's; "
        "have both machines set their clocks by the network (NTP)"
    )


_HOURS_FROM = 180
"""Minutes from which on a span is told in hours."""


def masked(contact: Contact) -> Contact:
    """What may be shown to those who may not see whom a session belongs to."""
    return Contact(
        email=_masked_email(contact.email),
        phone=f"{contact.phone[:3]}…{contact.phone[-2:]}" if contact.phone else None,
        first_name=_initial(contact.first_name),
        last_name=_initial(contact.last_name),
    )


def _masked_email(email: str | None) -> str | None:
    if email is None:
        return None
    local, _, domain = email.partition("@")
    return f"{local[:1]}…@{domain[:1]}…"


def _initial(name: str | None) -> str | None:
    return f"{name[:1]}." if name else None


WHY = {
    "no_contact": "no e-mail address or phone number was given",
    "no_consent": "the visitor did not agree to be written to",
    "opted_out": "this person has opted out of such messages",
    "forgotten": "this person's data was erased",
    "holdout": "this visit belongs to the group that is left alone for comparison",
    "cooldown": "this person had a message not long ago",
    "capped": "this person had as many messages this month as are allowed",
    "superseded": "a later message was due as well, this person has begun anew elsewhere, or staff took over",
    "booked": "the visitor has booked",
    "too_late": "too much time had passed",
    "slot_passed": "the chosen time had passed",
    "lead_time": "the chosen time was too near",
    "bot": "the visit looked like a robot's",
    "paused": "the site was paused",
    "dry_run": "this is a trial run, in which nothing is sent",
}
"""The reasons of a skip, as half a sentence."""

SIGNALS = {
    "bot_agent": "its browser calls itself a program",
    "honeypot": "it filled in a field that people do not see",
    "too_fast": "it was faster than people are",
    "address_rate": "too many new addresses came from where it is",
}
"""What speaks for a robot, as half a sentence."""


def signals(session: Session) -> str:
    """Why this visitor looks like a robot, in words."""
    return _signs(session.visit.signals)


def _signs(signals: Iterable[str]) -> str:
    return "; ".join(SIGNALS.get(signal, signal) for signal in signals)


CONSENTS = {
    Basis.NOTICE: "Was told",
    Basis.OPT_IN: "Agreed to",
    Basis.DENIED: "Did not agree to",
}
"""What a visitor was told or asked, as the beginning of a sentence that its words end."""

OUTCOMES = {
    Outcome.WAITING: "waiting",
    Outcome.HANDING_OVER: "being handed over",
    Outcome.SKIPPED: "not sent",
    Outcome.UNKNOWN: "unknown: WordPress did not say, so it was not repeated",
    Outcome.SENT: "sent",
    Outcome.NO_WORKFLOW: "not sent: no active workflow in Booknetic starts with “Booking abandoned”",
    Outcome.STOPPED: "stopped by WordPress at the last moment",
    Outcome.FAILED: "failed: nothing was handed over",
    Outcome.PARTIAL: "partly sent: some actions of the workflow failed",
    Outcome.INTERRUPTED: "interrupted: it began and nobody knows how it ended, so it was not repeated",
    Outcome.WITHDRAWN: "withdrawn: WordPress never got it in time",
}


ADVICE = {
    Outcome.FAILED: "Mend what the reason names, then try again.",
    Outcome.NO_WORKFLOW: "Make a workflow in Booknetic that starts with “Booking abandoned” and is meant for this message, then try again.",
    Outcome.PARTIAL: "Look into Booknetic's workflow log for what went out, and write the rest by hand.",
    Outcome.INTERRUPTED: "Look into Booknetic's workflow log for whether it went out; if not, write by hand.",
    Outcome.UNKNOWN: "Look into Booknetic's workflow log for whether it went out; if not, write by hand.",
    Outcome.WITHDRAWN: "WordPress was away for too long. If it still makes sense, write by hand.",
}
"""What a person can do about a message that ended badly."""


def outcome(recovery: Recovery) -> str:
    """How a recovery stands, with the reason in words."""
    told = OUTCOMES[recovery.outcome]
    return f"{told}: {WHY.get(recovery.reason, recovery.reason)}" if recovery.reason else told


def why_waits(session: Session, recovery: Recovery) -> str:
    """Why a message is tried again, as it was told last."""
    told = (
        entry.why
        for entry in reversed(session.timeline)
        if entry.what is What.RECOVERY_WAITS
        and dict(entry.details).get("recovery") == str(recovery.number)
    )
    return next(told, None) or "no answer yet"


_SENTENCES: Mapping[What, str] = {
    What.STARTED: "Opened the booking form",
    What.SUSPECTED: "Looks like a robot's visit: {signals}",
    What.STEP_REACHED: "Went on to {step}",
    What.CONTACT_GIVEN: "Gave contact data",
    What.RETURNED: "Came by the link of a message",
    What.BOOKING_CREATED: "Made booking {booking}",
    What.BOOKING_CONFIRMED: "Booking {booking} was confirmed",
    What.BOOKING_CHANGED: "Booking {booking} was changed",
    What.BOOKING_CANCELED: "Booking {booking} was canceled",
    What.ABANDONED: "Left without finishing",
    What.RECOVERY_SKIPPED: "Message {recovery} was not sent",
    What.RECOVERY_HURRIED: "Message {recovery} is brought forward: the chosen time is near",
    What.RECOVERY_WAITS: "Message {recovery} waits",
    What.RECOVERY_HANDED_OVER: "Message {recovery} is handed to WordPress",
    What.RECOVERY_ENDED: "Message {recovery}: {outcome}",
    What.CONVERTED: "Won back: booking {booking}",
    What.CONVERSION_CHANGED: "The booking won back has changed",
    What.CONVERSION_REVERSED: "The booking won back was canceled",
    What.CONVERSION_REGISTERED: "WordPress has noted the booking won back",
    What.BOOKED: "Booked: nothing is left to be done",
    What.OPTED_OUT: "Does not want such messages (by {why})",
    What.ALLOWED: "May be written to again (by {why})",
    What.FORGOTTEN: "Personal data was erased",
    What.EXPIRED: "Personal data was erased: it had been kept for as long as it may be",
    What.RETRIED: "Message {recovery} is tried again",
    What.RELEASED: "{by} took this visitor for a person, not a robot",
    What.HURRIED: "{by} had message {recovery} sent now",
    What.LEFT_OUT: "{by} left message {recovery} out",
    What.PHONED: "{by} called: {phoned}",
    What.LOST: "Given up: nothing is left to be tried",
}

PHONED = {
    Phoned.BOOKED: "she booked on the phone",
    Phoned.THINKS: "she will think about it",
    Phoned.NOT_WANTED: "she does not want the appointment",
    Phoned.NOT_REACHED: "nobody was reached",
}
"""What came of a call, as half a sentence."""

ATTRIBUTED = {
    "click": "the visitor had come by the link of the message",
    "session": "it was made in the visit that had the message",
    "contact": "it was made by the person who had the message",
}
"""The kinds of attribution, as half a sentence."""

STEPS = (
    *("location", "service", "staff", "service_extras", "date_time", "recurring_info"),
    *("information", "confirm_details"),
)
"""The steps of Booknetic's form, in its own order; an owner may have others."""

_STEPS = {
    "date_time": "date and time",
    "service_extras": "extras",
    "recurring_info": "repetitions",
    "information": "contact details",
    "confirm_details": "the summary",
}


CHOICES = {
    "abandon_after": "A session is abandoned after a silence of",
    "unpaid_after": "The same where a payment is still open",
    "messages": "Messages go out this long after that",
    "min_gap": "Between two messages to one person lie at least",
    "quiet_hours": "Quiet hours",
    "max_lateness": "A message later than this is not sent",
    "slot_lead_time": "No message so near the chosen time",
    "attribution_window": "A booking is won back within",
    "contact_cooldown": "After the messages of one visit a person is left alone for",
    "cap_per_30_days": "Most messages to one person in 30 days",
    "holdout_percent": "Percent of people left alone for comparison",
    "consent": "What allows the use of a contact",
    "dry_run": "Decide and show everything, send nothing",
    "retention": "Contact data is erased after",
}
"""The keys of [recovery], in words."""

ROLES = {
    Role.VIEWER: "looks; contact data is masked",
    Role.SUPPORT: "sees contact data, and acts for visitors and sites",
    Role.ADMIN: "does all that, and sees who may look",
}
"""What each role may do."""

FIGURES = {
    "won": "Won back",
    "won_of_messaged": "Of those who had a message",
    "reversed": "Taken back: canceled",
    "spontaneous": "Without a message",
    "visits": "Visits began",
    "abandoned": "Were left without finishing",
    "eligible": "Could be written to",
    "messaged": "Had a message",
    "won_visits": "Were won back",
    "left_at": "Where they left who have not booked",
    "phoned": "Called by staff",
    "services": "By service",
    "messages": "By message",
    "attributed_by": "Why a booking counts as won back",
    "comparison": "What messages really bring",
}
"""What the page of the report calls its numbers, in its order."""

_FIELDS = {"from": "first day", "to": "last day", "by": "calendar"}


def wrong_range(errors: Mapping[str, list[str]]) -> str:
    """Say what is wrong with the range of days that somebody asked for."""
    told = " ".join(
        f"The {_FIELDS.get(name, name)}: {' '.join(texts)}" for name, texts in errors.items()
    )
    for name, called in _FIELDS.items():
        told = told.replace(f"`{name}`", f"the {called}")
    return f"This range cannot be shown. {told}"


ORIGINS = {
    Origin.WORDPRESS: "in WordPress",
    Origin.SITE: "in the configuration, for this site",
    Origin.ALL_SITES: "in the configuration, for all sites",
    Origin.DEFAULT: "by nobody: the default",
}
"""Where a choice was made, as the end of a sentence that begins with "chosen"."""


def written(value: Written) -> str:
    """Return a choice for people to read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    return "none" if value == "" else str(value)


def span(length: timedelta) -> str:
    """Say how long something took, to what matters of it: "0.4 seconds", "12 minutes"."""
    seconds = length.total_seconds()
    if seconds < 2:
        return f"{seconds:.1g} seconds" if seconds < 1 else "1 second"
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    raise AssertionError("two seconds or more are two seconds at least")


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago something was."""
    passed = now - moment
    return "just now" if passed < timedelta(seconds=5) else f"{span(passed)} ago"


def size(count: int) -> str:
    """Say how many bytes there are."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1024:.0f} KiB"


def step_name(step: str | None) -> str:
    """What people call a step of the form."""
    return _STEPS.get(step or "", (step or "the first step").replace("_", " "))


def sentence(entry: Entry) -> str:
    """Tell one entry of a timeline in plain words."""
    details = dict(entry.details)
    if entry.what is What.RECOVERY_ENDED:
        details["outcome"] = OUTCOMES[Outcome(details["outcome"])]
    if entry.what is What.ABANDONED and details.get("kind") == "unpaid":
        return "Left without paying"
    if "signals" in details:
        details["signals"] = _signs(details["signals"].split(", "))
    elif entry.what is What.SUSPECTED:
        return "Is still in the booking form"
    if "phoned" in details:
        details["phoned"] = PHONED[Phoned(details["phoned"])]
    if "step" in details:
        details["step"] = step_name(details["step"])
    if entry.what in (What.OPTED_OUT, What.ALLOWED):
        return _SENTENCES[entry.what].format(why=entry.why)
    told = _SENTENCES[entry.what].format_map(details)
    if entry.what is What.RETRIED and "by" in details:
        told += f", as {details['by']} wished"
    why = WHY.get(entry.why or "") or ATTRIBUTED.get(entry.why or "") or entry.why
    return f"{told}: {why}" if why else told


_INPUTS = {
    "due_at": "due",
    "slot_at": "chosen time",
    "last_message_at": "last message",
    "messages_in_30_days": "messages in 30 days",
}


def inputs(entry: Entry) -> list[tuple[str, datetime | str]]:
    """What a decision was made with, each by its name; a moment where it is one."""
    return [
        (_INPUTS[name], datetime.fromisoformat(value) if name.endswith("_at") else value)
        for name, value in entry.details
        if name in _INPUTS
    ]


def headline(session: Session, now: datetime) -> str:
    """Answer in one sentence why this visitor got a message, or none."""
    conversion = session.conversion
    if conversion is not None:
        if conversion.status is ConversionStatus.REVERSED:
            return "Won back by a message, but the booking was canceled afterwards."
        return "Won back: booked after a message."
    reached = [r for r in session.recoveries if r.reached_someone]
    if reached:
        return f"Got {_messages(len(reached))}{_STILL[session.state]}"
    if session.phoned is not None and session.phoned.outcome is not Phoned.NOT_REACHED:
        return f"Got no message: {session.phoned.by} called, and {PHONED[session.phoned.outcome]}."
    if session.state is State.BOOKED:
        return "Got no message: the visitor booked without one."
    if session.state is State.ACTIVE:
        return "Got no message: the visitor is still in the form, or was a moment ago."
    waiting = [r for r in session.recoveries if r.is_open]
    if waiting:
        due = "due now" if waiting[0].due_at <= now else "not due yet"
        return f"Got no message so far: the next one is {due}."
    left_out = next((e for e in reversed(session.timeline) if e.what is What.LEFT_OUT), None)
    if left_out is not None:
        return f"Got no message: {dict(left_out.details)['by']} left it out."
    if session.recoveries:
        return f"Got no message: {outcome(session.recoveries[-1]).removeprefix('not sent: ')}."
    return "Got no message: none is configured."


def _messages(count: int) -> str:
    return "one message" if count == 1 else f"{count} messages"


_STILL = {
    State.ACTIVE: " and is back in the form.",
    State.ABANDONED: ".",
    State.CONTACTED: " and has not booked yet.",
    State.RECOVERED: " and booked.",
    State.BOOKED: " and booked, which is not owed to it.",
    State.LOST: " and did not book.",
}
