"""What visitors' browsers may send by mistake or on purpose: it is data to everybody whom it reaches."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sidecar import catch_up
from sidecar.cli.pair import connection_code
from sidecar.wiring import Sidecar
from tests.assembled import PASSWORDS, Bridge, assembled
from tests.faults.wordpress.visiting import BROWSER, fresh_session, paired, posts
from tests.gates import Gate
from tests.ground.wordpress import WordPress

MARK = "hostile"
VALUES: tuple[object, ...] = (
    f"{MARK}'; DROP TABLE wp_users; -- ",
    f'{MARK}" onmouseover="alert(1)',
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f"{MARK}\0{MARK}",
    f"{MARK}\r\nBcc: victim@visitors.example\r\n\r\nbody",
    f"{MARK}😀𝄞",
    f"{MARK}\u202etxt.exe\u2066",
    MARK * 1500,
    f"%s%n{{{{{MARK}}}}}{{booking_recovery_link}}\\",
    [MARK, [MARK]],
    {"x": MARK},
    "",
    None,
    -1,
    1e308,
    True,
)
ODD_TEXTS = [value for value in VALUES if isinstance(value, str)]
COMPLAINTS = re.compile(
    r"PHP (?:Notice|Warning|Fatal|Parse).*|WordPress database error.*|Booking Recovery: .*"
)
"""What is deprecated by PHP is WordPress's own, which is older."""

BOOKNETICS = "plugins/booknetic/"
"""What the form itself cannot take is its own."""

EMAIL = "olga@visitors.example"


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str, wordpress: WordPress) -> Iterator[Sidecar]:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url)
    site = sidecar.config.sites["salon"]
    with paired(wordpress, connection_code(sidecar.config.server, site)):
        yield sidecar


def item(**typed: object) -> str:
    """Return a cart of one item, as JSON, with what the visitor has typed."""
    customer = {"email": EMAIL, "first_name": "Olga", "last_name": "", "phone": "", **typed}
    return json.dumps([{"service": 1, "location": 1, "staff": 1, "customer_data": customer}])


PLACES: dict[str, Callable[[object], dict[str, str]]] = {
    "a name": lambda value: {"cart": item(first_name=value, last_name=value)},
    "an address": lambda value: {"cart": item(email=value, phone=value)},
    "a choice": lambda value: {
        "cart": json.dumps(
            [{"service": value, "location": value, "staff": value, "date": value, "time": value}]
        )
    },
    "a cart": lambda value: {"cart": json.dumps(value), "current": json.dumps(value)},
    "the page's query": lambda value: {
        "query_params": json.dumps(
            {"booking_recovery": value, "utm_source": value, "utm_campaign": value}
        ),
        "cart": item(),
    },
    "a step": lambda value: {"current_step": str(value), "previous_step": str(value)},
    "the page": lambda value: {
        "booking_recovery_page": f"/{value}?lang={value}",
        "booking_recovery_referrer": f"https://else.example/{value}",
        "client_time_zone": str(value),
        "locale": str(value),
    },
    "the consent": lambda value: {
        "booking_recovery_shown": str(value),
        "booking_recovery_consent": str(value),
        "cart": item(),
    },
    "a tenant": lambda value: {"tenant_id": str(value), "customer_id": str(value)},
}


def test_what_visitors_send_is_data_to_everybody(
    wordpress: WordPress, sidecar: Sidecar, gate: Gate
) -> None:
    before = len(wordpress.log())
    sent = 0
    for build in PLACES.values():
        for value in VALUES:
            posts(wordpress, fresh_session(), **build(value))
            sent += 1
    for value in ODD_TEXTS:
        odd_request(wordpress, value)
        sent += 1

    # The database, PHP and the bridge had nothing to complain of.
    complaints = COMPLAINTS.findall(wordpress.log()[before:])
    assert [one for one in complaints if BOOKNETICS not in one] == []
    assert int(wordpress.php("echo count( get_users() );")) == 1

    # Nor has the sidecar: every event that came of it is one that the contract knows.
    site = sidecar.config.sites["salon"]
    catch_up.read_outbox(sidecar.store, sidecar.wordpress(site), site, clock=sidecar.due.now)
    found = sidecar.store.latest_sessions("salon", limit=10 * sent)
    assert len(found) > sent / 2
    assert sidecar.store.quarantined("salon") == []

    pages = staff_pages(sidecar, [session.id for session in found])
    assert any(MARK in page for page in pages)
    for page in pages:
        assert f"<script>{MARK}" not in page
        assert f"<img src=x onerror={MARK}" not in page
        assert f'{MARK}" onmouseover' not in page
    gate(
        "T12",
        f"{sent} hostile requests to the form: quotes, NUL, CRLF, markup, 10 kB, lists for texts",
        holds="no complaint of PHP or the database; escaped on every page",
        figure=f"0 complaints, {len(found)} visits taken in, 0 events that did not fit",
    )


def odd_request(wordpress: WordPress, value: str) -> None:
    """Send what a header, a field's name or a list instead of a text may hold."""
    field = value[:2000]
    requests.post(
        f"{wordpress.url}/wp-admin/admin-ajax.php",
        data={
            "action": "bkntc_get_data",
            "booking_recovery_session[]": field,
            "booking_recovery_page[x]": field,
            "booking_recovery_referrer[]": field,
            "query_params[]": field,
            "client_time_zone[]": field,
            "cart": item(first_name=field),
            "current_step": "information",
        },
        headers={
            "User-Agent": BROWSER + field.encode("ascii", "ignore").decode().translate(_NO_LINES)
        },
        timeout=60,
    )


_NO_LINES = {ord(character): None for character in "\r\n\0"}


def staff_pages(sidecar: Sidecar, sessions: list[str]) -> list[str]:
    client = Bridge(sidecar).client
    token = client.get("/log-in").text.partition('name="csrf_token"')[2].split('value="')[1]
    given = {"name": "desk", "password": PASSWORDS["desk"], "csrf_token": token.split('"')[0]}
    assert client.post("/log-in", data=given).status_code == 302
    addresses = [f"/sites/salon/sessions?after={after}" for after in (0, 50, 100, 150)]
    addresses += [f"/sites/salon/sessions/{session}" for session in sessions]
    return [client.get(address).text for address in addresses]
