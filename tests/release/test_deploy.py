"""The examples in docs/deploy: a unit that systemd understands, a proxy that leads to the sidecar."""

import contextlib
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser

from tests.ground.processes import HOST, free_port, private_directory, running
from tests.ground.sidecar import Sidecar
from tests.ground.wordpress import REPOSITORY

EXAMPLES = REPOSITORY / "docs/deploy"
NAME = "recovery.example.com"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("role", ["up", "web", "worker", "clock"])
def test_systemd_understands_the_unit(tmp_path: Path, role: str) -> None:
    unit = tmp_path / f"booking-recovery@{role}.service"
    text = (EXAMPLES / "booking-recovery@.service").read_text()
    there = "/opt/booking-recovery/bin/booking-recovery"
    assert there in text
    unit.write_text(text.replace(there, "/bin/true"))

    done = subprocess.run(  # noqa: S603 -- a fixed command
        ["systemd-analyze", "verify", unit],  # noqa: S607 -- Debian's own
        capture_output=True,
        text=True,
        check=False,
    )

    # It ends with 0 for keys that it does not know, too.
    assert unit.name not in done.stderr
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(  # noqa: S603 -- a fixed command
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=IP:{HOST}"),
            *("-keyout", key, "-out", chain),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


@pytest.fixture(scope="module")
def proxied(certificate: tuple[Path, Path]) -> Iterator[tuple[Sidecar, str, str]]:
    """Run the example's proxy before a sidecar; yields the sidecar, its https and http address."""
    secure, plain = free_port(), free_port()
    with private_directory() as folder:
        sidecar = Sidecar(folder, site_url="https://salon.example")
        config = folder / "config.toml"
        own = re.search(r":(\d+)$", sidecar.url)
        assert own
        config.write_text(
            config.read_text().replace(
                f'public_url = "{sidecar.url}"',
                f'public_url = "https://{HOST}:{secure}"\ntrusted_proxies = 1',
            )
        )
        sidecar.start()
        try:
            site = (EXAMPLES / "nginx.conf").read_text()
            for theirs, ours in (
                ("127.0.0.1:8750", f"127.0.0.1:{own[1]}"),
                ("listen 80;", f"listen {plain};"),
                ("listen [::]:80;", ""),
                ("listen 443 ssl", f"listen {secure} ssl"),
                ("listen [::]:443 ssl http2;", ""),
                (f"https://{NAME}$", f"https://{HOST}:{secure}$"),
                # A name and a port of its own make another host of it.
                ("$host;", "$http_host;"),
                (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate[0])),
                (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(certificate[1])),
            ):
                assert theirs in site, theirs
                site = site.replace(theirs, ours)
            conf = folder / "nginx.conf"
            conf.write_text(
                f"daemon off;\npid {folder}/nginx.pid;\nevents {{}}\n"
                f"http {{\naccess_log off;\nclient_body_temp_path {folder}/body;\n"
                f"proxy_temp_path {folder}/proxy;\n{site}\n}}\n"
            )
            nginx = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(conf), "-e", "nginx.log"]
            with running(nginx, log=folder / "nginx.out", at=(HOST, secure)):
                yield sidecar, f"https://{HOST}:{secure}", f"http://{HOST}:{plain}"
        finally:
            sidecar.stop()


def test_staff_log_in_through_the_proxy(
    proxied: tuple[Sidecar, str, str], certificate: tuple[Path, Path]
) -> None:
    sidecar, url, _ = proxied
    with requests.Session() as staff:
        staff.trust_env = False  # a bundle named there would win
        staff.verify = str(certificate[0])
        form = staff.get(url, timeout=10)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form.text)
        assert token, form.text

        inside = staff.post(
            form.url,
            data={
                "csrf_token": token[1],
                "name": sidecar.desk.user,
                "password": sidecar.desk.password,
            },
            headers={"Referer": form.url},
            timeout=10,
        )

        assert "Sites" in inside.text
        assert [(cookie.name, cookie.secure) for cookie in iter(staff.cookies)] == [
            ("__Host-booking-recovery", True)
        ]


def test_a_browser_may_send_the_forms_through_the_proxy(
    proxied: tuple[Sidecar, str, str], browser: Browser
) -> None:
    """Show that our own headers keep no browser from naming the page that a form is on."""
    sidecar, url, _ = proxied
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(f"{url}/sites/salon/settings")
        page.get_by_label("Name").fill(sidecar.desk.user)
        page.get_by_label("Password").fill(sidecar.desk.password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/sites/salon/settings")

        page.get_by_role("button", name="Pause").click()

        page.get_by_text("salon: paused.").wait_for()


def test_plain_http_leads_to_https(proxied: tuple[Sidecar, str, str]) -> None:
    _, url, plain = proxied

    answer = requests.get(f"{plain}/sites?x=1", allow_redirects=False, timeout=10)

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{url}/sites?x=1"


def test_nobody_becomes_the_machine_itself_by_saying_so(
    proxied: tuple[Sidecar, str, str], certificate: tuple[Path, Path]
) -> None:
    """Show that /metrics, which is open to 127.0.0.1, stays closed to others who claim to be it."""
    port = urlsplit(proxied[1]).port
    trusted = ssl.create_default_context(cafile=str(certificate[0]))

    def metrics(*, source: str, claimed: str) -> int:
        connection = HTTPSConnection(
            HOST, port, context=trusted, source_address=(source, 0), timeout=10
        )
        with contextlib.closing(connection):
            connection.request("GET", "/metrics", headers={"X-Forwarded-For": claimed})
            return connection.getresponse().status

    assert metrics(source="127.0.0.1", claimed="203.0.113.9") == 200
    assert metrics(source="127.0.0.2", claimed="127.0.0.1") == 401
