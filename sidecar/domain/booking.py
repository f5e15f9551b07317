"""What the visitor chose and what was booked, in the words of the contract."""

from dataclasses import dataclass
from datetime import datetime

_NOT_LIVE = frozenset({"canceled", "rejected", "no_show"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """`amount` is a decimal number as text, `currency` an ISO 4217 code."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    id: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What stands in the form; `date` and `time` are in the site's zone, as the visitor saw them."""

    location: Choice | None = None
    service: Choice | None = None
    staff: Choice | None = None
    date: str | None = None
    time: str | None = None
    starts_at: datetime | None = None
    people: int | None = None
    items: int | None = None
    total: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    id: int
    starts_at: datetime
    ends_at: datetime | None = None
    status: str
    service_id: int | None = None
    staff_id: int | None = None
    location_id: int | None = None

    @property
    def is_live(self) -> bool:
        return self.status not in _NOT_LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The appointments of one payment: one cart or one series, known by its `key`."""

    key: str
    created_at: datetime
    appointments: tuple[Appointment, ...]
    total: Money | None = None
    payment_method: str | None = None
    payment_status: str | None = None

    @property
    def live_appointments(self) -> tuple[Appointment, ...]:
        """Those that still stand, the earliest first."""
        live = (a for a in self.appointments if a.is_live)
        return tuple(sorted(live, key=lambda a: (a.starts_at, a.id)))
