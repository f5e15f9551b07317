import itertools
from datetime import timedelta

from sidecar.domain.outbox import Cursor, next_reading
from tests.domain.making import NOON, after


def holding(*seqs: int) -> Cursor:
    cursor = Cursor("outbox")
    for seq in seqs:
        cursor = cursor.add(seq)
    return cursor


def test_any_order_of_arrival_leaves_the_same_cursor() -> None:
    expected = holding(1, 2, 3, 5, 6)

    for order in itertools.permutations([1, 2, 3, 5, 6]):
        assert holding(*order) == expected

    assert expected.ack == 3
    assert expected.has_hole
    assert not expected.holds(4)
    assert expected.holds(6)


def test_what_fills_the_hole_moves_the_cursor_over_all_that_is_held() -> None:
    assert holding(1, 3, 4, 2).ack == 4


def test_a_hole_counts_as_settled_a_minute_after_a_reading_beyond_it() -> None:
    cursor = holding(1, 3).read_beyond(3, NOON)
    assert cursor.ack == 1

    assert cursor.read_beyond(3, after(seconds=59)).ack == 1
    settled = cursor.read_beyond(3, after(seconds=60))

    assert settled.ack == 3
    assert not settled.has_hole


def test_a_hole_that_opened_after_that_reading_waits_for_its_own_minute() -> None:
    cursor = holding(1, 3).read_beyond(3, NOON).add(5)

    settled = cursor.read_beyond(5, after(seconds=60))

    assert settled.ack == 3
    assert settled.read_beyond(5, after(seconds=119)).ack == 3
    assert settled.read_beyond(5, after(seconds=120)).ack == 5


def test_an_outbox_is_read_as_often_as_something_may_be_missed() -> None:
    whole, with_hole = holding(1, 2), holding(1, 3)

    assert next_reading(with_hole, pushes=True, has_open_sessions=False) == timedelta(minutes=1)
    assert next_reading(whole, pushes=True, has_open_sessions=True) == timedelta(hours=1)
    assert next_reading(whole, pushes=False, has_open_sessions=True) == timedelta(seconds=30)
    assert next_reading(whole, pushes=False, has_open_sessions=False) == timedelta(minutes=15)
