"""What an attacker tries at the doors: guessing, replaying, smuggling, lying about the host."""

import base64
import json
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import itsdangerous
import pytest
import requests
from werkzeug.security import check_password_hash, generate_password_hash

from sidecar.adapters import redis_keys
from sidecar.config import parse
from sidecar.domain import signature
from sidecar.domain.signature import sign
from sidecar.web import create_app
from sidecar.web.webhooks import LARGEST_BODY
from sidecar.wiring import Sidecar, assemble
from tests.assembled import PASSWORDS, Bridge, contents, statuses
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE
from tests.ground.sidecar import Sidecar as Running
from tests.web.test_status import log_in
from tests.web.test_who_may_what import TABLE, address_of


def test_an_unknown_site_a_wrong_signature_and_changing_secrets_cost_the_same(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sidecar.config.path.read_text()
    secret = re.search(r'webhook_secret = ("whsec_[^"]+")', text)
    assert secret
    another = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    text = text.replace(secret[0], f'webhook_secret = [{secret[1]}, "{another}"]', 1)
    changing = assemble(parse(text, path=sidecar.config.path))
    done: list[int] = []
    real = signature._mac

    def counted(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
        done.append(len(body))
        return real(key, message_id, timestamp, body)

    def work_for(site: str) -> list[int]:
        bridge = Bridge(changing, site=site)
        forged = sign(b"x", message_id="m" * 8, timestamp=int(time.time()), secrets=[b"x" * 32])
        done.clear()
        assert bridge.post(b"{" * 1000, headers=forged).status_code == 401
        return list(done)

    monkeypatch.setattr(signature, "_mac", counted)

    # One of them changes its secret, one has one, one is nobody's.
    assert [len(changing.config.sites[site].webhook_secrets) for site in ("salon", "spa")] == [
        2,
        1,
    ]
    assert work_for("salon") == work_for("spa") == work_for("nobody") == [1000, 1000]


def test_a_message_that_was_caught_does_nothing_again_nor_elsewhere(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    body = json.dumps(bridge.envelope([bridge.event("session.started")])).encode()
    now = int(time.time())
    own = sidecar.config.sites["salon"].webhook_secrets
    headers = sign(body, message_id="msg_12345678", timestamp=now, secrets=own)
    assert statuses(bridge.post(body, headers=headers)) == ["applied"]
    before = contents(sidecar)

    again = [bridge.post(body, headers=headers) for _ in range(3)]
    elsewhere = Bridge(sidecar, site="spa").post(body, headers=headers)
    asked = [
        bridge.client.post(
            f"/bridge/salon/{what}", data=body, headers=headers, content_type="application/json"
        )
        for what in ("summary", "login")
    ]
    spoilt = bridge.post(body + b" ", headers=headers)

    assert [statuses(answer) for answer in again] == [["duplicate"]] * 3
    assert [answer.status_code for answer in (elsewhere, spoilt)] == [401, 401]
    assert [answer.status_code for answer in asked] == [400, 400]
    changed = {key for key, value in contents(sidecar).items() if value != before.get(key)}
    # When the site was last heard, how many messages it sent, and how many came twice.
    noted = (redis_keys.site("salon"), redis_keys.messages("salon"), redis_keys.COUNTS)
    assert changed <= {name.encode() for name in noted}


def test_a_name_that_nobody_has_costs_as_much_as_one_that_somebody_has(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = import_module("sidecar.web.access")  # its package has a function of that name
    checked: list[str] = []

    def counted(hashed: str, password: str) -> bool:
        checked.append(hashed.partition("$")[0])
        return check_password_hash(hashed, password)

    monkeypatch.setattr(access, "check_password_hash", counted)
    users = {user.name: user for user in sidecar.config.users}

    assert access.known(users, "nobody", PASSWORDS["desk"]) is None
    assert access.known(users, "desk", "wrong") is None
    assert access.known(users, "desk", PASSWORDS["desk"]) is users["desk"]
    assert len(checked) == 3
    # The hash for nobody is of the kind that `hash-password` makes.
    assert checked[0] == generate_password_hash("x").partition("$")[0]


def test_who_guesses_is_slowed_down_by_name_and_by_address(sidecar: Sidecar) -> None:
    app = create_app(sidecar)

    def guess(name: str, address: str, password: str = "wrong") -> tuple[int, str]:  # noqa: S107
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        answer = log_in(client, name, password)
        return answer.status_code, re.sub('value="[^"]*"', "", answer.text)

    by_name = [guess("desk", f"192.0.2.{number}") for number in range(6)]
    assert [status for status, _ in by_name] == [403] * 5 + [429]
    assert guess("desk", "192.0.2.99", PASSWORDS["desk"])[0] == 429
    assert guess("boss", "192.0.2.1", PASSWORDS["boss"])[0] == 302

    by_address = [guess(f"name{number}", "198.51.100.1") for number in range(6)]
    assert [status for status, _ in by_address] == [403] * 5 + [429]
    assert guess("guest", "198.51.100.1", PASSWORDS["guest"])[0] == 429

    # Nobody learns who exists.
    assert by_name[0][1] == by_address[0][1]


def test_a_log_in_ends_by_itself(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(bridge.client, "desk")
    assert bridge.client.get("/").status_code == 200
    now = time.time()

    for hours, status in ((7.9, 200), (8.1, 302)):
        later = int(now + hours * 3600)
        monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda _, at=later: at)
        assert bridge.client.get("/").status_code == status


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
def test_a_wrong_host_stands_in_no_answer(bridge: Bridge, name: str) -> None:
    evil = {name: "evil.example"}
    body = json.dumps(
        {"site": "salon", "action": "login.create", "user": "Zoë", "role": "viewer"}
    ).encode()
    signed = sign(
        body,
        message_id="msg_12345678",
        timestamp=int(time.time()),
        secrets=bridge.sidecar.config.sites["salon"].webhook_secrets,
    )
    entered = bridge.client.post(
        "/bridge/salon/login",
        data=body,
        headers={**signed, **evil},
        content_type="application/json",
    )
    assert entered.json is not None
    assert entered.json["url"].startswith(bridge.sidecar.config.server.public_url + "/log-in/")

    log_in(bridge.client, "desk")
    for logged_in in (bridge.client, create_app(bridge.sidecar).test_client()):
        for route in TABLE:
            method, rule = route.split(" ")
            plain = address_of(rule)
            for address in (plain, plain + "/", plain.replace("/", "//")):
                answer = logged_in.open(
                    method=method,
                    headers=evil,
                    buffered=True,
                    environ_overrides={"PATH_INFO": address},  # as the server hands it on
                )
                assert "evil" not in answer.text
                assert "evil" not in str(answer.headers)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with private_directory() as folder:
        sidecar = Running(folder, site_url="https://salon.example")
        sidecar.start()
        try:
            yield sidecar
        finally:
            sidecar.stop()


@pytest.fixture
def speak(running: Running) -> Callable[[bytes], bytes]:
    """Send bytes to the server that is run in production; return how it answers."""
    parts = urlsplit(running.url)

    def say(request: bytes) -> bytes:
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=20) as wire:
            try:
                wire.sendall(request)
                return wire.recv(65536)
            except (BrokenPipeError, ConnectionResetError):
                return b""

    return say


def test_a_refused_signature_tells_the_sidecar_s_clock(running: Running) -> None:
    answer = requests.post(f"{running.url}/webhooks/{SITE}", json={}, timeout=20)

    assert answer.status_code == 401
    assert answer.headers["Date"].endswith(" GMT")
    assert "Server" not in answer.headers or "/" not in answer.headers["Server"]


@pytest.mark.parametrize("path", [f"/webhooks/{SITE}", f"/bridge/{SITE}/summary", "/log-in"])
def test_no_more_is_read_than_allowed_whether_its_length_is_told_or_not(
    running: Running, path: str
) -> None:
    def pieces(size: int) -> Iterator[bytes]:
        for _ in range(0, size, 8192):
            yield b" " * 8192

    kind: dict[str, Any] = {"headers": {"Content-Type": "application/json"}}
    if path == "/log-in":
        kind["headers"] = {"Content-Type": "application/x-www-form-urlencoded"}
    small = requests.post(running.url + path, data=pieces(8192), timeout=20, **kind)
    large = requests.post(running.url + path, data=pieces(LARGEST_BODY + 8192), timeout=20, **kind)

    assert small.status_code in (400, 401)
    # A form that is cut off has no token.
    assert large.status_code == (400 if path == "/log-in" else 413)


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nContent-Length: 0\r\n\r\n{}",
        b"POST /webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
        b"POST /webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
        b"POST /webhooks/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 2\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA" + b"a" * 100_000 + b": b\r\n\r\n",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"NONSENSE\r\n\r\n",
    ],
    ids=range(9),
)
def test_what_is_hardly_http_is_refused_and_the_server_goes_on(
    speak: Callable[[bytes], bytes], running: Running, request_: bytes
) -> None:
    answer = speak(request_ + b"\r\n\r\n")

    assert answer == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", answer), answer[:80]
    assert requests.get(f"{running.url}/healthz", timeout=20).status_code == 200


def test_an_address_in_the_log_is_nobody_s(running: Running, tmp_path: Path) -> None:
    marker = "anna.marker@example.com"
    requests.get(f"{running.url}/{marker}", params={"email": marker}, timeout=20)
    requests.post(f"{running.url}/log-in", data={"name": marker}, timeout=20)

    assert marker not in running.log()
    assert not list(tmp_path.iterdir())
