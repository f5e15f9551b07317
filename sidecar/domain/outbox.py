"""How far the events of a bridge's outbox are held here, and when to read it again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

HOLE_SETTLES_AFTER = timedelta(seconds=60)
"""A number the outbox still lacks so long after a reading beyond it was never given out."""

READ_AGAIN_PUSHED = timedelta(hours=1)
READ_AGAIN_IDLE = timedelta(minutes=15)
READ_AGAIN_OPEN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which `seq` are held: all up to `ack`, and those of the `beyond` ranges above it.

    `read_to` and `read_at` tell of a reading that went beyond a hole.
    """

    outbox_id: str
    ack: int = 0
    beyond: tuple[tuple[int, int], ...] = ()
    read_to: int = 0
    read_at: datetime | None = None

    def holds(self, seq: int) -> bool:
        return seq <= self.ack or any(first <= seq <= last for first, last in self.beyond)

    @property
    def has_hole(self) -> bool:
        return bool(self.beyond)

    def add(self, seq: int) -> "Cursor":
        """Hold one more; the ranges it touches become one."""
        return self if self.holds(seq) else self._with_range(seq, seq)

    def read_beyond(self, last: int, now: datetime) -> "Cursor":
        """Note a reading of everything from `ack` up to `last`, already added.

        What a reading at least a minute ago did not show and this one did not either is
        settled: such numbers belong to inserts that were rolled back.
        """
        cursor = self
        if self.read_at is not None and now - self.read_at >= HOLE_SETTLES_AFTER:
            cursor = replace(self._with_range(1, self.read_to), read_at=None, read_to=0)
        if cursor.has_hole and cursor.read_at is None:
            return replace(cursor, read_to=last, read_at=now)
        return cursor if cursor.has_hole else replace(cursor, read_to=0, read_at=None)

    def _with_range(self, first: int, last: int) -> "Cursor":
        merged: list[tuple[int, int]] = []
        ranges = [(first, last), *self.beyond]
        if self.ack:
            ranges.append((1, self.ack))
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        ack = merged.pop(0)[1] if merged and merged[0][0] == 1 else 0
        return replace(self, ack=ack, beyond=tuple(merged))


def next_reading(cursor: Cursor, *, pushes: bool, has_open_sessions: bool) -> timedelta:
    """How long to wait before the outbox is read again."""
    if cursor.has_hole:
        return HOLE_SETTLES_AFTER
    if pushes:
        return READ_AGAIN_PUSHED
    return READ_AGAIN_OPEN if has_open_sessions else READ_AGAIN_IDLE
