"""Whether our keys are those with which this Redis was filled: told at the start, not later.

What lies there can be read with no others: contact data would be lost, and whoever opted out
would not be known any more. Kept are fingerprints, which tell nothing of the keys.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from redis import Redis

from sidecar.adapters import redis_keys
from sidecar.adapters.keys import Keys
from sidecar.config import ConfigError
from sidecar.domain.abandonment import OPEN_FOR

_LOOKUP = "lookup"
_IN_USE = b""

_ADVICE = (
    "Use the keys of the machine, the data folder or the backup that it was filled with; if they "
    "are lost for good, empty this Redis: settings, opt-outs and what happened lately are read "
    "from WordPress again"
)


def refuse_other_keys(redis: "Redis", keys: Keys, now: datetime, retention: timedelta) -> None:
    """Raise ConfigError where data lies in Redis that these keys do not fit.

    A contact key that is used no more must stay in the list until everything is erased that was
    sealed with it. `retention` is the longest of all sites.
    """
    name, lookup = redis_keys.KEYS_USED, _fingerprint(keys.lookup)
    redis.hsetnx(name, _LOOKUP, lookup)
    known = cast("dict[bytes, bytes]", redis.hgetall(name))
    if known.pop(_LOOKUP.encode()).decode() != lookup:
        raise ConfigError(
            f"[keys] lookup is not the key that this Redis was filled with. {_ADVICE}"
        )
    ours = [_fingerprint(key) for key in keys.contact]
    for fingerprint, retired in known.items():
        if fingerprint.decode() not in ours:
            _refuse_if_needed(retired, now, retention)
    # Only now: a start that is refused must leave no trace.
    redis.hset(name, ours[0], _IN_USE)
    for earlier in ours[1:]:
        if known.get(earlier.encode()) == _IN_USE:
            redis.hset(name, earlier, now.isoformat())


def fit(keys: Keys, used: Mapping[bytes, bytes]) -> bool:
    """Tell whether what was filled with keys of these fingerprints can be read with ours."""
    ours = {_fingerprint(key).encode() for key in keys.contact}
    in_use = {name for name, state in used.items() if state == _IN_USE}
    return used.get(_LOOKUP.encode()) == _fingerprint(keys.lookup).encode() and in_use <= ours


def _refuse_if_needed(retired: bytes, now: datetime, retention: timedelta) -> None:
    if retired == _IN_USE:
        raise ConfigError(
            "[keys] contact lacks the key that contact data in this Redis is encrypted with. "
            f"{_ADVICE}"
        )
    until = (
        datetime.fromisoformat(retired.decode()) + retention + OPEN_FOR
    )  # sealed anew or erased by then
    if now < until:
        raise ConfigError(
            "[keys] contact lacks an earlier key that contact data in this Redis may still be "
            f"encrypted with: keep it in the list until {until:%Y-%m-%d}. {_ADVICE}"
        )


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"fingerprint\0" + key).hexdigest()[:32]
