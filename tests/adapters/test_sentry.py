"""What leaves for Sentry: where an error happened, and nothing about anyone."""

import json
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from sidecar.adapters.heartbeats import Heartbeats
from sidecar.adapters.redis_store import DueEntry, RedisStore
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.adapters.sentry import reporting, start_sentry
from sidecar.config import Sentry
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from sidecar.worker.run import Worker
from tests.assembled import Bridge, assembled

DSN = Sentry(dsn="https://key@sentry.example.com/1")


class Post(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode())

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(sent.splitlines()[2]) for sent in self.sent]


@pytest.fixture
def post() -> Iterator[Post]:
    yield Post()
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.get_global_scope().clear()


class Marks:
    """Words that stand nowhere else, in whatever form an input needs."""

    def __init__(self) -> None:
        self._digits = str(secrets.randbelow(10**8)).rjust(8, "7")
        self._word = f"Zz{secrets.token_hex(6)}"

    def __str__(self) -> str:
        return self._word

    @property
    def email(self) -> str:
        return f"{self._word}@{self._word}.example".lower()

    @property
    def phone(self) -> str:
        return f"+4915{self._digits}"

    @property
    def address(self) -> str:
        return "192.0.2.77"

    @property
    def everything(self) -> str:
        return f"{self} {self.email} {self.phone}"

    def are_in(self, sent: list[str]) -> bool:
        traces = f"{self}|{self._digits}|{re.escape(self.address)}"
        return any(re.search(traces, one, re.IGNORECASE) for one in sent)


@pytest.fixture
def marks() -> Marks:
    return Marks()


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


def failing(text: str) -> Callable[..., None]:
    """Make what fails as much of our code could: with what it was given in its words."""

    def fail(*given: object, **_: object) -> None:
        local = (text, given)
        try:
            raise KeyError(text)
        except KeyError as cause:
            cause.add_note(text)
            raise ValueError(f"cannot read {local}") from cause

    return fail


def kinds(event: dict[str, Any]) -> list[str]:
    return [fault["type"] for fault in event["exception"]["values"]]


def test_a_webhook_that_fails_is_reported_without_what_it_held(
    sidecar: Sidecar, post: Post, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sentry(DSN, role="web", transport=post)
    bridge = Bridge(sidecar, outbox_id=str(marks))
    client = bridge.client
    client.set_cookie("booking-recovery", str(marks))
    for header in ("USER_AGENT", "REFERER", "AUTHORIZATION", "ORIGIN", "X_ANYTHING"):
        client.environ_base[f"HTTP_{header}"] = str(marks)
    client.environ_base["HTTP_BAGGAGE"] = f"sentry-release={marks},sentry-user={marks}"
    client.environ_base["HTTP_SENTRY_TRACE"] = f"{'a' * 32}-{'b' * 16}-1"
    client.environ_base["REMOTE_ADDR"] = marks.address
    client.environ_base["SERVER_SOFTWARE"] = str(marks)
    monkeypatch.setattr(RedisStore, "begin", failing(marks.everything))

    response = bridge.send(
        bridge.event(
            "session.contact_given",
            str(marks),
            contact={"email": marks.email, "phone": marks.phone, "first_name": str(marks)},
        )
    )

    assert response.status_code == 500
    assert not marks.are_in(post.sent)
    (sent,) = post.sent
    assert "a" * 32 not in sent
    (event,) = post.events
    assert kinds(event) == ["KeyError", "ValueError"]
    frame = event["exception"]["values"][1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "fail"
    assert "vars" not in frame
    assert event["tags"] == {"role": "web"}
    assert event["release"].startswith("booking-recovery@")
    assert not event.keys() & {"request", "user", "breadcrumbs", "transaction"}


def test_a_page_that_fails_is_reported_without_its_address(
    sidecar: Sidecar, post: Post, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sentry(DSN, role="web", transport=post)
    monkeypatch.setattr(Heartbeats, "alive", failing(str(marks)))
    client = Bridge(sidecar).client

    response = client.get("/readyz", query_string={"email": marks.email, "token": str(marks)})

    assert response.status_code == 500
    assert len(post.sent) == 1
    assert not marks.are_in(post.sent)


def test_a_job_that_fails_is_reported_without_its_arguments(
    sidecar: Sidecar, redis_url: str, post: Post, marks: Marks
) -> None:
    start_sentry(DSN, role="worker-1", transport=post)
    redis = Redis.from_url(redis_url)
    ours = queue(redis)
    job = Job.create(
        "sidecar.worker.jobs.recover",
        args=(marks.email, marks.phone),
        kwargs={str(marks): marks.everything},
        description=marks.everything,
        meta={"name": str(marks)},
        connection=redis,
        serializer=JSONSerializer,
    )
    ours.enqueue_job(job)
    worker = Worker([ours], connection=redis, serializer=JSONSerializer, job_class=OurJob)
    del sidecar

    worker.work(burst=True, with_scheduler=False, logging_level=None)

    assert len(post.sent) == 1
    assert not marks.are_in(post.sent)
    assert kinds(post.events[0]) == ["TypeError"]
    assert post.events[0]["tags"] == {"role": "worker-1"}


def test_a_due_entry_that_fails_is_reported_with_its_ids_alone(
    sidecar: Sidecar, post: Post, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_sentry(DSN, role="clock", transport=post)
    monkeypatch.setattr("sidecar.recover.abandon", failing(marks.everything))
    past = sidecar.due.now() - timedelta(seconds=1)
    sidecar.due.put({DueEntry("abandon", "salon", "s1"): past})

    Clock(sidecar).tick()

    assert not marks.are_in(post.sent)
    (event,) = post.events
    assert event["logentry"] == {"message": "due entry failed"}
    assert event["extra"] == {"due": "abandon", "site": "salon"}


def test_what_is_logged_loses_its_values_and_whatever_looks_like_a_contact(
    post: Post, marks: Marks
) -> None:
    start_sentry(DSN, role="web", transport=post)
    log = logging.getLogger("elsewhere")

    log.info("before %s", marks, extra={"breadcrumb": str(marks)})
    log.error("failed for %s", marks.everything, extra={"site": f"a {marks}", "who": str(marks)})
    log.error(f"failed for <{marks.email}>, {marks.phone}")  # noqa: G004  # as others log

    assert not marks.are_in(post.sent)
    assert [event["logentry"]["message"] for event in post.events] == [
        "failed for %s",
        "failed for <…>, …",
    ]
    assert post.events[0]["extra"] == {}


def test_breadcrumbs_users_contexts_and_attachments_stay_here(post: Post, marks: Marks) -> None:
    start_sentry(DSN, role="web", transport=post)
    with sentry_sdk.new_scope() as scope:
        sentry_sdk.add_breadcrumb(message=str(marks), data={"email": marks.email})
        scope.set_user({"email": marks.email, "ip_address": marks.address})
        scope.set_tag("name", str(marks))
        scope.set_context("visitor", {"who": str(marks)})
        scope.set_extra("email", marks.email)
        scope.set_transaction_name(str(marks))
        scope.fingerprint = [str(marks)]
        sentry_sdk.capture_exception(ValueError(marks.everything))
        with sentry_sdk.start_transaction(name=str(marks)):
            pass

    assert len(post.sent) == 1
    assert not marks.are_in(post.sent)


def test_the_system_s_own_words_are_told(post: Post, marks: Marks) -> None:
    start_sentry(DSN, role="web", transport=post)

    with pytest.raises(FileNotFoundError), reporting():
        raise FileNotFoundError(2, "No such file or directory", f"/var/{marks.email}/x")

    assert not marks.are_in(post.sent)
    (fault,) = post.events[0]["exception"]["values"]
    assert fault["value"].startswith("[Errno 2] No such file or directory")


def test_without_an_address_nothing_is_reported(post: Post) -> None:
    start_sentry(Sentry(), role="web", transport=post)

    with pytest.raises(ValueError, match="lost"), reporting():
        raise ValueError("lost")

    assert post.sent == []
    assert not sentry_sdk.get_client().is_active()
