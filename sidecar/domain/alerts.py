"""Which troubles people are told of, and when: once each, again every day, and when all is over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sidecar.domain.health import Trouble

GRACE = timedelta(minutes=1)
"""A trouble that ends within this, as at a restart, is told to nobody."""

AGAIN = timedelta(days=1)
"""After this a trouble that lasts is told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`count` is the one that was told, of a trouble that is news when it grows."""

    since: datetime
    told_at: datetime | None = None
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of each trouble by its key; `owes_end` while people wait to hear of the end."""

    known: Mapping[str, Known] = field(default_factory=dict)
    owes_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What to tell now; without troubles, that all is well again."""

    troubles: tuple[Trouble, ...]


def key(trouble: Trouble) -> str:
    return f"{trouble.site}:{trouble.kind}"


def observe(memory: Memory, troubles: Iterable[Trouble], now: datetime) -> Memory:
    """Take note of what is wrong now, and forget what is over."""
    known = {}
    for trouble in troubles:
        if trouble.worth_an_alert:
            before = memory.known.get(key(trouble), Known(since=now))
            # What was set aside and is fewer now is news when it grows again from there.
            known[key(trouble)] = replace(before, count=min(before.count, trouble.count or 0))
    return replace(memory, known=known)


def news(memory: Memory, troubles: Iterable[Trouble], now: datetime) -> News | None:
    """What people must hear now, of what was observed; None where there is nothing."""
    lasting = [one for one in troubles if one.worth_an_alert]
    due = tuple(one for one in lasting if _is_news(one, memory.known[key(one)], now))
    if due:
        return News(troubles=due)
    is_over = all(one.count is not None for one in lasting)
    return News(troubles=()) if memory.owes_end and is_over else None


def told(memory: Memory, heard: News, now: datetime) -> Memory:
    """Note that people have heard it."""
    known = dict(memory.known)
    for trouble in heard.troubles:
        count = trouble.count or 0
        known[key(trouble)] = replace(known[key(trouble)], told_at=now, count=count)
    lasts = any(trouble.count is None for trouble in heard.troubles)
    owes_end = lasts or (memory.owes_end and bool(heard.troubles))
    return Memory(known=known, owes_end=owes_end)


def _is_news(trouble: Trouble, known: Known, now: datetime) -> bool:
    if trouble.count is not None:
        return trouble.count > known.count
    if known.told_at is None:
        return now - known.since >= GRACE
    return now - known.told_at >= AGAIN


def subject(heard: News) -> str:
    """What it is about, in a line."""
    if not heard.troubles:
        return "Booking recovery: all is well again"
    where = sorted({trouble.site for trouble in heard.troubles if trouble.site})
    named = ", ".join(where[:5]) or "the sidecar"
    return f"Booking recovery: something is wrong ({named}{', …' if len(where) > 5 else ''})"


def text(heard: News, where_to_look: str) -> str:
    """The whole message; it names sites and nobody else."""
    if not heard.troubles:
        return f"Everything that was wrong is over.\n\n{where_to_look}\n"
    lines = [f"{one.site}: {one.text}" if one.site else one.text for one in heard.troubles]
    return "\n".join([*lines, "", where_to_look, ""])
