"""A conversion: a booking that is owed to a recovery."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sidecar.domain.booking import Money


class AttributedBy(StrEnum):
    CLICK = "click"
    SESSION = "session"
    CONTACT = "contact"


class ConversionStatus(StrEnum):
    ACTIVE = "active"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Known by the id of the messaged session; `revision` grows with every change.

    `session_id` is where the booking was made, None where that was not in the form.
    `appointment_starts_at` is its date: the first live appointment's start.
    `registered` is the last revision that WordPress has confirmed.
    """

    revision: int = 0
    session_id: str | None
    recovery_id: str
    booking_key: str
    booked_at: datetime
    appointment_ids: tuple[int, ...]
    appointment_starts_at: datetime
    attributed_by: AttributedBy
    value: Money | None
    status: ConversionStatus = ConversionStatus.ACTIVE
    converted_at: datetime
    registered: int = 0
    try_at: datetime | None = None
    tries: int = 0

    def says_the_same_as(self, other: "Conversion") -> bool:
        """Tell whether both state the same fact, whatever WordPress knows of them."""
        return replace(self, revision=0, registered=0, try_at=None, tries=0) == replace(
            other, revision=0, registered=0, try_at=None, tries=0
        )

    @property
    def is_registered(self) -> bool:
        return self.registered >= self.revision
