"""What machines ask to know whether the sidecar is well."""

import base64
import dataclasses
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from flask.testing import FlaskClient
from redis import Redis

from sidecar.adapters.redis_keys import DUE, HEARTBEATS
from sidecar.config import parse
from sidecar.domain.errors import RetryLater
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import begin
from sidecar.web import create_app
from sidecar.wiring import Sidecar, assemble
from tests.assembled import HOME, PASSWORDS, Bridge, assembled
from tests.ground import redis as redis_server
from tests.ground.processes import private_directory
from tests.ground.waiting import wait_until
from tests.listening import Reply, listening

ANNA = {"email": "anna.marker@example.com", "phone": "+4915112345678", "first_name": "Anna-Marker"}


def basic(name: str, password: str | None = None) -> dict[str, str]:
    login = f"{name}:{PASSWORDS[name] if password is None else password}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def samples(text: str) -> dict[str, float]:
    """Read what a Prometheus server would."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture
def client(sidecar: Sidecar) -> FlaskClient:
    return create_app(sidecar).test_client()


def test_it_is_ready_when_redis_a_worker_and_a_clock_live(
    sidecar: Sidecar, client: FlaskClient
) -> None:
    sidecar.heartbeats.beat("worker")
    degraded = client.get("/readyz")
    sidecar.heartbeats.beat("clock")
    ready = client.get("/readyz")

    assert degraded.status_code == ready.status_code == 200
    assert degraded.json == {
        "status": "degraded",
        "parts": {"redis": "ok", "worker": "ok", "clock": "missing"},
    }
    assert ready.json == {
        "status": "ok",
        "parts": {"redis": "ok", "worker": "ok", "clock": "ok"},
    }


def test_a_process_that_was_killed_is_missed_soon(sidecar: Sidecar, client: FlaskClient) -> None:
    sidecar.heartbeats.beat("worker")
    (member,) = cast("list[bytes]", sidecar.redis.zrange(HEARTBEATS, 0, -1))
    sidecar.redis.zincrby(HEARTBEATS, -11, member)

    assert client.get("/readyz").json == {
        "status": "degraded",
        "parts": {"redis": "ok", "worker": "missing", "clock": "missing"},
    }


@pytest.fixture
def own_redis() -> Iterator[str]:
    with private_directory() as folder, redis_server.started(folder) as url:
        yield url


@pytest.fixture
def own_sidecar(tmp_path: Path, own_redis: str) -> Sidecar:
    text = f'[redis]\nurl = "{own_redis}"\n[keys]\ndata_dir = "{tmp_path / "var"}"\n'
    return assemble(parse(text, path=tmp_path / "config.toml"))


def test_without_redis_it_is_not_ready_and_still_serves(
    own_sidecar: Sidecar, own_redis: str
) -> None:
    client = create_app(own_sidecar).test_client()
    Redis.from_url(own_redis).shutdown(nosave=True)

    ready = client.get("/readyz", headers={"Accept": "text/html"})

    assert ready.status_code == 503
    assert ready.json == {
        "status": "failing",
        "parts": {"redis": "failing", "worker": "unknown", "clock": "unknown"},
    }
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/v1/sites", headers=basic("desk")).status_code == 503
    metrics = client.get("/metrics", headers={"Accept": "text/html"})
    assert metrics.status_code == 503
    assert metrics.content_type == "application/problem+json"


def test_a_redis_that_hangs_is_failing_within_seconds(
    own_sidecar: Sidecar, own_redis: str
) -> None:
    client = create_app(own_sidecar).test_client()
    process = Redis.from_url(own_redis).info("server")["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        os.kill(process, signal.SIGCONT)


BUSY = """
import sys, time
from pathlib import Path
from sidecar.config import load
from sidecar.worker import run
run.Worker.work = lambda *_, **__: time.sleep(60)  # a job that takes its time
run.run_worker(load(Path(sys.argv[1]), {}))
"""


def test_a_worker_that_a_job_keeps_busy_is_not_missed(
    own_sidecar: Sidecar, own_redis: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[redis]\nurl = "{own_redis}"\n[keys]\ndata_dir = "{tmp_path / "var"}"\n')
    beats: set[float] = set()

    def has_beaten_thrice() -> bool:
        found = own_sidecar.redis.zrange(HEARTBEATS, 0, -1, withscores=True)
        told = cast("list[tuple[bytes, float]]", found)
        beats.update(at for member, at in told if member.startswith(b"worker:"))
        return len(beats) >= 3

    with subprocess.Popen([sys.executable, "-c", BUSY, str(path)]) as worker:  # noqa: S603  # our own program
        try:
            wait_until(has_beaten_thrice, what="three beats")
        finally:
            worker.kill()


def test_metrics_count_what_happened_in_every_process(bridge: Bridge) -> None:
    event = bridge.event("session.contact_given", contact=ANNA)
    bridge.send(bridge.event("session.started"), event)
    other = dataclasses.replace(bridge, seq=bridge.seq)
    other.send(event, bridge.event("session.started"), {"seq": 9, "type": "?"})

    read = samples(bridge.client.get("/metrics").text)

    events = "booking_recovery_events_total"
    assert read[f'{events}{{site="salon",status="applied"}}'] == 3
    assert read[f'{events}{{site="salon",status="duplicate"}}'] == 1
    assert read[f'{events}{{site="salon",status="quarantined"}}'] == 1
    assert read['booking_recovery_quarantined{site="salon"}'] == 1
    assert read['booking_recovery_sessions{site="salon",state="active"}'] == 1
    assert read['booking_recovery_sessions{site="spa",state="active"}'] == 0
    assert read["booking_recovery_due"] == 0
    assert read['booking_recovery_processes{role="clock"}'] == 0
    assert read['booking_recovery_last_event_timestamp_seconds{site="salon"}'] > 0
    assert read['booking_recovery_unanswered_calls{site="salon"}'] == 0


def test_metrics_count_a_recovery_once_each_time_it_ends(
    sidecar: Sidecar, client: FlaskClient
) -> None:
    def keep(outcome: Outcome) -> None:
        work = sidecar.store.begin("salon", sessions=["s1"])
        at = datetime(2026, 3, 1, tzinfo=UTC)
        recovery = Recovery(number=1, due_at=at, outcome=outcome)
        work.put_session(begin("salon", "s1", at).with_recovery(recovery), Policy())
        assert work.commit()

    for outcome in ("waiting", "handing_over", "failed", "failed", "waiting", "sent", "sent"):
        keep(Outcome(outcome))

    read = samples(client.get("/metrics").text)
    ended = {name: count for name, count in read.items() if "recoveries_total" in name}
    assert ended == {
        'booking_recovery_recoveries_total{outcome="failed",site="salon"}': 1,
        'booking_recovery_recoveries_total{outcome="sent",site="salon"}': 1,
    }


def test_metrics_count_calls_to_wordpress_and_how_they_went(
    tmp_path: Path, redis_url: str
) -> None:
    with listening() as wordpress:
        sidecar = assembled(tmp_path, redis_url, home=wordpress.url)
        bridge = sidecar.wordpress(sidecar.config.sites["salon"])
        bridge.look_up("s1.1", close=False)
        wordpress.answer = lambda _: Reply(status=500)
        for _ in range(2):
            with pytest.raises(RetryLater):
                bridge.look_up("s1.1", close=False)

    read = samples(create_app(sidecar).test_client().get("/metrics").text)
    calls = {name: count for name, count in read.items() if "callbacks_total" in name}
    name = 'booking_recovery_callbacks_total{result="%s",route="recoveries/lookup",site="salon"}'
    assert calls == {name % "answered": 1, name % "failed": 2}


def test_metrics_tell_how_late_the_oldest_thing_due_is(
    sidecar: Sidecar, client: FlaskClient
) -> None:
    now = sidecar.due.now().timestamp() * 1000
    sidecar.redis.zadd(
        DUE,
        {
            "abandon:salon:s1": now - 60_000,
            "abandon:salon:s2": now - 1000,
            "abandon:salon:s3": now + 60_000,
        },
    )

    read = samples(client.get("/metrics").text)

    assert read["booking_recovery_due"] == 2
    assert 60 <= read["booking_recovery_due_oldest_seconds"] < 70


def test_metrics_hold_nothing_about_anyone(bridge: Bridge) -> None:
    bridge.send(
        bridge.check_in(),
        bridge.event("session.started", "marker-session", page_url=f"{HOME}/marker-page/"),
        bridge.event("session.contact_given", "marker-session", contact=ANNA),
    )

    text = bridge.client.get("/metrics").text

    assert not re.search("marker|49151|example", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 401),
        ("2001:db8::7%eth0", {}, 401),
        ("", {}, 401),
        # Nobody said to trust a proxy, so behind one everybody would look like this machine.
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 401),
        ("192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("192.0.2.7", {"X-Forwarded-For": ""}, 401),
    ],
)
def test_metrics_are_for_the_networks_that_are_allowed(
    client: FlaskClient, address: str, headers: dict[str, str], status: int
) -> None:
    response = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)

    assert response.status_code == status
    if status == 401:
        assert response.content_type == "application/problem+json"
        assert response.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(("seen_by_the_proxy", "status"), [("127.0.0.1", 200), ("192.0.2.7", 401)])
def test_a_trusted_proxy_says_who_asks_for_metrics(
    sidecar: Sidecar, seen_by_the_proxy: str, status: int
) -> None:
    config = dataclasses.replace(
        sidecar.config, server=dataclasses.replace(sidecar.config.server, trusted_proxies=1)
    )
    client = create_app(dataclasses.replace(sidecar, config=config)).test_client()

    response = client.get(
        "/metrics",
        environ_base={"REMOTE_ADDR": "10.0.0.1"},
        headers={"X-Forwarded-For": f"127.0.0.1, {seen_by_the_proxy}"},
    )

    assert response.status_code == status


def test_a_user_reads_the_metrics_of_their_sites(client: FlaskClient) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}

    desk = client.get("/metrics", environ_base=elsewhere, headers=basic("desk"))
    boss = client.get("/metrics", environ_base=elsewhere, headers=basic("boss"))
    wrong = client.get("/metrics", environ_base=elsewhere, headers=basic("boss", "wrong"))

    assert 'site="salon"' in desk.text
    assert 'site="spa"' not in desk.text
    assert 'site="spa"' in boss.text
    assert wrong.status_code == 401
