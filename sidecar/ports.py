"""What the verbs need of the world; the adapters keep these promises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sidecar.domain.conversion import Conversion
from sidecar.domain.decision import Answer
from sidecar.domain.policy import Policy
from sidecar.domain.session import Session
from sidecar.domain.site import SiteRecord


class Work(Protocol):
    """One decision about one site: what was read, and what shall be written, all or nothing."""

    def record(self) -> SiteRecord: ...

    def session(self, session_id: str) -> Session | None: ...

    def recovery_of(self, token: str) -> str | None:
        """The id of the recovery whose link carries the token, while the link is valid."""

    def put_record(self, record: SiteRecord) -> None: ...

    def put_session(self, session: Session, policy: Policy) -> None:
        """Write a session together with everything that is due of it."""

    def put_link(self, recovery_id: str, expires_at: datetime) -> None:
        """Make the recovery's link known until it expires."""

    def put_due(self, kind: str, item: str, at: datetime | None) -> None:
        """Write when something of the site itself is due, or with None that it is not."""

    def quarantine(self, event: object, reasons: Sequence[str], at: datetime) -> None: ...

    def commit(self) -> bool:
        """Write everything; False, and nothing is written, where what was read has changed."""


class Store(Protocol):
    def begin(
        self, site: str, *, sessions: Iterable[str] = (), tokens: Iterable[str] = ()
    ) -> Work:
        """Start a decision; what is named is read ahead, in one round trip."""

    def has_open_sessions(self, site: str) -> bool: ...

    def count_sessions(self, site: str) -> int: ...

    def latest_sessions(self, site: str, *, after: int, limit: int) -> list[Session]:
        """Sessions by when their visitor was last seen, the latest first, `after` passed over."""


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

    def read_status(self) -> Mapping[str, Any]: ...
