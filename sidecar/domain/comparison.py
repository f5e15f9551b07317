"""Do messages bring bookings? Two groups, and an interval that holds however often one looks.

For each group a *prior-posterior-ratio confidence sequence*: all rates p at which the density of
the Beta distribution that follows from a uniform prior and the people seen so far is at least
`alpha`. By Ville's inequality the true rate is in it at all times together with a probability of
at least 1 - alpha: looking daily, and stopping when one likes what one sees, does not spoil it.
Each group has half of `alpha`, and the difference lies between the ends of both. It needs no
large numbers, and is a little wider than it would have to be.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, lgamma, log

ALPHA = 0.05

_LEAST_DIFFERENCE = 0.05
"""The difference that is planned for while none is seen: five bookings in a hundred people."""

_MOST_PEOPLE = 10_000_000
_STEPS = 30
"""Halvings of an interval: exact to a billionth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The people of one group, and how many of them booked."""

    people: int
    booked: int

    @property
    def rate(self) -> float | None:
        return self.booked / self.people if self.people else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The rate of those who were messaged less that of those left alone, from -1 to 1.

    `low` and `high` hold the truth with 95 % certainty, at every look. `estimate` is None while
    a group is empty. `people_needed` is about how many more there must be until the interval
    says which group books more; 0 once it does, None while nobody is left alone.
    """

    estimate: float | None
    low: float
    high: float
    people_needed: int | None

    @property
    def is_certain(self) -> bool:
        return self.low > 0 or self.high < 0


def compare(messaged: Arm, held_out: Arm, *, held_out_share: float) -> Difference:
    """Compare two groups; `held_out_share` of the people who come are left alone."""
    low, high = bounds(messaged, held_out)
    rates = messaged.rate, held_out.rate
    estimate = None if rates[0] is None or rates[1] is None else rates[0] - rates[1]
    found = Difference(estimate=estimate, low=low, high=high, people_needed=0)
    if found.is_certain:
        return found
    needed = _needed(messaged, held_out, held_out_share) if held_out_share else None
    return replace(found, people_needed=needed)


def interval(arm: Arm, alpha: float) -> tuple[float, float]:
    """Return between which rates the truth lies, at all times with 1 - alpha certainty."""
    likeliest = arm.rate
    if likeliest is None:
        return 0.0, 1.0

    def is_in(rate: float) -> bool:
        return _log_density(arm, rate) >= log(alpha)

    low = 0.0 if is_in(0.0) else _edge(0.0, likeliest, is_in)
    high = 1.0 if is_in(1.0) else _edge(1.0, likeliest, is_in)
    return low, high


def bounds(messaged: Arm, held_out: Arm) -> tuple[float, float]:
    """Return between which differences the truth lies, with 1 - ALPHA certainty at all times."""
    one, other = interval(messaged, ALPHA / 2), interval(held_out, ALPHA / 2)
    return one[0] - other[1], one[1] - other[0]


def _log_density(arm: Arm, rate: float) -> float:
    """The logarithm of the Beta density of `rate`, after the people seen."""
    stayed = arm.people - arm.booked
    total = lgamma(arm.people + 2) - lgamma(arm.booked + 1) - lgamma(stayed + 1)
    return total + _times_log(arm.booked, rate) + _times_log(stayed, 1 - rate)


def _times_log(times: int, value: float) -> float:
    if not times:
        return 0.0
    return times * log(value) if value > 0 else -inf


def _edge(outside: float, inside: float, is_in: Callable[[float], bool]) -> float:
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        if is_in(middle):
            inside = middle
        else:
            outside = middle
    return outside


def _needed(messaged: Arm, held_out: Arm, share: float) -> int:
    """About how many more people tell the groups apart, if they go on as they have so far."""
    so_far = messaged.people + held_out.people
    alone = held_out.rate or 0.0
    reached = messaged.rate if messaged.rate is not None else 0.0
    if reached - alone < _LEAST_DIFFERENCE:
        reached = min(1.0, alone + _LEAST_DIFFERENCE)

    def tells(people: int) -> bool:
        left = round(people * share)
        rest = people - left
        expected = (
            Arm(people=rest, booked=round(rest * reached)),
            Arm(people=left, booked=round(left * alone)),
        )
        low, high = bounds(*expected)
        return low > 0 or high < 0

    low, high = so_far, max(so_far, 1)
    while not tells(high):
        if high > _MOST_PEOPLE:
            return high
        low, high = high, high * 2
    while high - low > max(1, high // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if tells(middle) else (middle, high)
    return max(1, high - so_far)
