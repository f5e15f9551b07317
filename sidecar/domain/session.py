"""A session: one visitor's way through one booking form, and what may follow what.

Values in, values out. Every change returns a new session with an entry in its timeline.
Facts carry the `seq` of the event that brought them, so that events may come twice and
out of order and still leave the same session.
"""

from bisect import insort
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from math import inf

from sidecar.domain.booking import Booking, Selection
from sidecar.domain.conversion import Conversion
from sidecar.domain.events import (
    BookingCanceled,
    BookingConfirmed,
    BookingCreated,
    BookingEvent,
    Consent,
    ContactGiven,
    SessionEvent,
    SessionReturned,
    SessionStarted,
    StepReached,
    Visit,
)
from sidecar.domain.person import Contact
from sidecar.domain.recovery import Recovery


class State(StrEnum):
    ACTIVE = "active"
    ABANDONED = "abandoned"
    CONTACTED = "contacted"
    RECOVERED = "recovered"
    BOOKED = "booked"
    LOST = "lost"


MAY_BECOME = {
    State.ACTIVE: {State.ABANDONED, State.RECOVERED, State.BOOKED},
    State.ABANDONED: {State.ACTIVE, State.CONTACTED, State.RECOVERED, State.BOOKED, State.LOST},
    State.CONTACTED: {State.ACTIVE, State.RECOVERED, State.BOOKED, State.LOST},
    State.LOST: {State.ACTIVE, State.RECOVERED, State.BOOKED},
    State.RECOVERED: set[State](),
    State.BOOKED: set[State](),
}
"""The table of allowed changes; the README's diagram is drawn from it."""

FINAL = frozenset({State.RECOVERED, State.BOOKED})
ENDED = FINAL | {State.LOST}
OPEN = frozenset(State) - ENDED


class Kind(StrEnum):
    """What was left undone: the form, or the payment of a booking already made."""

    UNFINISHED = "unfinished"
    UNPAID = "unpaid"


class What(StrEnum):
    """What a timeline entry tells."""

    STARTED = "started"
    SUSPECTED = "suspected"
    STEP_REACHED = "step_reached"
    CONTACT_GIVEN = "contact_given"
    RETURNED = "returned"
    BOOKING_CREATED = "booking_created"
    BOOKING_CONFIRMED = "booking_confirmed"
    BOOKING_CHANGED = "booking_changed"
    BOOKING_CANCELED = "booking_canceled"
    ABANDONED = "abandoned"
    RECOVERY_SKIPPED = "recovery_skipped"
    RECOVERY_HURRIED = "recovery_hurried"
    RECOVERY_WAITS = "recovery_waits"
    RECOVERY_HANDED_OVER = "recovery_handed_over"
    RECOVERY_ENDED = "recovery_ended"
    CONVERTED = "converted"
    CONVERSION_CHANGED = "conversion_changed"
    CONVERSION_REVERSED = "conversion_reversed"
    CONVERSION_REGISTERED = "conversion_registered"
    BOOKED = "booked"
    LOST = "lost"
    OPTED_OUT = "opted_out"
    ALLOWED = "allowed"
    FORGOTTEN = "forgotten"
    EXPIRED = "expired"
    RETRIED = "retried"
    RELEASED = "released"
    HURRIED = "hurried"
    LEFT_OUT = "left_out"
    PHONED = "phoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a timeline. `details` holds no personal data; `seq` is 0 for what we did."""

    at: datetime
    seq: int = 0
    what: What
    why: str | None = None
    details: tuple[tuple[str, str], ...] = ()


TIMELINE_LIMIT = 200
"""Entries kept of one session; a real visit has some tens."""


def _in_time(entry: Entry) -> tuple[datetime, float]:
    """What we did follows what happened at the same moment."""
    return (entry.at, entry.seq or inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedBooking:
    """The newest snapshot of a booking that this session's visitor made.

    `owed` says that a message brought it: it is some session's conversion.
    """

    snapshot: Booking
    seq: int
    confirmed_at: datetime | None = None
    owed: bool = False

    @property
    def awaits_payment(self) -> bool:
        return self.confirmed_at is None and bool(self.snapshot.live_appointments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """The visitor of this session came by the link of a recovery."""

    recovery_id: str
    at: datetime


class Phoned(StrEnum):
    """What came of a call that staff made to the visitor."""

    BOOKED = "booked"
    THINKS = "thinks"
    NOT_WANTED = "not_wanted"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCall:
    outcome: Phoned
    at: datetime
    by: str


class Arm(StrEnum):
    """The two groups in which people are compared."""

    MESSAGED = "messaged"
    LEFT_ALONE = "left_alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A person is counted in the comparison since `at`; `booked` tells what came of it."""

    arm: Arm
    at: datetime
    booked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The `seq` of the event that each fact was last taken from."""

    visit: int = 0
    step: int = 0
    contact: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`offsite` marks a booking made without the form: by staff, by phone, elsewhere.

    It takes part in whatever is decided about its person, and is no visit to be shown.
    `released` says that staff take this visitor for a person, whatever the signs. `zone` names
    the site's zone as it was when the session began: in it are the days that it is counted on.
    """

    site: str
    id: str
    zone: str = ""
    offsite: bool = False
    forgotten: bool = False
    released: bool = False
    state: State = State.ACTIVE
    kind: Kind = Kind.UNFINISHED
    started_at: datetime
    last_seen: datetime
    abandoned_at: datetime | None = None
    visit: Visit = field(default_factory=Visit)
    step: str | None = None
    selection: Selection = field(default_factory=Selection)
    contact: Contact | None = None
    consent: Consent | None = None
    heard: Heard = field(default_factory=Heard)
    joined: tuple[str, ...] = ()
    clicks: tuple[Click, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    bookings: tuple[TrackedBooking, ...] = ()
    conversion: Conversion | None = None
    trial: Trial | None = None
    phoned: PhoneCall | None = None
    timeline: tuple[Entry, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether a robot made this visit to try the round trip: it is counted nowhere."""
        return self.id.startswith(TEST)

    @property
    def counts(self) -> bool:
        """Whether this is a visitor's way through the form, to be listed and counted."""
        return not self.offsite and not self.is_test

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def awaits_payment(self) -> bool:
        return any(booking.awaits_payment for booking in self.bookings)

    @property
    def has_booked(self) -> bool:
        return any(booking.confirmed_at for booking in self.bookings)

    @property
    def looks_like_a_robot(self) -> bool:
        """The bridge saw signs of a program, and nobody has said that it is a person."""
        return bool(self.visit.signals) and not self.released

    @property
    def identifiers(self) -> frozenset[str]:
        """By what this session's visitor is known to be the same person as another's.

        A test visit is nobody's, though it carries the address of whoever tests.
        """
        return frozenset(self.contact.identifiers if self.contact and not self.is_test else ())

    def recovery(self, number: int) -> Recovery | None:
        return next((r for r in self.recoveries if r.number == number), None)

    def with_recovery(self, recovery: Recovery) -> "Session":
        """Put a recovery in the place of the one with its number, or add it."""
        others = [r for r in self.recoveries if r.number != recovery.number]
        insort(others, recovery, key=lambda r: r.number)
        return replace(self, recoveries=tuple(others))

    def told(self, entry: Entry) -> "Session":
        """Add an entry to the timeline, in its place by time."""
        entries = list(self.timeline)
        insort(entries, entry, key=_in_time)
        if len(entries) > TIMELINE_LIMIT:
            # The middle of a very long visit tells least; how it began and ended is kept.
            del entries[TIMELINE_LIMIT // 2]
        return replace(self, timeline=tuple(entries))

    def become(self, state: State) -> "Session":
        """Change the state; a change that the table does not allow is a fault of ours."""
        if state is self.state:
            return self
        if state not in MAY_BECOME[self.state]:
            raise ValueError(f"a session that is {self.state} cannot become {state}")
        return replace(self, state=state)


def begin(site: str, session_id: str, at: datetime, *, zone: str = "") -> Session:
    return Session(site=site, id=session_id, zone=zone, started_at=at, last_seen=at)


TEST = "test-"
"""How ids of test visits begin; the bridge lets no visitor use such an id."""

OFFSITE = "offsite-"


def begin_offsite(
    site: str, booking_key: str, at: datetime, *, tenant_id: int | None = None
) -> Session:
    """Hold a booking that was made without the form."""
    return replace(
        begin(site, OFFSITE + booking_key, at),
        offsite=True,
        state=State.BOOKED,
        visit=Visit(tenant_id=tenant_id),
    )


def absorb(session: Session, offsite: Session) -> Session:
    """Take over a booking that was taken for one made without the form."""
    session = replace(
        session,
        bookings=offsite.bookings,
        started_at=min(session.started_at, offsite.started_at),
    )
    if offsite.contact is not None:
        session = _hear_contact(session, offsite.heard.contact, offsite.contact, None)
    for entry in offsite.timeline:
        session = session.told(entry)
    return session


def unlink(session: Session) -> Session:
    """Take away whatever tells whose a session was."""
    visit = replace(session.visit, referrer=None, campaign=())
    return replace(session, contact=None, consent=None, visit=visit)


def erase(session: Session, now: datetime) -> Session:
    """Forget whom a session belonged to; that somebody was forgotten is told."""
    if session.contact is None and session.forgotten:
        return session
    erased = replace(unlink(session), forgotten=True)
    return erased.told(Entry(at=now, what=What.FORGOTTEN))


def hear(session: Session, event: SessionEvent | BookingEvent) -> Session:
    """Take in one event that was not taken in before."""
    if event.at < session.started_at:
        session = replace(session, started_at=event.at)
    match event:
        case SessionStarted():
            session = _hear_start(session, event)
        case StepReached():
            session = _hear_step(session, event)
        case ContactGiven():
            before = session
            session = _hear_contact(session, event.seq, event.contact, event.consent)
            if session is not before:
                session = _decided_anew(session)
            session = session.told(_entry(event, What.CONTACT_GIVEN))
        case SessionReturned():
            session = session.told(_entry(event, What.RETURNED))
        case BookingEvent():
            session = _hear_booking(session, event)
        case _:  # a kind of event that the schemas know and this function does not
            raise TypeError(type(event).__name__)
    if isinstance(event, SessionEvent | BookingCreated):
        session = _seen(session, event.at)
    return session


def _entry(
    event: SessionEvent | BookingEvent,
    what: What,
    *details: tuple[str, str | None],
    why: str | None = None,
) -> Entry:
    given = tuple((name, value) for name, value in details if value is not None)
    return Entry(at=event.at, seq=event.seq, what=what, why=why, details=given)


def _hear_start(session: Session, event: SessionStarted) -> Session:
    signals = tuple(sorted({*session.visit.signals, *event.visit.signals}))
    visit = session.visit
    if event.seq > session.heard.visit:
        visit = event.visit
        session = replace(session, heard=replace(session.heard, visit=event.seq))
    session = replace(session, visit=replace(visit, signals=signals)).told(
        _entry(
            event,
            What.STARTED,
            ("page", event.visit.page_url),
            ("device", event.visit.device),
            ("signals", ", ".join(event.visit.signals) or None),
        )
    )
    return replace(session, timeline=_begun_once(session.timeline))


_STARTS = (What.STARTED, What.SUSPECTED)


def _begun_once(timeline: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Of several starts the first in time is the beginning; the others came to tell signs."""
    starts = [entry for entry in timeline if entry.what in _STARTS]
    return tuple(
        replace(entry, what=What.STARTED if entry is starts[0] else What.SUSPECTED)
        if entry.what in _STARTS
        else entry
        for entry in timeline
    )


def _hear_step(session: Session, event: StepReached) -> Session:
    if event.seq > session.heard.step:
        session = replace(
            session,
            step=event.step,
            selection=event.selection or session.selection,
            heard=replace(session.heard, step=event.seq),
        )
    return session.told(_entry(event, What.STEP_REACHED, ("step", event.step)))


def _hear_contact(
    session: Session, seq: int, contact: Contact, consent: Consent | None
) -> Session:
    if seq <= session.heard.contact or session.forgotten:
        return session
    return replace(
        session,
        contact=contact,
        consent=consent or session.consent,
        heard=replace(session.heard, contact=seq),
    )


_BOOKING_TOLD_AS = {
    BookingCreated: What.BOOKING_CREATED,
    BookingConfirmed: What.BOOKING_CONFIRMED,
    BookingCanceled: What.BOOKING_CANCELED,
}


def _hear_booking(session: Session, event: BookingEvent) -> Session:
    if event.contact is not None and event.contact.can_be_reached:
        session = _hear_contact(session, event.seq, event.contact, None)
    known = {booking.snapshot.key: booking for booking in session.bookings}
    key = event.booking.key
    before = known.get(key)
    after = TrackedBooking(snapshot=event.booking, seq=event.seq)
    if before is not None and before.seq > event.seq:
        after = before
    confirmed = [before.confirmed_at] if before is not None and before.confirmed_at else []
    if isinstance(event, BookingConfirmed):
        confirmed.append(event.at)
    known[key] = replace(
        after,
        confirmed_at=min(confirmed, default=None),
        owed=before is not None and before.owed,
    )
    in_order = sorted(known.values(), key=lambda b: (b.snapshot.created_at, b.snapshot.key))
    session = replace(session, bookings=tuple(in_order))
    why = event.reason if isinstance(event, BookingCanceled) else None
    what = _BOOKING_TOLD_AS.get(type(event), What.BOOKING_CHANGED)
    return session.told(_entry(event, what, ("booking", key), why=why))


def _seen(session: Session, at: datetime) -> Session:
    """Move `last_seen`; a visitor who was given up is with us again."""
    if at <= session.last_seen:
        return session
    return _decided_anew(replace(session, last_seen=at))


def _decided_anew(session: Session) -> Session:
    """Have the end of the silence decided again: by a new deadline, or by what was not known."""
    if session.state in FINAL or session.state is State.ACTIVE:
        return session
    return session.become(State.ACTIVE)
