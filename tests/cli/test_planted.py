"""A person goes in by every door of a running sidecar, and stands nowhere but behind the seal."""

import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from redis import Redis
from werkzeug.security import generate_password_hash

from sidecar.adapters import redis_keys
from sidecar.adapters.embedded_redis import redis_url
from sidecar.config import load
from sidecar.domain.signature import sign
from sidecar.wiring import assemble
from tests.assembled import Bridge
from tests.cli.commands import booking_recovery
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.listening import Call, Listener, Reply, listening
from tests.planted import Planted
from tests.worker.test_recovering import book, long_ago

OURS = {"X-Requested-With": "booking-recovery"}


class Post:
    """Takes what is reported to Sentry, over the wire."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        sent = self.sent

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    threading.Thread(target=post.server.serve_forever, daemon=True).start()
    yield post
    post.server.shutdown()
    post.server.server_close()


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def sidecar(wordpress: Listener, post: Post) -> Iterator[Sidecar]:
    with contextlib.ExitStack() as parts:
        folder = parts.enter_context(private_directory())
        sidecar = Sidecar(
            folder, site_url=wordpress.url, abandon_after="1s", messages=["1s"], min_gap="0s"
        )
        config = folder / "config.toml"
        viewer = f'{{name = "guest", password_hash = "{generate_password_hash("guest")}", role = "viewer", sites = ["{SITE}"]}}'
        text = config.read_text().replace("users = [", f"users = [{viewer}, ")
        config.write_text(f'{text}\n[log]\nlevel = "debug"\n[sentry]\ndsn = "{post.dsn}"\n')
        parts.callback(sidecar.stop)
        sidecar.start()
        yield sidecar


class Wire(Bridge):
    """Posts over the wire what the other would post in the process."""

    def post_to(self, url: str, events: list[object], **headers: str) -> requests.Response:
        body = json.dumps(self.envelope(events)).encode()
        secrets = self.sidecar.config.sites[SITE].webhook_secrets
        signed = sign(
            body, message_id=f"msg_of_{self.seq:08}", timestamp=int(time.time()), secrets=secrets
        )
        signed["content-type"] = "application/json"
        return requests.post(
            f"{url}/webhooks/{SITE}", data=body, headers={**signed, **headers}, timeout=30
        )


def test_whoever_goes_in_stands_nowhere(sidecar: Sidecar, wordpress: Listener, post: Post) -> None:
    planted = Planted()
    config = load(sidecar.folder / "config.toml", {})
    assembled = assemble(config)
    wire = Wire(assembled, site=SITE, home_url=wordpress.url)
    desk = (sidecar.desk.user, sidecar.desk.password)

    def answer(call: Call) -> Reply:
        if call.route == "status":
            return Reply(body={"settings": {}, "revision": 1, **call.body})
        if call.route == "suppressions":
            return Reply(body={"entries": [], "has_more": False})
        if call.route == "outbox":
            return Reply(body={"events": [], "last_seq": 0, "has_more": False})
        if call.route == "recoveries":
            told = {"outcome": "failed", "error": f"no such user: {planted.everything}"}
            return Reply(body={**told, **call.body})
        return Reply(400, {"code": "wrong", "message": planted.everything})

    wordpress.answer = answer
    contact: dict[str, Any] = {"contact": planted.contact, "note": planted.everything}
    good = [
        wire.check_in(wordpress.url),
        wire.event("session.started", page_url=f"{wordpress.url}/book/") | long_ago(),
        wire.event("session.contact_given", **contact) | long_ago(),
    ]
    bad = [
        wire.event("session.contact_given", contact={**planted.contact, "phone": planted.email}),
        wire.event(planted.email, planted.phone, **contact),
        wire.event("contact.forgotten", None, email=f"{planted.email}, {planted.first_name}"),
        wire.event("session.step_reached", step=[planted.everything]),
        planted.everything,
    ]
    sent = wire.post_to(sidecar.url, [*good, *bad], **{"User-Agent": planted.email})
    assert sent.status_code == 202, sent.text
    results = [one["status"] for one in sent.json()["results"]]
    assert results == ["applied"] * 3 + ["quarantined"] * 5

    session = requests.Session()
    answers = [
        session.post(
            f"{sidecar.url}/webhooks/{SITE}", data=planted.everything.encode(), timeout=30
        ),
        session.post(
            f"{sidecar.url}/webhooks/{SITE}?email={planted.email}", json=contact, timeout=30
        ),
        session.get(f"{sidecar.url}/{planted.email}", timeout=30),
        session.get(f"{sidecar.url}/{planted.email}", headers={"accept": "text/html"}, timeout=30),
        session.get(f"{sidecar.url}/api/v1/sites/{planted.phone}", auth=desk, timeout=30),
        session.get(f"{sidecar.url}/api/v1/sites", auth=(planted.email, "x"), timeout=30),
    ]
    wait_until(
        lambda: "recoveries" in wordpress.routes(),
        what="the message to be handed over",
    )

    made = book(wire, "s1", key="pay2")
    booked = {**made, "session_id": None, "data": {**made["data"], **contact}}
    assert wire.post_to(sidecar.url, [booked]).status_code == 202

    # Support sees whom it is about: so the search below would find them.
    found = session.post(
        f"{sidecar.url}/api/v1/sites/{SITE}/sessions/search",
        json={"email": planted.email},
        auth=desk,
        headers=OURS,
        timeout=30,
    )
    assert planted.found_in(found.content) == {"email", "phone", "first name", "last name"}
    guest = ("guest", "guest")
    api = f"{sidecar.url}/api/v1/sites/{SITE}"
    seen = [
        session.post(
            f"{api}/sessions/search",
            json={"email": planted.email},
            auth=guest,
            headers=OURS,
            timeout=30,
        ),
        session.get(f"{api}/sessions", auth=guest, timeout=30),
        session.get(f"{api}/sessions/s1", auth=guest, timeout=30),
        session.get(f"{api}/report", auth=guest, timeout=30),
        session.get(f"{sidecar.url}/metrics", auth=guest, timeout=30),
    ]
    assert [one.status_code for one in seen] == [200] * 5
    browser = requests.Session()
    token = re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"',
        browser.get(f"{sidecar.url}/log-in", timeout=30).text,
    )
    assert token is not None
    for name in (planted.email, "guest"):
        form = {"name": name, "password": "guest", "csrf_token": token[1]}
        page = browser.post(f"{sidecar.url}/log-in", data=form, timeout=30)
    assert page.status_code == 200
    for path in (
        "",
        f"sites/{SITE}/sessions",
        f"sites/{SITE}/sessions/s1",
        f"sites/{SITE}/failures",
        f"sites/{SITE}/settings",
        f"sites/{SITE}/live",
        f"sites/{SITE}/live/now",
        f"sites/{SITE}/deeds",
        f"sites/{SITE}/report",
        f"sites/{SITE}/report.csv",
        f"sites/{SITE}/sessions.csv",
        f"sites/{SITE}/what-if",
        f"sites/{SITE}",
    ):
        seen.append(browser.get(f"{sidecar.url}/{path}", timeout=30))
        assert seen[-1].status_code == 200

    # What makes a page fail: something that is none of ours.
    redis = Redis.from_url(redis_url(config))
    damaged = redis_keys.log_in(hashlib.sha256(b"made-up").hexdigest())
    redis.set(damaged, "{")
    answers.append(session.get(f"{sidecar.url}/log-in/from-wordpress/made-up", timeout=30))
    assert answers[-1].status_code == 500
    ran = []
    for words, given in (
        (("opt-out", SITE), planted.phone),
        (("opt-out", SITE), f"wrong {planted.everything}"),
        (("forget", SITE), f"wrong {planted.everything}"),
        (("quarantine", SITE, "--replay"), ""),
        (("retry", SITE), ""),
        (("retry", SITE, planted.email), ""),
        (("check",), ""),
    ):
        done = booking_recovery(sidecar.folder, *words, given=given.encode())
        ran += [done.stdout, done.stderr] if planted.email not in words else [done.stdout]
    wait_until(lambda: "contacts" in wordpress.routes(), what="the opt-out to be told")
    wait_until(lambda: post.sent, what="the failed page to be reported")

    redis.config_set("rdbcompression", "no")
    redis.save()
    sidecar.stop()
    kept = [path for path in (sidecar.folder / "var").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} >= {".rdb", ".aof"}
    places: dict[str, Sequence[str | bytes]] = {
        "log": [sidecar.log()],
        "files of Redis": [path.read_bytes() for path in kept],
        "Sentry": post.sent,
        "what a viewer sees": [one.content for one in seen],
        "answers": [one.content for one in [*answers, sent]],
        "what commands print": ran,
    }
    for place, texts in places.items():
        assert not planted.found_in(*texts), place
