"""Alerts reach a real mail server and whoever takes the webhook, once each, from any process."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from sidecar.adapters import redis_keys
from sidecar.config import Alerts, Tls, parse
from sidecar.watch import tell
from sidecar.wiring import Sidecar
from tests.assembled import Bridge, assembled
from tests.cli.commands import booking_recovery
from tests.ground.mail import Mailbox
from tests.listening import Listener, Reply, listening

MINUTE = timedelta(minutes=1)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def to() -> str:
    return f"{uuid4().hex}@example.com"


@pytest.fixture(name="sidecar")
def _sidecar(
    tmp_path: Path, redis_url: str, mail: Mailbox, listener: Listener, to: str
) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url)
    table = f"""
[alerts]
host = "127.0.0.1"
port = {mail.port}
tls = "none"
from = "sidecar@example.com"
to = ["{to}"]
webhook = "{listener.url}/hush"
"""
    path = sidecar.config.path
    path.write_text(path.read_text() + table)
    bridge = Bridge(sidecar)
    bridge.send(
        bridge.check_in(),
        bridge.event("session.contact_given", contact={"email": "anna.marker@example.com"}),
    )
    return replace(sidecar, config=parse(path.read_text(), path=path))


def look(sidecar: Sidecar, after: timedelta) -> None:
    """Look this much later, as if nobody had looked just before."""
    sidecar.redis.delete(redis_keys.ALERTS_LOOK)
    tell(sidecar, sidecar.due.now() + after)


def test_people_hear_of_a_trouble_once_and_of_its_end(
    sidecar: Sidecar, mail: Mailbox, listener: Listener, to: str
) -> None:
    sidecar.heartbeats.beat("worker")
    look(sidecar, 0 * MINUTE)
    assert not mail.to(to)

    look(sidecar, 1 * MINUTE)
    look(sidecar, 2 * MINUTE)
    [letter] = mail.to(to)
    assert "something is wrong" in letter["Subject"]
    assert "No clock lives" in letter.get_content()
    [call] = listener.calls
    assert set(call.body) == {"text"}
    assert "No clock lives" in call.body["text"]

    sidecar.heartbeats.beat("worker")
    sidecar.heartbeats.beat("clock")
    look(sidecar, 3 * MINUTE)
    look(sidecar, 4 * MINUTE)
    assert len(mail.to(to)) == len(listener.calls) == 2
    assert "all is well again" in mail.to(to)[-1]["Subject"]
    assert not any("anna" in one.as_string() for one in mail.to(to))


def test_of_many_processes_that_look_one_tells(sidecar: Sidecar, mail: Mailbox, to: str) -> None:
    look(sidecar, 0 * MINUTE)
    sidecar.redis.delete(redis_keys.ALERTS_LOOK)
    later = sidecar.due.now() + 2 * MINUTE

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tell(sidecar, later), range(8)))

    assert len(mail.to(to)) == 1


def test_where_one_way_fails_the_other_tells_once_and_the_log_says_so(
    sidecar: Sidecar, mail: Mailbox, listener: Listener, to: str, caplog: pytest.LogCaptureFixture
) -> None:
    listener.answer = lambda _: Reply(status=500)

    for minutes in range(4):
        look(sidecar, minutes * MINUTE)

    assert len(mail.to(to)) == 1
    [record] = [one for one in caplog.records if one.message == "an alert was not sent"]
    assert vars(record)["fault"] == "the webhook: it answered 500"


def test_what_nobody_could_be_told_is_tried_again(sidecar: Sidecar, listener: Listener) -> None:
    config = replace(sidecar.config, alerts=Alerts(webhook=sidecar.config.alerts.webhook))
    sidecar = replace(sidecar, config=config)
    listener.answer = lambda _: Reply(hangs_up=True)
    look(sidecar, 0 * MINUTE)
    look(sidecar, 1 * MINUTE)

    listener.answer = lambda _: Reply()
    look(sidecar, 2 * MINUTE)
    look(sidecar, 3 * MINUTE)

    assert len(listener.calls) == 2


def test_check_tries_the_settings_and_sends_a_test_where_asked(
    sidecar: Sidecar, mail: Mailbox, to: str
) -> None:
    folder = sidecar.config.path.parent

    assert "the mail server for alerts lets us in" in booking_recovery(folder, "check").stdout
    assert not mail.to(to)
    assert "an alert was sent as a test" in booking_recovery(folder, "check", "--alert").stdout
    assert "a test of its alerts" in mail.wait_for(to)["Subject"]

    path = sidecar.config.path
    path.write_text(path.read_text().replace('tls = "none"', 'tls = "starttls"'))
    done = booking_recovery(folder, "check")
    assert "wrong: [alerts] the mail server: SMTPNotSupportedError" in done.stdout
    assert done.returncode == 1


def test_the_settings_reach_their_place(sidecar: Sidecar, mail: Mailbox, to: str) -> None:
    alerts = sidecar.config.alerts

    assert (alerts.host, alerts.port, alerts.tls) == ("127.0.0.1", mail.port, Tls.NONE)
    assert (alerts.sender, alerts.to) == ("sidecar@example.com", (to,))
    assert "hush" not in repr(sidecar.config)
