"""What one session adds to its site's report, which is nothing but the sum over all sessions.

A session adds the same whatever its history, so the sums can be kept by taking away what it
added before a change and adding what it adds after it, and can be made anew from the sessions.
"""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sidecar.domain.booking import Money
from sidecar.domain.conversion import ConversionStatus
from sidecar.domain.quiet import zone_named
from sidecar.domain.recovery import Outcome, Reason, Recovery, split_recovery_id
from sidecar.domain.session import FINAL, Session, State


class By(StrEnum):
    """Whose day a count belongs to: a site's report has four calendars."""

    VISIT_DATE = "visit_date"
    APPOINTMENT_DATE = "appointment_date"
    CONVERSION_DATE = "conversion_date"
    TRIAL_DATE = "trial_date"


class Count(NamedTuple):
    """What is counted on which day; `day` is written YYYY-MM-DD, in the site's zone."""

    by: By
    day: str
    what: str


RULES = 3
"""Grows with every change of what a session adds: the counts of a store are then made anew."""

MILLIONTHS = 10**6
"""Sums of money are kept as whole numbers of millionths: they can be taken away exactly."""

VISITS, ABANDONED, ELIGIBLE, MESSAGED = "visits", "abandoned", "eligible", "messaged"
WON, BOOKED, REVERSED, SPONTANEOUS = "won", "booked", "reversed", "spontaneous"
STATE, KIND, LEFT_AT, PHONED = "state", "kind", "left_at", "phoned"
SERVICE, MESSAGE = "service", "message"
WORTH = "worth"
PEOPLE, PEOPLE_WHO_BOOKED = "people", "people_who_booked"


def named(what: str, *parts: str) -> str:
    """Name a count of a part; no part has a colon."""
    return ":".join((what, *parts))


_NEVER_WRITTEN_TO = frozenset(
    {Reason.NO_CONTACT, Reason.NO_CONSENT, Reason.OPTED_OUT, Reason.FORGOTTEN, Reason.BOT}
)


def tally(session: Session) -> Counter[Count]:
    """Return what a session adds to each count; nothing for what is no visitor's visit."""
    if not session.counts:
        return Counter()
    counted = _of_visit(session)
    for others in (_of_conversion(session), _of_own_bookings(session), _of_trial(session)):
        if others:
            counted.update(others)
    return counted


def change(before: Session | None, after: Session | None) -> Counter[Count]:
    """Return by how much each count changes when a session changes, begins or is dropped."""
    if before and after and _counted(before) == _counted(after):
        return Counter()  # as with most steps of a visit
    counted = tally(after) if after else Counter[Count]()
    counted.subtract(tally(before) if before else {})
    return Counter({count: by for count, by in counted.items() if by})


def _counted(session: Session) -> tuple[object, ...]:
    """Return all that `tally` looks at of a session."""
    was_left = session.abandoned_at or session.recoveries or session.conversion
    return (
        session.counts,
        session.zone,
        session.started_at,
        session.state,
        session.kind,
        session.abandoned_at,
        (session.step, session.selection.service) if was_left else None,
        session.recoveries,
        session.bookings,
        session.conversion,
        session.trial,
        session.phoned,
    )


def _of_visit(session: Session) -> Counter[Count]:
    day = _day(session, session.started_at)
    told = [VISITS, named(STATE, session.state)]
    if session.abandoned_at is not None:
        told += [ABANDONED, named(KIND, session.kind)]
        told += [ELIGIBLE] if any(map(_could_be_written_to, session.recoveries)) else []
        if session.state not in FINAL:
            told.append(named(LEFT_AT, session.step or ""))
    if any(recovery.reached_someone for recovery in session.recoveries):
        told.append(MESSAGED)
    if session.conversion is not None and session.conversion.status is ConversionStatus.ACTIVE:
        told.append(WON)
    elif session.state is State.BOOKED:
        told.append(BOOKED)
    if session.phoned is not None:
        told.append(named(PHONED, session.phoned.outcome))
    told += [
        named(what, *part)
        for part in _of_service(session)
        for what in (ABANDONED, MESSAGED, WON)
        if what in told
    ]
    reached = (recovery.number for recovery in session.recoveries if recovery.reached_someone)
    told += [named(MESSAGED, MESSAGE, str(number)) for number in reached]
    return Counter(Count(by=By.VISIT_DATE, day=day, what=what) for what in told)


def _of_trial(session: Session) -> Counter[Count]:
    trial = session.trial
    if trial is None:
        return Counter()
    told = [named(PEOPLE, trial.arm)]
    told += [named(PEOPLE_WHO_BOOKED, trial.arm)] if trial.booked else []
    day = _day(session, trial.at)
    return Counter(Count(by=By.TRIAL_DATE, day=day, what=what) for what in told)


def _of_service(session: Session) -> list[tuple[str, str]]:
    """The part of the counts that belongs to what the visitor wanted to book, if that is known."""
    service = session.selection.service
    return [] if service is None or service.id is None else [(SERVICE, str(service.id))]


def _could_be_written_to(recovery: Recovery) -> bool:
    skipped = recovery.outcome is Outcome.SKIPPED
    return not (skipped and recovery.reason in _NEVER_WRITTEN_TO)


def _of_conversion(session: Session) -> Counter[Count]:
    conversion = session.conversion
    if conversion is None:
        return Counter()
    _, number = split_recovery_id(conversion.recovery_id)
    parts = [(conversion.attributed_by,), (MESSAGE, str(number)), *_of_service(session)]
    names = [WON, *(named(WON, *part) for part in parts)]
    if conversion.status is ConversionStatus.REVERSED:
        names = [REVERSED]
    return _booked(
        session,
        names,
        conversion.value,
        appointment=conversion.appointment_starts_at,
        made=conversion.converted_at,
    )


def _of_own_bookings(session: Session) -> Counter[Count]:
    """The bookings that this visitor made without being won back."""
    counted: Counter[Count] = Counter()
    for booking in session.bookings:
        live = booking.snapshot.live_appointments
        if booking.confirmed_at is None or booking.owed or not live:
            continue
        counted.update(
            _booked(
                session,
                [SPONTANEOUS],
                booking.snapshot.total,
                appointment=live[0].starts_at,
                made=booking.confirmed_at,
            )
        )
    return counted


def _booked(
    session: Session,
    names: list[str],
    value: Money | None,
    *,
    appointment: datetime,
    made: datetime,
) -> Counter[Count]:
    counted: Counter[Count] = Counter()
    for by, at in ((By.APPOINTMENT_DATE, appointment), (By.CONVERSION_DATE, made)):
        day = _day(session, at)
        for name in names:
            counted[Count(by=by, day=day, what=name)] += 1
            if value is not None:
                worth = Count(by=by, day=day, what=named(WORTH, value.currency, name))
                counted[worth] += int(Decimal(value.amount) * MILLIONTHS)
    return counted


def _day(session: Session, at: datetime) -> str:
    return at.astimezone(zone_named(session.zone)).date().isoformat()
