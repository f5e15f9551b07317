"""What calls to a site last told, for people to look at; nothing is decided by it but pauses."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.scripts import script

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """`failures` counts the calls that failed since the last that did not.

    `failing_since` is when the first of them did, None where there is none.
    """

    answered_at: datetime | None = None
    failed_at: datetime | None = None
    fault: str | None = None
    failures: int = 0
    failing_since: datetime | None = None
    status: Mapping[str, Any] | None = None


class SiteNotes:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._failed = redis.register_script(script("failed"))

    def answered(self, site: str, now: datetime) -> None:
        name = keys.notes(site)
        pipeline = self._redis.pipeline()
        pipeline.hset(name, mapping={"answered_at": now.isoformat(), "failures": 0})
        pipeline.hdel(name, "failing_since")
        pipeline.execute()

    def failed(self, site: str, fault: str, now: datetime) -> int:
        """Count a call that failed; returns how many have since the last that did not."""
        return int(self._failed(keys=[keys.notes(site)], args=[now.isoformat(), fault]))

    def told(self, site: str, shown: Mapping[str, Any]) -> None:
        self._redis.hset(keys.notes(site), "status", json.dumps(shown))

    def read(self, site: str) -> Notes:
        found = cast("dict[bytes, bytes]", self._redis.hgetall(keys.notes(site)))
        try:
            return noted(found)
        except ValueError:
            log.error("forgot notes that cannot be read", extra={"site": site})
            self._redis.delete(keys.notes(site))
            return Notes()


def noted(found: Mapping[bytes, bytes]) -> Notes:
    """Return notes as they are stored. Raises ValueError."""
    told = {name.decode(): value.decode() for name, value in found.items()}
    failed_at, failures = _moment(told.get("failed_at")), int(told.get("failures", 0))
    return Notes(
        answered_at=_moment(told.get("answered_at")),
        failed_at=failed_at,
        fault=told.get("fault"),
        failures=failures,
        # 0.1.0 did not note it.
        failing_since=_moment(told.get("failing_since")) or (failed_at if failures else None),
        status=json.loads(told["status"]) if "status" in told else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
