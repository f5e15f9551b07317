"""How late messages are handed over: counted in buckets, so that a busy day costs no more."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sidecar.domain.recovery import Outcome, Recovery

BOUNDS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 45),
        *(60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400),
    )
)
"""Up to and with each of these reaches a bucket; one more holds what was later than the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """Half of `count` messages were at most `half` late, and 95 of 100 at most `most`."""

    count: int
    half: timedelta
    most: timedelta
    longest: timedelta


def late_by(before: Recovery | None, after: Recovery) -> timedelta | None:
    """How long after its time a message was handed over; None where just that did not happen.

    Its time is when it was due, or until when it had been put off.
    """
    if before is None or before.outcome is not Outcome.WAITING:
        return None
    if after.outcome is not Outcome.HANDING_OVER or after.handed_at is None:
        return None
    return max(timedelta(0), after.handed_at - (before.try_at or before.due_at))


def bucket(late: timedelta) -> int:
    return bisect_left(BOUNDS, late)


def summed(counts: Mapping[int, int], longest: timedelta) -> Lateness | None:
    """What buckets say together; None where they are empty."""
    total = sum(counts.values())
    if not total:
        return None
    return Lateness(
        count=total,
        half=_reached(counts, total * 0.5, longest),
        most=_reached(counts, total * 0.95, longest),
        longest=longest,
    )


def _reached(counts: Mapping[int, int], wanted: float, longest: timedelta) -> timedelta:
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= wanted:
            return min(longest, BOUNDS[number]) if number < len(BOUNDS) else longest
    return longest
