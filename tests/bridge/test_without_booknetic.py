"""Booknetic loads before the bridge or after it, is switched off while in use, gone, or stops half-way."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import requests

from tests.bridge.wire import SITE, Sidecar, call, called, visits
from tests.ground.changes import active_plugins, without_folder
from tests.ground.waiting import wait_until
from tests.ground.wordpress import BRIDGE, WordPress

BOOKNETIC_FILE = "booknetic/init.php"
BRIDGE_FILE = f"{BRIDGE}/{BRIDGE}.php"
NOTICE = "Booking Recovery waits for Booknetic"

State = Callable[[WordPress], AbstractContextManager[None]]


@pytest.mark.parametrize(
    "order",
    [(BOOKNETIC_FILE, BRIDGE_FILE), (BRIDGE_FILE, BOOKNETIC_FILE)],
    ids=["before", "after"],
)
def test_the_order_of_the_two_plugins_does_not_matter(
    shop: WordPress, shops_sidecar: Sidecar, order: tuple[str, ...]
) -> None:
    visitor = secrets.token_hex(16)
    shop.php(WORKFLOW)
    with active_plugins(shop, order):
        page = requests.get(shop.book_url, timeout=30).text
        visits(shop, "staff", visitor)
        sent = trigger(shop, visitor)

    assert "KEY = 'booking_recovery'" in page
    wait_until(lambda: len(shops_sidecar.types(visitor)) == 2, what="the visit")
    assert sent.json()["outcome"] == "sent"


def switched_off(site: WordPress) -> AbstractContextManager[None]:
    return active_plugins(site, (BRIDGE_FILE,))


def gone(site: WordPress) -> AbstractContextManager[None]:
    return without_folder(site, "booknetic")


@contextlib.contextmanager
def stopped_at(site: WordPress, stage: str) -> Iterator[None]:
    site.php(f"booknetic_stand_in_stop_at( '{stage}' );")
    try:
        yield
    finally:
        site.php("booknetic_stand_in_stop_at( '' );")


def updating(site: WordPress) -> AbstractContextManager[None]:
    return stopped_at(site, "updating")


def disabled(site: WordPress) -> AbstractContextManager[None]:
    return stopped_at(site, "disabled")


@pytest.mark.parametrize("state", [switched_off, gone, updating, disabled])
def test_without_booknetic_everything_waits_says_so_and_goes_on_by_itself(
    shop: WordPress, shops_sidecar: Sidecar, state: State
) -> None:
    visitor, later = secrets.token_hex(16), secrets.token_hex(16)
    shop.php(WORKFLOW)
    visits(shop, "staff", visitor)
    wait_until(lambda: len(shops_sidecar.types(visitor)) == 2, what="the visit")
    admin = logged_in(shop)
    assert NOTICE not in dashboard(admin, shop)

    with state(shop):
        assert requests.get(shop.book_url, timeout=30).status_code == 200
        notice = dashboard(admin, shop)
        status = call(shop, "status", action="status.read")
        refused = trigger(shop, visitor)
        looked_up = call(
            shop, "recoveries/lookup", action="recoveries.lookup", recovery_id=f"{visitor}.1"
        )
        read = call(shop, "outbox", action="outbox.read", after_seq=0, limit=500)["events"]
        opted_out = call(
            shop,
            "contacts",
            action="contacts.update",
            request_id=secrets.token_hex(8),
            op="opt_out",
            email="zoe@visitors.example",
        )
        suppressed = call(shop, "suppressions", action="suppressions.read", after=0, limit=10)

    assert NOTICE in notice
    assert status["booknetic_ready"] is False
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    assert looked_up["outcome"] == "unknown_id"
    assert visitor in {event["session_id"] for event in read}
    assert opted_out["outcome"] == "done"
    assert suppressed["entries"]

    assert trigger(shop, visitor).json()["outcome"] == "sent"
    assert NOTICE not in dashboard(admin, shop)
    visits(shop, "staff", later)
    wait_until(lambda: len(shops_sidecar.types(later)) == 2, what="a later visit")


WORKFLOW = "booknetic_stand_in_add_workflow_with( 'booking_recovery_abandoned', 'stand_in_recording', array( 'text' => 'x' ) );"


def trigger(site: WordPress, visitor: str) -> requests.Response:
    """Have the first recovery of a visit sent."""
    return called(
        f"{site.url}/wp-json/booking-recovery/v1/recoveries",
        site=SITE,
        action="recoveries.trigger",
        recovery_id=f"{visitor}.1",
        session_id=visitor,
        number=1,
        contact={"email": "chloe@visitors.example"},
    )


def logged_in(site: WordPress) -> requests.Session:
    session = requests.Session()
    session.get(f"{site.url}/wp-login.php", timeout=30)
    form = {"log": site.admin.user, "pwd": site.admin.password}
    session.post(f"{site.url}/wp-login.php", data=form, timeout=30)
    return session


def dashboard(session: requests.Session, site: WordPress) -> str:
    answer = session.get(f"{site.url}/wp-admin/", timeout=30)
    assert "<h1>Dashboard</h1>" in answer.text
    return answer.text
