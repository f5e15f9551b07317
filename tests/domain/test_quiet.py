from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import quiet

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = "21:00-08:00"


def at(text: str) -> datetime:
    """A moment by what clocks in Berlin show, `fold` by a trailing *."""
    moment = datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=BERLIN)
    return moment.replace(fold=int(text.endswith("*"))).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "began", "ends"),
    [
        (NIGHT, "2026-11-22 20:59:59", None, None),
        (NIGHT, "2026-11-22 21:00", "2026-11-22 21:00", "2026-11-23 08:00"),
        (NIGHT, "2026-11-23 00:30", "2026-11-22 21:00", "2026-11-23 08:00"),
        (NIGHT, "2026-11-23 08:00", None, None),
        ("12:00-13:30", "2026-11-22 13:00", "2026-11-22 12:00", "2026-11-22 13:30"),
        ("12:00-13:30", "2026-11-22 11:59", None, None),
        ("", "2026-11-22 03:00", None, None),
        # Clocks go back from 3 to 2: the night is an hour longer.
        (NIGHT, "2026-10-25 02:30", "2026-10-24 21:00", "2026-10-25 08:00"),
        ("01:00-02:30", "2026-10-25 02:10", "2026-10-25 01:00", "2026-10-25 02:30"),
        ("01:00-02:30", "2026-10-25 02:10*", "2026-10-25 01:00", "2026-10-25 02:30*"),
        # Clocks go forward from 2 to 3: what would end at half past two ends at once.
        ("01:00-02:30", "2026-03-29 01:59", "2026-03-29 01:00", "2026-03-29 03:30"),
        ("01:00-02:30", "2026-03-29 03:10", None, None),
        (NIGHT, "2026-03-29 03:10", "2026-03-28 21:00", "2026-03-29 08:00"),
    ],
)
def test_quiet_is_what_clocks_at_the_site_show(
    hours: str, now: str, began: str | None, ends: str | None
) -> None:
    assert quiet.began(hours, at(now), BERLIN) == (at(began) if began else None)
    assert quiet.ends(hours, at(now), BERLIN) == (at(ends) if ends else None)


def test_the_night_in_which_clocks_go_back_is_quiet_for_an_hour_longer() -> None:
    def length(evening: str) -> timedelta:
        end = quiet.ends(NIGHT, at(evening), BERLIN)
        assert end is not None
        return end - at(evening)

    assert length("2026-10-24 21:00") == timedelta(hours=12)
    assert length("2026-10-25 21:00") == timedelta(hours=11)
    assert length("2026-03-28 21:00") == timedelta(hours=10)


_TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))


@given(
    _TIMES,
    _TIMES,
    st.integers(1_577_000_000, 1_893_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_when_quiet_ends_it_is_not_quiet_unless_clocks_went_back(
    begin: object, end: object, now: datetime, zone: str
) -> None:
    if begin == end:
        return
    hours = f"{begin:%H:%M}-{end:%H:%M}"
    over = quiet.ends(hours, now, ZoneInfo(zone))
    since = quiet.began(hours, now, ZoneInfo(zone))

    assert (over is None) == (since is None)
    if over is not None and since is not None:
        assert since <= now < over
        assert over - since <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", BERLIN),
        ("+02:00", timezone(timedelta(hours=2))),
        ("-03:30", timezone(-timedelta(hours=3, minutes=30))),
        ("", UTC),
        ("../etc/passwd", UTC),
        ("Nowhere/At_All", UTC),
    ],
)
def test_a_zone_has_a_name_or_an_offset(name: str, zone: object) -> None:
    assert quiet.zone_named(name) == zone
