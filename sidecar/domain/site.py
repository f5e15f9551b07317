"""What is known of a site beside its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sidecar.domain.events import SiteCheckedIn
from sidecar.domain.outbox import Cursor

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecord:
    """`check_in` pins the site's address; `cursor` tells how far its outbox is held.

    `settings` are what the owner set in WordPress, as they came. `refilled` says that the
    site's settings, opt-outs and outbox have been read since the store was new: before that
    nobody knows whom not to write to, so nothing is sent. `skew` is by how many seconds the
    site's clock is ahead of ours, 0 while that is not known. `retention` is the one by which
    erasures are reckoned, None while nobody has looked.
    """

    id: str
    check_in: SiteCheckedIn | None = None
    cursor: Cursor | None = None
    last_event_at: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_revision: int = 0
    paused: bool = False
    refilled: bool = False
    skew: float = 0.0
    retention: timedelta | None = None

    @property
    def timezone(self) -> str:
        """The name of WordPress's zone, or a bare offset such as +02:00; "" while not known."""
        return self.check_in.timezone if self.check_in else ""

    def cursor_for(self, outbox_id: str) -> Cursor:
        """How far this outbox is held; an outbox that is new is not held at all."""
        if self.cursor is not None and self.cursor.outbox_id == outbox_id:
            return self.cursor
        return Cursor(outbox_id)


def same_address(one: str, other: str) -> bool:
    """Tell whether two home addresses name the same site: origin and path."""
    return one == other or _address(one) == _address(other)


def same_origin(one: str, other: str) -> bool:
    """Tell whether two addresses share scheme, host and port."""
    return _address(one)[:3] == _address(other)[:3]


def is_address(url: str) -> bool:
    """Tell whether a text is an absolute http or https URL without user or fragment."""
    parts = _split(url)
    return (
        parts is not None
        and parts.scheme in _DEFAULT_PORTS
        and bool(parts.hostname)
        and parts.username is None
        and not parts.fragment
        and not any(character.isspace() or character == "\\" for character in url)
    )


def _address(url: str) -> tuple[str, str, int | None, str]:
    parts = _split(url)
    if parts is None:
        return ("", "", None, url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return (parts.scheme, parts.hostname or "", port, parts.path.rstrip("/"))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what raises for a port that is none
    except ValueError:
        return None
    return parts
