"""What messages bring: the report of a range of days, made from the counts that are kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sidecar.domain import session, tally
from sidecar.domain.comparison import Arm, Difference, compare
from sidecar.domain.conversion import AttributedBy
from sidecar.domain.session import Kind, Phoned, State
from sidecar.domain.tally import By, named

Calendar = Mapping[date, Counter[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookings:
    """How many, and what they are worth in each currency."""

    bookings: int
    value: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The visits that began in the range, and what has become of them so far."""

    visits: int
    abandoned: int
    eligible: int
    messaged: int
    won: int
    booked: int
    states: Mapping[State, int]
    kinds: Mapping[Kind, int]
    left_at: Mapping[str, int]
    phoned: Mapping[Phoned, int]

    @property
    def won_of_messaged(self) -> float | None:
        return _share(self.won, self.messaged)

    @property
    def won_of_eligible(self) -> float | None:
        return _share(self.won, self.eligible)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What belongs to one service, or to the messages of one number.

    `messaged` are visits of the range, `won` bookings of the days that the report is by.
    """

    messaged: int
    won: Bookings


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The people whose first message was due in the range, and whose window is over since."""

    messaged: Arm
    left_alone: Arm
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A range from the `first` day to the `last`, both included, in the site's zone.

    Bookings are on the day that `by` names, visits on the day on which they began.
    """

    first: date
    last: date
    by: By
    zone: str
    won: Bookings
    won_by: Mapping[AttributedBy, Bookings]
    reversed: Bookings
    spontaneous: Bookings
    days: Mapping[date, Bookings]
    visits: Visits
    services: Mapping[int, Part]
    messages: Mapping[int, Part]
    comparison: Comparison


DEFINITIONS = {
    "won": "Bookings that a message brought back and of which something still stands.",
    "attributed_by": "Whether the customer followed the message's link (click), else booked in "
    "the visit that had the message (session), else was the same person (contact).",
    "reversed": "Bookings once won back of which nothing stands any more; counted nowhere else.",
    "spontaneous": "Bookings of visitors to the form that no message has brought.",
    "visits": "Visits to the form that began in the range.",
    "abandoned": "Of these, those in which the visitor left at least once without finishing.",
    "eligible": "Of the abandoned, those whose visitor could be written to: with an address and "
    "consent, not opted out, no robot.",
    "messaged": "Of the visits, those with at least one message that went out.",
    "won_visits": "Of the messaged, those won back and not canceled.",
    "booked": "Of the visits, those that ended with a booking owed to no message.",
    "won_of_messaged": "Of the visits that had a message, the share won back and not canceled.",
    "won_of_eligible": "Of the visitors who could be written to, the share won back and not canceled.",
    "comparison": "Some people are left alone on purpose (holdout_percent). Of those whose first "
    "message was due in the range, and whose attribution_window is over: how many booked, by "
    "whichever way, beside the same of those who were messaged. The truth lies between the low and "
    "the high end with 95 % certainty, however often one looks (prior-posterior-ratio confidence "
    "sequences of both groups). How many more people are needed until the difference is certain is "
    "said for the case that all goes on as it has, and not while nobody is left alone.",
    "services": "By the service that the visitor had chosen: of the visits, those with a message; of "
    "the bookings, those won back.",
    "messages": "By the message's number: visits that had it; bookings won back that are owed to it.",
    "phoned": "Visits whose visitor staff have called, by what came of it. A booking made on the phone is not won back by a message.",
    "left_at": "At which step visitors are who left and have not booked.",
}
"""What each number means, for whoever reads it."""


def results(
    bookings: Calendar,
    visits: Calendar,
    trials: Calendar,
    *,
    first: date,
    last: date,
    by: By,
    zone: str,
    held_out_share: float,
) -> Results:
    """Put a report together; `trials` are those of the days whose windows are over."""
    whole, begun = _summed(bookings), _summed(visits)
    days = {day: _bookings(counts, tally.WON) for day, counts in bookings.items()}
    return Results(
        first=first,
        last=last,
        by=by,
        zone=zone,
        won=_bookings(whole, tally.WON),
        won_by={kind: _bookings(whole, named(tally.WON, kind)) for kind in AttributedBy},
        reversed=_bookings(whole, tally.REVERSED),
        spontaneous=_bookings(whole, tally.SPONTANEOUS),
        days={day: counted for day, counted in days.items() if counted.bookings},
        visits=_visits(begun),
        services=_parted(whole, begun, tally.SERVICE),
        messages=_parted(whole, begun, tally.MESSAGE),
        comparison=_comparison(_summed(trials), held_out_share),
    )


def won(bookings: Calendar) -> Bookings:
    """What was won back on the days of a calendar."""
    return _bookings(_summed(bookings), tally.WON)


def _comparison(counts: Counter[str], held_out_share: float) -> Comparison:
    def arm(name: session.Arm) -> Arm:
        people = counts[named(tally.PEOPLE, name)]
        return Arm(people=people, booked=counts[named(tally.PEOPLE_WHO_BOOKED, name)])

    messaged, left_alone = arm(session.Arm.MESSAGED), arm(session.Arm.LEFT_ALONE)
    return Comparison(
        messaged=messaged,
        left_alone=left_alone,
        difference=compare(messaged, left_alone, held_out_share=held_out_share),
    )


def _summed(calendar: Calendar) -> Counter[str]:
    whole: Counter[str] = Counter()
    for counts in calendar.values():
        whole.update(counts)
    return whole


def _parted(bookings: Counter[str], visits: Counter[str], by: str) -> dict[int, Part]:
    messaged = _parts(visits, named(tally.MESSAGED, by))
    numbers = {*messaged, *_parts(bookings, named(tally.WON, by))}
    return {
        int(number): Part(
            messaged=messaged.get(number, 0),
            won=_bookings(bookings, named(tally.WON, by, number)),
        )
        for number in sorted(numbers, key=int)
    }


def _visits(counts: Counter[str]) -> Visits:
    return Visits(
        visits=counts[tally.VISITS],
        abandoned=counts[tally.ABANDONED],
        eligible=counts[tally.ELIGIBLE],
        messaged=counts[tally.MESSAGED],
        won=counts[tally.WON],
        booked=counts[tally.BOOKED],
        states={state: counts[named(tally.STATE, state)] for state in State},
        kinds={kind: counts[named(tally.KIND, kind)] for kind in Kind},
        left_at=_parts(counts, tally.LEFT_AT),
        phoned={outcome: counts[named(tally.PHONED, outcome)] for outcome in Phoned},
    )


def _bookings(counts: Counter[str], name: str) -> Bookings:
    value = {
        currency: Decimal(millionths) / tally.MILLIONTHS
        for currency, millionths in _parts(counts, tally.WORTH, ending=name).items()
    }
    return Bookings(bookings=counts[name], value=value)


def _parts(counts: Counter[str], what: str, *, ending: str = "") -> dict[str, int]:
    """The counts that are named `what:part`, or `what:part:ending`, by their part."""
    begin, end = f"{what}:", f":{ending}" if ending else ""
    return {
        name.removeprefix(begin).removesuffix(end): n
        for name, n in sorted(counts.items())
        if n and name.startswith(begin) and name.endswith(end)
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
