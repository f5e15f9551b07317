"""How late messages went out, from counts in buckets."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.lateness import BOUNDS, bucket, late_by, summed
from sidecar.domain.recovery import Outcome, Recovery

DUE = datetime(2026, 11, 22, 15, tzinfo=UTC)
WAITING = Recovery(number=1, due_at=DUE)


def handed(after: timedelta) -> Recovery:
    return replace(WAITING, outcome=Outcome.HANDING_OVER, handed_at=DUE + after)


def test_a_message_is_late_from_its_time_until_it_is_handed_over() -> None:
    second, hour = timedelta(seconds=1), timedelta(hours=1)

    assert late_by(WAITING, handed(second)) == second
    put_off = replace(WAITING, try_at=DUE + hour)
    assert late_by(put_off, handed(hour + second)) == second
    assert late_by(WAITING, handed(-second)) == timedelta(0)


def test_what_was_not_just_handed_over_is_not_counted() -> None:
    over = handed(timedelta(seconds=1))

    assert late_by(None, over) is None
    assert late_by(WAITING, replace(WAITING, outcome=Outcome.SKIPPED)) is None
    assert late_by(over, replace(over, try_at=DUE)) is None
    assert late_by(over, replace(over, outcome=Outcome.SENT)) is None


@given(st.lists(st.integers(0, 200_000_000), min_size=1))
def test_what_is_told_is_never_too_little_and_at_most_a_bucket_too_much(found: list[int]) -> None:
    lates = sorted(timedelta(milliseconds=one) for one in found)
    told = summed(Counter(bucket(late) for late in lates), lates[-1])

    assert told is not None
    assert (told.count, told.longest) == (len(lates), lates[-1])
    for share, shown in ((0.5, told.half), (0.95, told.most)):
        exact = lates[max(-int(-len(lates) * share // 1) - 1, 0)]
        assert exact <= shown <= told.longest
        assert shown == told.longest or shown == BOUNDS[bucket(exact)]


def test_without_messages_nothing_is_told() -> None:
    assert summed({}, timedelta(0)) is None
