"""What the previous release wrote is read, gone on with and sent; what a later one wrote is not touched."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from sidecar import people, recover, track
from sidecar.adapters import redis_keys, redis_store, schema, squeeze
from sidecar.adapters.redis_store import CONTACTS, SESSIONS, TAG
from sidecar.adapters.schema import NewerData, Unreadable, refuse_newer
from sidecar.cli.strange_data import refuse_strange_data
from sidecar.config import parse
from sidecar.domain.conversion import ConversionStatus
from sidecar.domain.person import Contact
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import Session, State
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge, statuses
from tests.cli.commands import booking_recovery
from tests.listening import Listener, Reply, listening
from tests.upgrade.fill import CONFIG, put_back

KEPT = json.loads((Path(__file__).parent / "store.json").read_text())
MADE_AT = datetime.fromisoformat(KEPT["made_at"])
SOON = MADE_AT + timedelta(minutes=3)


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    Redis.from_url(redis_url).flushall()
    path = tmp_path / "config.toml"
    path.write_text(
        CONFIG.replace("http://127.0.0.1:9", wordpress.url) + f'[redis]\nurl = "{redis_url}"\n'
    )
    sidecar = assemble(parse(path.read_text(), path=path))
    put_back(sidecar.redis, KEPT["store"])
    _move(sidecar, wordpress.url)
    return sidecar


def _move(sidecar: Sidecar, home: str) -> None:
    """The WordPress of those days had another port."""
    work = sidecar.store.begin("salon")
    record = work.record()
    assert record.check_in is not None
    check_in = replace(
        record.check_in, home_url=home, rest_url=f"{home}/wp-json/booking-recovery/v1/"
    )
    work.put_record(replace(record, check_in=check_in))
    assert work.commit()


def session_of(sidecar: Sidecar, session_id: str) -> Session:
    session = sidecar.store.begin("salon").session(session_id)
    assert session is not None
    return session


def test_the_previous_releases_data_says_no_version(sidecar: Sidecar) -> None:
    assert not sidecar.redis.exists(redis_keys.SCHEMA)
    refuse_newer(sidecar.redis)


def test_every_session_of_the_previous_release_is_read(sidecar: Sidecar) -> None:
    found = sidecar.store.latest_sessions("salon", limit=100)

    assert {(session.id, session.state) for session in found} == {
        ("active", State.ACTIVE),
        ("booked", State.ACTIVE),
        ("waiting", State.ABANDONED),
        ("abandoned", State.CONTACTED),
        ("opted-out", State.LOST),
        ("recovered", State.RECOVERED),
        ("failed", State.ABANDONED),
        ("contacted", State.CONTACTED),
    }
    assert session_of(sidecar, "waiting").contact == Contact(
        email="waiting@example.com", first_name="Waiting"
    )
    assert [failed.id for failed, _ in sidecar.store.failures("salon", 10)] == ["failed"]
    assert sidecar.store.count_unreadable("salon") == 0


def test_everything_else_of_the_previous_release_is_read(sidecar: Sidecar) -> None:
    work = sidecar.store.begin("salon")
    suppression = work.suppression([work.person("opted-out@example.com")])
    notes = sidecar.notes.read("salon")
    [quarantined] = sidecar.store.quarantined("salon")

    assert work.record().settings == {"cap_per_30_days": 5}
    assert suppression is not None
    assert suppression.reason is Reason.OPTED_OUT
    assert notes.failures == 1
    assert notes.failing_since == notes.failed_at is not None
    assert cast("dict[str, Any]", quarantined.event)["type"] == "session.unheard_of"


def test_where_a_booking_of_the_previous_release_was_made_is_known_while_it_is_kept(
    sidecar: Sidecar,
) -> None:
    assert sidecar.store.begin("salon").session_of_booking("pay1") == "recovered"
    assert sidecar.store.session_of_appointment("salon", 7) == "recovered"

    salon, later = sidecar.config.sites["salon"], MADE_AT + timedelta(days=365)
    assert recover.expire(sidecar.store, salon, "recovered", later) is None

    assert sidecar.store.begin("salon").session_of_booking("pay1") is None
    assert sidecar.store.session_of_appointment("salon", 7) is None
    assert sidecar.store.session_of_appointment("salon", 8) == "booked"


def test_the_previous_releases_counts_are_made_anew(sidecar: Sidecar) -> None:
    assert sidecar.tallies.follow_other_rules("salon")
    assert sidecar.tallies.recount("salon")

    assert not sidecar.tallies.follow_other_rules("salon")
    assert sidecar.tallies.recount("salon") == {}


def test_visits_go_on(sidecar: Sidecar, wordpress: Listener) -> None:
    bridge = Bridge(sidecar, home_url=wordpress.url, seq=24)
    step = bridge.event("session.step_reached", "active", step="date_time")
    assert statuses(bridge.send(step)) == ["applied"]
    salon = sidecar.config.sites["salon"]
    sidecar.tallies.recount("salon")

    track.settle_session(sidecar.store, salon, "booked", SOON)
    recover.abandon(sidecar.store, salon, "active", sidecar.due.now() + timedelta(minutes=2))

    assert session_of(sidecar, "booked").state is State.BOOKED
    active = session_of(sidecar, "active")
    assert (active.step, active.state) == ("date_time", State.LOST)
    assert {recovery.reason for recovery in active.recoveries} == {Reason.NO_CONTACT}
    conversion = session_of(sidecar, "recovered").conversion
    assert conversion is not None
    assert conversion.status is ConversionStatus.ACTIVE
    assert sidecar.tallies.recount("salon") == {}


def test_what_waits_goes_out_and_what_went_out_does_not(
    sidecar: Sidecar, wordpress: Listener
) -> None:
    wordpress.answer = lambda call: Reply(
        body={"recovery_id": call.body["recovery_id"], "outcome": "sent"}
    )
    salon = sidecar.config.sites["salon"]

    for item in ("waiting.1", "contacted.1", "recovered.1", "opted-out.1"):
        recover.send(sidecar.store, sidecar.wordpress(salon), salon, item, clock=lambda: SOON)

    triggered = [call.body["recovery_id"] for call in wordpress.calls]
    assert triggered == ["waiting.1"]
    assert wordpress.calls[0].body["contact"]["email"] == "waiting@example.com"
    assert session_of(sidecar, "waiting").recoveries[0].outcome is Outcome.SENT


def test_what_wordpress_was_to_be_told_is_told(sidecar: Sidecar, wordpress: Listener) -> None:
    salon = sidecar.config.sites["salon"]
    [name] = (name for name in KEPT["store"] if ":request:" in name)

    people.tell_wordpress(
        sidecar.store,
        sidecar.wordpress(salon),
        salon,
        name.rpartition(":")[2],
        clock=lambda: SOON,
    )

    assert [(call.route, call.body["op"]) for call in wordpress.calls] == [("contacts", "opt_out")]
    assert not sidecar.redis.exists(name)


@pytest.fixture
def in_version_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release two versions on: a step was renamed, then names were written in another way."""

    def renamed(packed: list[Any]) -> list[Any]:
        session, sealed = packed
        return [{**session, "step": f"{session['step']}-2"}, sealed]

    def twice(contact: dict[str, Any]) -> dict[str, Any]:
        return {**contact, "first_name": contact["first_name"] * 2}

    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(SESSIONS, "upgrades", {1: renamed})
    monkeypatch.setattr(CONTACTS, "upgrades", {2: twice})


@pytest.mark.usefixtures("in_version_3")
def test_an_earlier_version_is_brought_up_to_date_step_by_step_as_it_is_read(
    sidecar: Sidecar,
) -> None:
    session = session_of(sidecar, "waiting")

    assert session.step == "information-2"
    assert session.contact is not None
    assert session.contact.first_name == "WaitingWaiting"

    work = sidecar.store.begin("salon", sessions=["waiting"])
    work.put_session(session, sidecar.config.sites["salon"].policy)
    assert work.commit()
    name = redis_keys.session("salon", "waiting")
    assert cast("bytes", sidecar.redis.get(name))[:1] == b"\x03"
    assert session_of(sidecar, "waiting") == session, "what is up to date stays as it is"


def test_a_value_of_a_later_version_is_neither_read_nor_written_over(
    sidecar: Sidecar, wordpress: Listener
) -> None:
    name = redis_keys.session("salon", "waiting")
    later = bytes([schema.VERSION + 1]) + cast("bytes", sidecar.redis.get(name))[1:]
    sidecar.redis.set(name, later)
    bridge = Bridge(sidecar, home_url=wordpress.url, seq=24)

    answer = bridge.send(bridge.event("session.step_reached", "waiting", step="date_time"))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert sidecar.redis.get(name) == later
    with pytest.raises(NewerData):
        session_of(sidecar, "waiting")


def test_what_is_no_version_is_set_aside(sidecar: Sidecar) -> None:
    sidecar.redis.set(redis_keys.session("salon", "waiting"), b"what somebody else wrote")

    work = sidecar.store.begin("salon", sessions=["waiting"])
    assert work.session("waiting") is None
    assert work.commit()

    assert sidecar.store.count_unreadable("salon") == 1


@pytest.mark.parametrize(
    "value", [b"", b"\x00123456789", b"\x20123456789", b"\x01short", b"\x02123456789"]
)
def test_no_damaged_value_passes_for_a_version(value: bytes) -> None:
    with pytest.raises(Unreadable):
        redis_store.SESSIONS.unpack(value, tag=TAG)


def test_what_was_squeezed_with_the_samples_of_version_2_is_had_back() -> None:
    """A sample that changes makes all that lies in Redis unreadable."""
    assert schema.VERSION == 2, "keep the samples of version 2, and test those of this one too"
    samples = [hashlib.sha256(of).hexdigest() for of in (squeeze.SESSION, squeeze.CONTACT)]

    assert samples == [
        "235a1c2d275e2395dea5050465505657dcd3874f51828a88e898f1f4492ef706",
        "f38f807707c58ce0d30f3ac9a317cde289e7313248f561ad90a4082979ab778e",
    ]


@pytest.mark.parametrize("command", ["check", "clock", "worker", "web", "pause", "sessions salon"])
def test_nothing_starts_on_data_of_a_newer_version(sidecar: Sidecar, command: str) -> None:
    sidecar.redis.sadd(redis_keys.SCHEMA, schema.VERSION + 1)
    before = _all(sidecar)

    done = booking_recovery(sidecar.config.path.parent, *command.split())

    told = "this data was written by a newer version; update the sidecar or restore a backup"
    assert told in done.stdout + done.stderr
    assert done.returncode == (1 if command == "check" else 2)
    assert _all(sidecar) == before


def _all(sidecar: Sidecar) -> dict[bytes, object]:
    names = sorted(cast("list[bytes]", list(sidecar.redis.scan_iter())))
    return {name: sidecar.redis.dump(name) for name in names}


def test_a_start_notes_the_version_that_writes_from_then_on(sidecar: Sidecar) -> None:
    refuse_strange_data(sidecar.config)

    assert sidecar.redis.smembers(redis_keys.SCHEMA) == {str(schema.VERSION).encode()}
    refuse_newer(sidecar.redis)
