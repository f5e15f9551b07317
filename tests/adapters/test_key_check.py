"""Keys that do not fit what lies in Redis are told at the start, before anything is sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidecar.adapters.key_check import refuse_other_keys
from sidecar.adapters.keys import Keys
from sidecar.config import ConfigError
from sidecar.wiring import Sidecar
from tests.assembled import assembled

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RETENTION = timedelta(days=90)
OLD, NEW = b"o" * 32, b"n" * 32
KEYS = Keys(contact=(OLD,), cookie=("c" * 32,), lookup=b"l" * 32)


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


def start(sidecar: Sidecar, keys: Keys, *, days: float = 0) -> None:
    refuse_other_keys(sidecar.redis, keys, NOW + timedelta(days=days), RETENTION)


def test_the_same_keys_are_taken_every_time(sidecar: Sidecar) -> None:
    for days in (0, 1, 1000):
        start(sidecar, KEYS, days=days)


def test_another_lookup_key_is_refused(sidecar: Sidecar) -> None:
    start(sidecar, KEYS)

    with pytest.raises(ConfigError, match="lookup is not the key"):
        start(sidecar, replace(KEYS, lookup=b"x" * 32))


def test_a_lost_contact_key_is_refused_and_leaves_no_trace(sidecar: Sidecar) -> None:
    start(sidecar, KEYS)

    for _ in range(2):
        with pytest.raises(ConfigError, match="contact lacks the key"):
            start(sidecar, replace(KEYS, contact=(NEW,)))
    start(sidecar, KEYS)


def test_a_contact_key_is_changed_and_may_go_when_nothing_needs_it_any_more(
    sidecar: Sidecar,
) -> None:
    start(sidecar, KEYS)
    start(sidecar, replace(KEYS, contact=(NEW, OLD)), days=10)
    start(sidecar, replace(KEYS, contact=(NEW, OLD)), days=30)
    alone = replace(KEYS, contact=(NEW,))

    with pytest.raises(ConfigError, match="keep it in the list until 2027-06-30"):
        start(sidecar, alone, days=31)

    start(sidecar, alone, days=10 + 90 + 120)


def test_fingerprints_tell_nothing_of_the_keys(sidecar: Sidecar) -> None:
    start(sidecar, KEYS)

    for name in sidecar.redis.scan_iter():
        dumped = sidecar.redis.dump(name)
        assert isinstance(dumped, bytes)
        assert OLD not in dumped
        assert KEYS.lookup not in dumped
