"""The quiet hours: between two times of the site's day nobody is messaged."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone_named(name: str) -> tzinfo:
    """Return a zone by its name, or by a bare offset such as +02:00; UTC for anything else.

    Asked with every change of a session; a name that is none is looked for on the disk.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    offset = re.fullmatch(r"([+-])([01]\d):([0-5]\d)", name)
    if offset is None:
        return UTC
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return timezone(-span if offset[1] == "-" else span)


def ends(hours: str, at: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet of the moment `at` ends; None where it is not quiet then.

    `hours` are "21:00-08:00", or "" for no quiet at all. What counts is what clocks show at the
    site: in the night in which they go back an hour the quiet is an hour longer, in the one in
    which they go forward an hour shorter.
    """
    span = _span(hours)
    if span is None or not _is_quiet(span, at, zone):
        return None
    return min(moment for moment in _moments(span[1], at, zone) if moment > at)


def began(hours: str, at: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet of the moment `at` began; None where it is not quiet then."""
    span = _span(hours)
    if span is None or not _is_quiet(span, at, zone):
        return None
    return max(moment for moment in _moments(span[0], at, zone) if moment <= at)


def _span(hours: str) -> tuple[time, time] | None:
    if not hours:
        return None
    begin, _, end = hours.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def _is_quiet(span: tuple[time, time], at: datetime, zone: tzinfo) -> bool:
    begin, end = span
    shown = at.astimezone(zone).time()
    return begin <= shown < end if begin < end else shown >= begin or shown < end


def _moments(shown: time, at: datetime, zone: tzinfo) -> Iterable[datetime]:
    """The moments around `at` at which clocks show a time; twice where they go back over it."""
    today = at.astimezone(zone).date()
    for days in (-1, 0, 1):
        for fold in (0, 1):
            yield _moment(today + timedelta(days=days), shown, zone, fold)


def _moment(day: date, shown: time, zone: tzinfo, fold: int) -> datetime:
    return datetime.combine(day, shown, zone).replace(fold=fold).astimezone(UTC)
