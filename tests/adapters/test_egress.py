"""Calls go to public addresses, unless the operator has written another one down."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sidecar.adapters import egress
from sidecar.domain.errors import RetryLater
from sidecar.wiring import Sidecar
from tests.assembled import Bridge, assembled, statuses

INNER = [
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  # nothing is bound to it
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "5f00::1",
    "2001:db8::1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "fec0::1",
    "3fff::1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:20::1",
    "100::1",
    "fe80::1%1",
    "192.0.0.170",
    "198.51.100.1",
    "203.0.113.1",
]


@pytest.mark.parametrize("address", INNER)
def test_addresses_of_networks_within_are_not_public(address: str) -> None:
    assert not egress.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert egress.is_public(address)


@dataclass
class Names:
    """What names lead to; the real resolver answers for addresses."""

    leads_to: list[str] = field(default_factory=lambda: ["127.0.0.1"])
    asked: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if not host.endswith(".example"):
            return REAL(host, port, *args, **kwargs)
        self.asked.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in self.leads_to]


REAL = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    known = Names()
    monkeypatch.setattr(socket, "getaddrinfo", known.resolve)
    return known


@dataclass
class Server:
    port: int
    certificate: Path
    hosts: list[str | None] = field(default_factory=list)
    passwords: list[str | None] = field(default_factory=list)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server whose certificate is for salon.example."""
    files = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(  # noqa: S603  # our own words
        [
            *("/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=salon.example", "-addext", "subjectAltName=DNS:salon.example"),
            *("-keyout", str(files[0]), "-out", str(files[1])),
        ],
        check=True,
        capture_output=True,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            running.hosts.append(self.headers["Host"])
            running.passwords.append(self.headers["Authorization"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    inner = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    inner.socket = context.wrap_socket(inner.socket, server_side=True)
    running = Server(inner.server_port, files[1])
    thread = threading.Thread(target=inner.serve_forever, args=(0.01,))
    thread.start()
    yield running
    inner.shutdown()
    inner.server_close()
    thread.join()


def post(session: requests.Session, server: Server, host: str = "salon.example") -> int:
    session.verify = str(server.certificate)
    return session.post(f"https://{host}:{server.port}/", data=b"x", timeout=5).status_code


@pytest.mark.usefixtures("names")
def test_a_name_that_leads_within_is_not_called(server: Server) -> None:
    with pytest.raises(requests.ConnectionError, match="not public"):
        post(egress.session(anywhere=False), server)

    assert server.hosts == []
    assert post(egress.session(anywhere=True), server) == 204


def test_one_address_within_among_others_is_enough_to_refuse(names: Names, server: Server) -> None:
    names.leads_to = ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(requests.ConnectionError, match="not public"):
        post(egress.session(anywhere=False), server)


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    names: Names, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "is_public", lambda _: True)
    names.leads_to = ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first

    assert post(egress.session(anywhere=False), server) == 204

    assert names.asked == ["salon.example"]
    assert server.hosts == [f"salon.example:{server.port}"]
    with pytest.raises(requests.exceptions.SSLError):
        post(egress.session(anywhere=False), server, "other.example")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.0.0.1",  # noqa: RUF001  # that is the point
    ],
)
def test_no_spelling_of_an_address_within_is_called(server: Server, host: str) -> None:
    with pytest.raises(requests.RequestException):
        post(egress.session(anywhere=False), server, host)

    assert server.hosts == []


def test_nothing_goes_out_unencrypted_where_the_operator_has_not_said_so() -> None:
    with pytest.raises(requests.exceptions.InvalidSchema):
        egress.session(anywhere=False).get("http://salon.example/", timeout=1)


@pytest.mark.parametrize("anywhere", [True, False])
def test_neither_proxies_nor_passwords_are_taken_from_the_environment(
    names: Names,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    anywhere: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    monkeypatch.setattr(egress, "is_public", lambda _: True)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine salon.example login anna password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))

    assert post(egress.session(anywhere=anywhere), server) == 204

    assert names.asked == ["salon.example"]
    assert server.passwords == [None]


@pytest.mark.parametrize("anywhere", [True, False])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    names: Names,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    anywhere: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    monkeypatch.setattr(egress, "is_public", lambda _: True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))  # nor from there

    with pytest.raises(requests.exceptions.SSLError):
        egress.session(anywhere=anywhere).get(f"https://salon.example:{server.port}/", timeout=5)

    assert names.asked == ["salon.example"]


@pytest.mark.usefixtures("names")
def test_a_site_that_names_an_address_within_is_told_what_to_do(
    tmp_path: Path, redis_url: str
) -> None:
    sidecar: Sidecar = assembled(tmp_path, redis_url)
    spa = Bridge(sidecar, site="spa", home_url="https://spa.example")
    assert statuses(spa.send(spa.check_in("https://spa.example"))) == ["applied"]

    with pytest.raises(RetryLater, match="not public; allow that by"):
        sidecar.wordpress(sidecar.config.sites["spa"]).read_status()
