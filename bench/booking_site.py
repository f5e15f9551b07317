"""A WordPress with the booking form, the bridge on and off from one request to the next."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import requests
from playwright.sync_api import Browser, Request, expect

from tests.booknetic.visiting import panel_on
from tests.bridge.wire import connected, listening
from tests.ground import mail, nginx
from tests.ground.changes import mu_plugin
from tests.ground.chromium import Devices
from tests.ground.wordpress import BRIDGE, Hosting, WordPress, watched

WITHOUT = "x-bench-without-bridge"
"""A header of requests for which the bridge is not active."""

LEAST = "x-bench-least"
"""A header of requests in which, instead, one row is looked for and one is added, with its commit."""

_SWITCH = f"""\
add_filter( 'option_active_plugins', static function ( $plugins ) {{
    $bridge = '{BRIDGE}/{BRIDGE}.php';
    return isset( $_SERVER['HTTP_{WITHOUT.upper().replace("-", "_")}'] ) ? array_diff( $plugins, array( $bridge ) ) : $plugins;
}} );
if ( isset( $_SERVER['HTTP_{LEAST.upper().replace("-", "_")}'] ) ) {{
    add_filter( 'bkntc_after_frontend_request_get_data', static function ( $answer ) {{
        global $wpdb;
        $wpdb->get_row( "SELECT type FROM {{$wpdb->prefix}}bench_least WHERE id = 1", ARRAY_A );
        $wpdb->query( $wpdb->prepare( "INSERT INTO {{$wpdb->prefix}}bench_least ( type, data ) VALUES ( %s, %s )", 'session.step_reached', wp_json_encode( array( 'step' => 'date_time' ) ) ) );
        return $answer;
    }} );
}}
"""  # noqa: S608 -- the bench's own table
_TABLE_OF_LEAST = 'global $wpdb; $wpdb->query( "CREATE TABLE {$wpdb->prefix}bench_least ( id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, type varchar(40) NOT NULL, data longtext NOT NULL )" );'
_SESSION = re.compile(rb"(booking_recovery_session\"\s+)([0-9a-f]{32})")
_visitors = count(1)

_AS_MOST_HOSTS = Hosting(server=partial(nginx.serving, looks_anew_after=2))


@dataclass(frozen=True, slots=True)
class Step:
    """What a browser posts for the next step of the form."""

    body: bytes
    content_type: str
    user_agent: str

    def of_visit(self, session_id: str) -> bytes:
        return _SESSION.sub(rb"\g<1>" + session_id.encode(), self.body)


@contextlib.contextmanager
def paired() -> Iterator[WordPress]:
    """Serve a site whose bridge tells a sidecar that answers at once."""
    with (
        mail.started() as mailbox,
        watched(smtp_port=mailbox.port, hosting=_AS_MOST_HOSTS) as site,
        mu_plugin(site, _SWITCH),
        listening() as sidecar,
        connected(site, sidecar),
    ):
        site.php(_TABLE_OF_LEAST)
        yield site


def headers(*, bridge: bool) -> dict[str, str]:
    return {} if bridge else {WITHOUT: "1"}


def walk(site: WordPress, browser: Browser, *, bridge: bool, books: bool = True) -> list[Request]:
    """Go through the form as a visitor does; return what the browser asked WordPress for."""
    devices = Devices(browser)
    try:
        page = devices.page()
        page.set_extra_http_headers(headers(bridge=bridge))
        asked: list[Request] = []
        page.on("request", lambda request: asked.append(request))
        page.goto(site.book_url)
        panel = panel_on(page)
        panel.choose("Färben & Schneiden", staff="Søren Müller")
        panel.choose_time()
        panel.fill_in(f"ann{next(_visitors)}@visitors.example")
        expect(panel.root.get_by_role("button", name="Confirm booking")).to_be_visible()
        if books:
            panel.confirm()
            panel.finished()
        return asked
    finally:
        devices.close()


def steps(asked: list[Request]) -> list[Step]:
    """Of what a browser asked for, the requests for another step of the form."""
    found = [
        Step(
            request.post_data_buffer or b"",
            request.headers["content-type"],
            request.headers["user-agent"],
        )
        for request in asked
        if request.method == "POST" and b"bkntc_get_data" in (request.post_data_buffer or b"")
    ]
    assert all(_SESSION.search(step.body) for step in found), "a step without its visit"
    return found


def answered(site: WordPress) -> int:
    """How many requests the web server has answered by now."""
    return len(site.access_log.read_text().splitlines())


@dataclass(frozen=True, slots=True)
class Work:
    """What PHP has begun so far, and how many requests it is at, behind their answers too."""

    begun: int
    at_work: int


def php_at(site: WordPress) -> Work:
    said = requests.get(f"{site.url}{nginx.STATUS}?json", timeout=30).json()
    return Work(begun=said["accepted conn"], at_work=said["active processes"])
