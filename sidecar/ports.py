"""What the verbs need of the world; the adapters keep these promises."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sidecar.domain.conversion import Conversion
from sidecar.domain.decision import Answer
from sidecar.domain.errors import SidecarError
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Recovery
from sidecar.domain.session import Session
from sidecar.domain.site import SiteRecord
from sidecar.domain.suppression import Suppression

_A_KIND = re.compile("[a-z_.]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """What the bridge shall do about a person: `opt_out`, `forget` or `allow`, as of `at`."""

    id: str
    op: str
    email: str | None
    phone: str | None
    tries: int = 0
    at: datetime | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        return tuple(identifier for identifier in (self.email, self.phone) if identifier)


class TooManyMessages(SidecarError):
    """A site sent more within a minute than it may."""


class Work(Protocol):
    """One decision about one site: what was read, and what shall be written, all or nothing.

    What was put is what is read from then on. A person is known here by a keyed hash.
    """

    def record(self) -> SiteRecord: ...

    def put_record(self, record: SiteRecord) -> None: ...

    def session(self, session_id: str) -> Session | None: ...

    def put_session(self, session: Session, policy: Policy) -> None:
        """Write a session together with everything that is due of it."""

    def drop_session(self, session: Session) -> None:
        """Keep nothing of a session but what it added to the counts."""

    def session_of_booking(self, booking_key: str) -> str | None:
        """The session in which a booking is kept."""

    def put_booking(self, booking_key: str, session_id: str) -> None: ...

    def recovery_of(self, token: str) -> str | None:
        """The id of the recovery whose link carries the token, while the link is valid."""

    def put_link(self, recovery_id: str, expires_at: datetime) -> None:
        """Make the recovery's link known until it expires."""

    def drop_link(self, recovery_id: str) -> None: ...

    def person(self, identifier: str) -> str:
        """The hash of who has this normalised identifier."""

    def person_of_key(self, person_key: str) -> str:
        """The hash of whom the bridge knows by this key."""

    def person_of_token(self, opt_out_token: str) -> str | None:
        """The hash of whom an opt-out token means; None for a token that we never made."""

    def sessions_of(self, person: str, at_most: int | None = None) -> list[str]:
        """The sessions whose contact is this person's, the latest first."""

    def suppression(self, persons: Iterable[str]) -> Suppression | None:
        """Why one of these must not be messaged, or None."""

    def suppress(self, person: str, suppression: Suppression) -> None: ...

    def allow(self, person: str) -> None: ...

    def put_request(self, request: ContactRequest, at: datetime) -> None:
        """Have the bridge told of a person's wish, until it has confirmed."""

    def request(self, request_id: str) -> ContactRequest | None: ...

    def request_of(self, person: str) -> ContactRequest | None:
        """The latest wish of a person of which the bridge has not confirmed that it knows."""

    def drop_request(self, request: ContactRequest) -> None: ...

    def put_due(self, kind: str, item: str, at: datetime | None) -> None:
        """Write when something of the site itself is due, or with None that it is not."""

    def quarantine(self, event: object, reasons: Sequence[str], at: datetime) -> None: ...

    def count(self, name: str, label: str) -> None:
        """Count one more of what this decision did, for the metrics."""

    def drop_quarantined(self, key: bytes) -> None: ...

    def quarantined(self) -> list["Quarantined"]:
        """The events in quarantine, the oldest first."""

    def forget_unreadable(self, person: str, session_id: str) -> None:
        """Erase what was set aside of a person's session because it could not be read."""

    def limit(self, messages: int) -> None:
        """Count this as a message of the site, of which it may send so many within a minute.

        Raises TooManyMessages where it has, as `commit` does where others were faster.
        """

    def commit(self) -> bool:
        """Write everything; False, and nothing is written, where what was read has changed.

        Raises TooManyMessages where `limit` was passed, and then nothing is written either.
        """

    def following(self) -> "Work":
        """Start a decision on what was read and written here, once it is; nothing is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A well-signed event that made no sense; `key` is what it is dropped by."""

    key: bytes
    event: object
    reasons: tuple[str, ...]
    at: datetime

    @property
    def id(self) -> str:
        """What a page names it by: short, and nothing of what stands in it."""
        return hashlib.sha256(self.key).hexdigest()[:16]

    @property
    def kind(self) -> str | None:
        """Of what type it says to be; None for what is no type, and may be somebody's address."""
        kind = self.event.get("type") if isinstance(self.event, dict) else None
        return kind if isinstance(kind, str) and _A_KIND.fullmatch(kind) else None

    @property
    def seq(self) -> int | None:
        seq = self.event.get("seq") if isinstance(self.event, dict) else None
        return seq if isinstance(seq, int) else None


class Store(Protocol):
    def begin(
        self, site: str, *, sessions: Iterable[str] = (), tokens: Iterable[str] = ()
    ) -> Work:
        """Start a decision; what is named is read ahead, in one round trip."""

    def has_open_sessions(self, site: str) -> bool: ...

    def failures(self, site: str, at_most: int) -> list[tuple[Session, Recovery]]:
        """The recoveries that ended badly, the latest first."""

    def quarantined(self, site: str) -> list[Quarantined]:
        """The events in quarantine, the oldest first."""

    def drop_kept_too_long(self, site: str, retention: timedelta, now: datetime) -> None:
        """Drop what is kept for a person to look at, when nobody has for that long."""

    def find_kept_too_long(self, site: str, retention: timedelta, now: datetime) -> None:
        """Have ended sessions looked at now whose retention is over, and that wait for no look."""

    def count_sessions(self, site: str) -> int: ...

    def latest_sessions(self, site: str, *, limit: int) -> list[Session]:
        """Sessions by when their visitor was last seen, the latest first."""

    def seen_since(self, site: str, since: datetime, at_most: int | None) -> list[str]:
        """The ids of sessions whose visitor was last seen since then, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCall:
    """What the bridge is told to trigger; tokens are made where the key is."""

    session: Session
    number: int
    of: int
    not_after: datetime
    lead_time: int
    retry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage:
    """Events as they lie in the bridge's outbox, not yet validated."""

    home_url: str
    outbox_id: str
    events: tuple[object, ...]
    last_seq: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatus:
    """What a site says of itself; `shown` is for people to look at."""

    time: datetime | None
    settings: Mapping[str, Any] | None
    revision: int
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionPage:
    """Who opted out, by the bridge's hashes; `after` is the cursor of the next page."""

    entries: tuple[tuple[str, Suppression], ...]
    after: object
    has_more: bool


class BookingSite(Protocol):
    """The bridge of one site.

    Every method raises RetryLater where no answer came or the site cannot serve now, and
    GiveUp where it understood and refused.
    """

    def trigger(self, call: RecoveryCall) -> Answer: ...

    def look_up(self, recovery_id: str, *, close: bool) -> Answer | None:
        """How a recovery ended; None for an id that never came.

        With `close` an id that never came is withdrawn, so that nothing can follow it.
        """

    def register(self, conversion_id: str, conversion: Conversion) -> None: ...

    def read_outbox(self, outbox_id: str | None, after_seq: int, limit: int) -> OutboxPage: ...

    def read_status(self) -> SiteStatus: ...

    def update_contact(self, request: ContactRequest) -> None: ...

    def read_suppressions(self, after: object, limit: int) -> SuppressionPage: ...
