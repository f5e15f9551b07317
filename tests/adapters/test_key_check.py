"""Keys that do not fit what lies in Redis are told at the start, before anything is sent."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidecar import people
from sidecar.adapters.key_check import refuse_other_keys
from sidecar.adapters.keys import Keys
from sidecar.adapters.redis_store import RedisStore
from sidecar.adapters.vault import Vault
from sidecar.config import ConfigError
from sidecar.wiring import Sidecar
from tests.assembled import Bridge, assembled
from tests.cli.commands import booking_recovery
from tests.listening import listening
from tests.worker.test_recovering import ANNA, long_ago

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


def test_a_key_is_changed_while_visits_are_open_and_they_are_sealed_anew_as_they_change(
    sidecar: Sidecar,
) -> None:
    bridge = Bridge(sidecar)
    bridge.send(
        *(
            bridge.event("session.contact_given", name, contact=ANNA)
            for name in ("old", "changed")
        ),
        bridge.event("session.jumped", "old"),
    )
    before = sidecar.keys.contact
    site = sidecar.config.sites["salon"]
    changed = replace(
        sidecar, store=RedisStore(sidecar.redis, Vault((NEW, *before), sidecar.keys.lookup))
    )
    only_new = RedisStore(sidecar.redis, Vault((NEW,), sidecar.keys.lookup))

    later = Bridge(changed, seq=bridge.seq)
    later.send(later.event("session.step_reached", "changed", step="information"))

    found = changed.store.sessions_of("salon", email=ANNA["email"])
    assert {session.id for session in found if session.contact} == {"old", "changed"}
    assert len(changed.store.quarantined("salon")) == 1
    assert [s.id for s in only_new.sessions_of("salon", email=ANNA["email"])] == ["changed"]
    people.forget(changed.store, site, email=ANNA["email"], phone=None, now=datetime.now(UTC))
    assert not changed.store.sessions_of("salon", email=ANNA["email"])


@pytest.mark.parametrize("lost", ["contact", "lookup"])
def test_a_lost_key_is_told_by_check_and_at_the_start_and_nothing_is_sent(
    tmp_path: Path, redis_url: str, lost: str
) -> None:
    with listening() as wordpress:
        sidecar = assembled(
            tmp_path,
            redis_url,
            home=wordpress.url,
            recovery='abandon_after = "1s"\nmessages = ["1s"]',
        )
        bridge = Bridge(sidecar, home_url=wordpress.url)
        refuse_other_keys(sidecar.redis, sidecar.keys, datetime.now(UTC), RETENTION)
        bridge.send(bridge.event("session.contact_given", "s1", contact=ANNA) | long_ago())
        config = tmp_path / "config.toml"
        other = base64.b64encode(NEW).decode()
        value = f'["{other}"]' if lost == "contact" else f'"{other}"'
        config.write_text(config.read_text().replace("[keys]", f"[keys]\n{lost} = {value}"))

        for command in ("check", "worker", "clock", "up"):
            done = booking_recovery(tmp_path, command)
            assert done.returncode != 0
            assert f"[keys] {lost}" in done.stdout + done.stderr

        assert wordpress.calls == []
        assert sidecar.store.sessions_of("salon", email=ANNA["email"])
