"""Log-ins that WordPress vouches for: an address that works once, within a minute."""

import hashlib
import json
from datetime import timedelta
from typing import cast

from redis import Redis

from sidecar.adapters import redis_keys as keys

VALID_FOR = timedelta(seconds=60)


class LogIns:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def put(self, token: str, site: str, user: str, role: str) -> None:
        self._redis.set(_name(token), json.dumps([site, user, role]), ex=VALID_FOR)

    def take(self, token: str) -> tuple[str, str, str] | None:
        """Return site, user and role, once; None for a token that was used, or never made."""
        found = cast("bytes | None", self._redis.getdel(_name(token)))
        if found is None:
            return None
        site, user, role = json.loads(found)
        return site, user, role


def _name(token: str) -> str:
    return keys.log_in(hashlib.sha256(token.encode()).hexdigest())
