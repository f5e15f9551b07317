"""Data and keys go into one file, and from there to another machine, where nobody is messaged twice."""

import stat
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from redis import Redis
from rq.serializers import JSONSerializer

from sidecar import recover
from sidecar.adapters import backup as backups
from sidecar.adapters import redis_keys
from sidecar.adapters.backup_file import Backup, Head, written
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.adapters.schema import VERSION
from sidecar.config import parse
from sidecar.domain.recovery import Outcome
from sidecar.domain.tally import By
from sidecar.wiring import Sidecar, assemble
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from sidecar.worker.run import Worker
from tests.assembled import Bridge, assembled
from tests.cli.commands import booking_recovery
from tests.ground import redis as redis_server
from tests.ground.processes import private_directory
from tests.listening import Call, Listener, Reply, listening
from tests.worker.test_recovering import book, long_ago, session_of, visit

AT_ONCE = """
abandon_after = "1s"
messages = ["1s"]
"""


class Remembering:
    """WordPress with a bridge: keeps its outbox, and whom it has sent what."""

    def __init__(self, listener: Listener) -> None:
        self.outbox: list[dict[str, Any]] = []
        self.sent: list[str] = []
        listener.answer = self._answer

    def _answer(self, call: Call) -> Reply:
        if call.route == "recoveries":
            return self._trigger(call.body["recovery_id"])
        if call.route == "outbox":
            events = [one for one in self.outbox if one["seq"] > call.body["after_seq"]]
            last = max((one["seq"] for one in self.outbox), default=0)
            return Reply(body={"events": events, "last_seq": last, "has_more": False})
        answers: dict[str, dict[str, Any]] = {
            "suppressions": {"entries": [], "has_more": False},
            "status": {"settings": {}, "revision": 1, "booknetic_ready": True, "workflows": 1},
        }
        return Reply(body=answers.get(call.route, {"outcome": "registered"}))

    def _trigger(self, recovery_id: str) -> Reply:
        repeated = recovery_id in self.sent
        if not repeated:
            self.sent.append(recovery_id)
        return Reply(body={"recovery_id": recovery_id, "outcome": "sent", "repeated": repeated})


class Outbox(Bridge):
    """A bridge that keeps what it sends."""

    kept: Remembering

    def send(self, *events: object) -> Any:
        self.kept.outbox += [event for event in events if isinstance(event, dict)]
        return super().send(*events)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def wordpress(listener: Listener) -> Remembering:
    return Remembering(listener)


@pytest.fixture(name="here")
def _here(tmp_path: Path, redis_url: str, listener: Listener) -> Sidecar:
    folder = tmp_path / "here"
    folder.mkdir()
    return assembled(folder, redis_url, home=listener.url, recovery=AT_ONCE)


@pytest.fixture(scope="module")
def other_redis() -> Iterator[str]:
    with private_directory() as folder, redis_server.started(folder) as url:
        yield url


@pytest.fixture(name="there")
def _there(tmp_path: Path, here: Sidecar, other_redis: str) -> Path:
    """Another machine: its own folder and its own, empty Redis."""
    Redis.from_url(other_redis).flushall()
    folder = tmp_path / "there"
    folder.mkdir()
    text = here.config.path.read_text()
    text = text.replace(here.config.redis.url, other_redis)
    text = text.replace(str(here.config.data_dir), str(folder / "data"))
    (folder / "config.toml").write_text(text)
    return folder


@pytest.fixture
def bridge(here: Sidecar, listener: Listener, wordpress: Remembering) -> Outbox:
    bridge = Outbox(here, home_url=listener.url)
    bridge.kept = wordpress
    bridge.send(bridge.check_in(listener.url))
    return bridge


def at(folder: Path) -> Sidecar:
    path = folder / "config.toml"
    return assemble(parse(path.read_text(), path=path))


def leave(bridge: Bridge, session: str) -> None:
    contact = {"email": f"{session}@example.com"}
    bridge.send(bridge.event("session.contact_given", session, contact=contact) | long_ago())


def rounds(sidecar: Sidecar, clock: Clock) -> None:
    jobs.work_for(sidecar)
    for _ in range(4):
        time.sleep(0.002)  # what is due now may be due in this millisecond only when it is over
        clock.tick()
        worker = Worker(
            [queue(sidecar.redis)],
            connection=sidecar.redis,
            serializer=JSONSerializer,
            job_class=OurJob,
        )
        worker.work(burst=True, with_scheduler=False, logging_level=None)


def backed_up(sidecar: Sidecar, file: Path, *options: str) -> CompletedProcess[str]:
    done = booking_recovery(sidecar.config.path.parent, "backup", *options, str(file))
    assert done.returncode == 0, done.stderr
    return done


def test_another_machine_goes_on_and_messages_nobody_twice(
    here: Sidecar, there: Path, bridge: Outbox, wordpress: Remembering, tmp_path: Path
) -> None:
    clock = Clock(here)
    clock.start()
    leave(bridge, "before")
    rounds(here, clock)
    bridge.send(book(bridge, "before"))
    rounds(here, clock)
    leave(bridge, "meanwhile")
    assert wordpress.sent == ["before.1"]

    file = tmp_path / "backup"
    done = backed_up(here, file)
    assert "2 visits, with the keys" in done.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    rounds(here, clock)
    leave(bridge, "after")
    rounds(here, clock)
    assert wordpress.sent == ["before.1", "meanwhile.1", "after.1"]

    done = booking_recovery(there, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((there / "data" / "keys.json").stat().st_mode) == 0o600
    sidecar = at(there)
    assert sidecar.keys == here.keys
    assert session_of(sidecar, "meanwhile").recoveries == (), "as it was in the backup"
    assert not sidecar.store.begin("salon").record().refilled
    clock = Clock(sidecar)
    clock.start()
    rounds(sidecar, clock)

    assert wordpress.sent == ["before.1", "meanwhile.1", "after.1"]
    for session_id in ("before", "meanwhile", "after"):
        assert session_of(sidecar, session_id).recoveries[0].outcome is Outcome.SENT, session_id
    assert session_of(sidecar, "before") == session_of(here, "before")
    assert sidecar.sessions.by_state("salon") == here.sessions.by_state("salon")
    assert sidecar.tallies.recount("salon") == {}


def test_what_was_counted_of_visits_that_are_not_kept_any_more_comes_along(
    here: Sidecar, there: Path, bridge: Outbox, tmp_path: Path
) -> None:
    leave(bridge, "before")
    rounds(here, Clock(here))
    bridge.send(book(bridge, "before"))
    rounds(here, Clock(here))
    today = here.due.now().date()
    counted = here.tallies.read("salon", By.VISIT_DATE, today, today)
    over = here.due.now() + timedelta(days=10_000)
    recover.expire(here.store, here.config.sites["salon"], "before", over)
    assert here.store.count_sessions("salon") == 0

    backed_up(here, tmp_path / "backup")
    done = booking_recovery(there, "restore", str(tmp_path / "backup"))

    assert done.returncode == 0, done.stderr
    assert counted
    assert at(there).tallies.read("salon", By.VISIT_DATE, today, today) == counted
    assert at(there).tallies.recount("salon") == {}


def test_a_backup_is_restored_into_an_embedded_redis_that_does_not_run_and_made_from_it(
    here: Sidecar, there: Path, bridge: Outbox, other_redis: str, tmp_path: Path
) -> None:
    visit(bridge)
    bridge.send(bridge.event("session.unheard_of"))
    bridge.send(bridge.event("contact.opted_out", None, email="no@example.com", via="link"))
    first, second = tmp_path / "first", tmp_path / "second"
    backed_up(here, first)
    text = (there / "config.toml").read_text()
    (there / "config.toml").write_text(text.replace(other_redis, "embedded"))

    done = booking_recovery(there, "restore", str(first))
    assert done.returncode == 0, done.stderr
    done = booking_recovery(there, "backup", str(second))
    assert done.returncode == 0, done.stderr

    before, after = names_and_kinds(first), names_and_kinds(second)
    assert before <= after
    assert {kind for _, kind in before} >= {"string", "hash", "zset"}


def names_and_kinds(file: Path) -> set[tuple[bytes, str]]:
    return {(kept.name, kept.kind) for kept in Backup(file).kept()}


def refused(folder: Path, file: Path, *options: str) -> str:
    done = booking_recovery(folder, "restore", *options, str(file))
    assert done.returncode == 1, done.stdout
    return done.stderr


def is_empty(redis_url: str) -> bool:
    return Redis.from_url(redis_url).dbsize() == 0


def test_nothing_is_touched_for_a_file_that_is_not_whole(
    here: Sidecar, there: Path, bridge: Outbox, other_redis: str, tmp_path: Path
) -> None:
    visit(bridge)
    file, broken = tmp_path / "backup", tmp_path / "broken"
    backed_up(here, file)
    whole = file.read_bytes()

    broken.write_bytes(whole[: len(whole) // 2])
    assert "is damaged or not complete" in refused(there, broken)
    middle = len(whole) // 2
    broken.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "is damaged or not complete" in refused(there, broken)
    broken.write_bytes(b"PK\x03\x04 something else altogether")
    assert "is no backup" in refused(there, broken)
    broken.write_bytes(b"")
    assert "is no backup" in refused(there, broken)
    assert "cannot be read: No such file" in refused(there, tmp_path / "nowhere")
    with written(broken) as out:
        out.put(Head(made_at=here.due.now(), schema=VERSION + 1))
    assert "was made by a newer version; update the sidecar first" in refused(there, broken)
    assert is_empty(other_redis)
    assert not (there / "data" / "keys.json").exists()


def test_data_that_is_there_is_replaced_only_where_that_is_said(
    here: Sidecar, bridge: Outbox, tmp_path: Path
) -> None:
    visit(bridge, "s1")
    file, folder = tmp_path / "backup", here.config.path.parent
    backed_up(here, file)
    visit(bridge, "s2")

    assert "--replace" in refused(folder, file)
    assert here.store.begin("salon").session("s2") is not None
    here.heartbeats.beat("worker")
    assert "the sidecar runs (worker); stop it first" in refused(folder, file, "--replace")
    here.redis.delete(redis_keys.HEARTBEATS)

    done = booking_recovery(folder, "restore", "--replace", str(file))
    assert done.returncode == 0, done.stderr
    assert here.store.begin("salon").session("s2") is None
    assert here.store.begin("salon").session("s1") is not None


def test_a_backup_without_keys_opens_only_where_they_are(
    here: Sidecar, there: Path, bridge: Outbox, other_redis: str, tmp_path: Path
) -> None:
    visit(bridge)
    booking_recovery(here.config.path.parent, "check")  # notes which keys are used
    file = tmp_path / "backup"
    backed_up(here, file, "--without-keys")
    assert Backup(file).head.keys is None

    assert "put the keys.json" in refused(there, file)
    at(there)  # makes keys of its own
    assert "the keys here are not those" in refused(there, file)
    assert is_empty(other_redis)
    (there / "data" / "keys.json").write_text((here.config.data_dir / "keys.json").read_text())
    done = booking_recovery(there, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert session_of(at(there), "s1").contact == session_of(here, "s1").contact


def test_nothing_starts_on_a_half_of_a_restore(
    here: Sidecar, bridge: Outbox, tmp_path: Path
) -> None:
    visit(bridge)
    file, folder = tmp_path / "backup", here.config.path.parent
    backed_up(here, file)
    here.redis.set(redis_keys.RESTORING, 1)

    done = booking_recovery(folder, "clock")
    assert done.returncode == 2
    assert "a restore was not finished" in done.stderr

    done = booking_recovery(folder, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert not here.redis.exists(redis_keys.RESTORING)


def test_a_backup_that_cannot_be_written_leaves_nothing(here: Sidecar, tmp_path: Path) -> None:
    done = booking_recovery(here.config.path.parent, "backup", str(tmp_path / "no" / "folder"))

    assert done.returncode == 1
    assert "cannot be written: No such file or directory" in done.stderr
    assert list(tmp_path.iterdir()) == [here.config.path.parent]


def test_of_every_name_in_redis_it_is_known_whether_it_is_kept() -> None:
    made_anew_or_of_the_moment = {
        "appointment",
        "appointments",
        "calls",
        "calls_in_line",
        "counted",
        "failures",
        "followed_visit",
        "lateness",
        "limits",
        "log_in",
        "messages",
        "of_earlier_versions",
        "person",
        "sessions_in",
        "tally",
        "tally_days",
        "tally_revision",
        "tally_rules",
        "waiting",
        "workers_called",
    }
    functions = {
        name for name, value in vars(redis_keys).items() if callable(value) and name[0] != "_"
    }

    assert functions == made_anew_or_of_the_moment | {
        kind.replace("-", "_") for kind in backups.KINDS
    }


def test_a_backup_holds_no_contact_data_that_can_be_read(
    here: Sidecar, bridge: Outbox, tmp_path: Path
) -> None:
    visit(bridge)
    backed_up(here, tmp_path / "backup")

    content = (tmp_path / "backup").read_bytes()
    assert b"anna.marker" not in content
    assert any(b":session:" in kept.name for kept in Backup(tmp_path / "backup").kept())
