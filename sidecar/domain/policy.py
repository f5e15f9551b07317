"""The owner's choices for one site."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ConsentMode(StrEnum):
    """On what ground contact data may be used before a booking is made."""

    NOTICE = "notice"
    OPT_IN = "opt_in"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an owner decides about recoveries; names and defaults are those of `[recovery]`."""

    abandon_after: timedelta = timedelta(minutes=15)
    unpaid_after: timedelta = timedelta(minutes=30)
    messages: tuple[timedelta, ...] = (timedelta(minutes=45),)
    min_gap: timedelta = timedelta(hours=6)
    quiet_hours: str = ""
    max_lateness: timedelta = timedelta(hours=24)
    slot_lead_time: timedelta = timedelta(hours=2)
    attribution_window: timedelta = timedelta(days=7)
    contact_cooldown: timedelta = timedelta(days=7)
    cap_per_30_days: int = 3
    holdout_percent: int = 0
    consent: ConsentMode = ConsentMode.NOTICE
    dry_run: bool = False
    retention: timedelta = timedelta(days=90)
