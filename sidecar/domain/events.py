"""Facts that the bridge reports, in the past tense.

`seq` orders the events of one outbox; `at` is when it happened, never later than its receipt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sidecar.domain.booking import Booking, Selection
from sidecar.domain.person import Contact


class Basis(StrEnum):
    """On what ground a contact was given."""

    NOTICE = "notice"
    OPT_IN = "opt_in"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the visitor was told or asked, in which words, and when."""

    basis: Basis
    text: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From where and how a visitor came to the form.

    `campaign` holds the page's utm parameters without their prefix; `signals` speak for a robot.
    """

    page_url: str | None = None
    locale: str | None = None
    client_timezone: str | None = None
    tenant_id: int | None = None
    device: str | None = None
    referrer: str | None = None
    campaign: tuple[tuple[str, str], ...] = ()
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    """An event of one session."""

    seq: int
    at: datetime
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(SessionEvent):
    """The visitor is in the form. Told once more where later signs speak for a robot."""

    visit: Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReached(SessionEvent):
    step: str
    previous_step: str | None = None
    selection: Selection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactGiven(SessionEvent):
    contact: Contact
    consent: Consent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReturned(SessionEvent):
    """The visitor came by a recovery link, which carried `token`."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEvent:
    """A snapshot of a booking; of several with one key the highest `seq` counts.

    `session_id` is None where no form was filled in: made by staff, by REST, elsewhere.
    `tenant_id` is told where one WordPress serves several businesses.
    """

    seq: int
    at: datetime
    session_id: str | None
    booking: Booking
    contact: Contact | None = None
    tenant_id: int | None = None


class BookingCreated(BookingEvent):
    """The rows exist; a payment may still be open."""

    __slots__ = ()


class BookingConfirmed(BookingEvent):
    """It is booked for Booknetic."""

    __slots__ = ()


class BookingChanged(BookingEvent):
    """New times, states or total."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCanceled(BookingEvent):
    """No live appointment is left."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCheckedIn:
    """The bridge says who and where it is."""

    seq: int
    at: datetime
    home_url: str
    rest_url: str
    timezone: str
    delivery: str
    bridge_version: str | None = None
    wordpress_version: str | None = None
    php_version: str | None = None
    booknetic_version: str | None = None
    outbox_pending: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSaved:
    """The owner's whole set of choices; the highest `revision` counts."""

    seq: int
    at: datetime
    settings: Mapping[str, Any]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOptedOut:
    """A person does not want to be messaged, named by an identifier or by an opt-out token."""

    seq: int
    at: datetime
    email: str | None = None
    phone: str | None = None
    token: str | None = None
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactForgotten:
    """A person's data is to be erased."""

    seq: int
    at: datetime
    email: str | None = None
    phone: str | None = None


SiteEvent = SiteCheckedIn | SettingsSaved | ContactOptedOut | ContactForgotten
Event = SessionEvent | BookingEvent | SiteEvent
