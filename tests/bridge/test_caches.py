"""Caches of pages and of options, and WordPress's own cron: nothing is lost or mixed up by them."""

import secrets
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, Response

from tests.bridge.wire import Sidecar, call, connected, listening, visits
from tests.ground.changes import drop_in, switch
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress, start_over
from tests.stories.conftest import VISITORS, opened
from tests.stories.people import Visitor

CACHE = "x-ground-cache"
TEND = "booking_recovery_tend"


@pytest.fixture
def page_cache(shop: WordPress) -> Iterator[None]:
    with drop_in(shop, "advanced-cache.php"), switch(shop, "WP_CACHE", on=True):
        yield
        shutil.rmtree(shop.path / "wp-content/ground-page-cache", ignore_errors=True)


@pytest.fixture
def object_cache(shop: WordPress) -> Iterator[None]:
    with drop_in(shop, "object-cache.php"):
        yield
        shutil.rmtree(shop.path / "wp-content/ground-object-cache")


@pytest.mark.usefixtures("page_cache")
def test_visitors_of_one_cached_page_are_told_apart_and_a_link_out_of_a_message_is_noticed(
    shop: WordPress, shops_sidecar: Sidecar, devices: Devices
) -> None:
    first = goes_through(devices.page(), f"{shop.book_url}?service=1&staff=1&utm_source=letter")
    second = goes_through(devices.page(), f"{shop.book_url}?service=1&staff=1")
    token = f"tok_{secrets.token_hex(8)}"
    link = f"{shop.book_url}?service=1&staff=1&booking_recovery={token}"
    requests.get(link, timeout=30)
    third = goes_through(devices.page(), link)

    sessions = wait_until(lambda: three(shops_sidecar), what="three visits to arrive")

    assert first.headers[CACHE] == "miss"
    assert [answer.headers[CACHE] for answer in (second, third)] == ["hit", "hit"]
    assert first.text() == second.text()
    assert token not in third.text().replace(link, "")
    returned = [event for event in shops_sidecar.events if event["type"] == "session.returned"]
    assert [event["data"]["token"] for event in returned] == [token]
    assert returned[0]["session_id"] == sessions[2]


@pytest.mark.usefixtures("page_cache")
def test_the_page_to_say_no_on_is_never_kept(shop: WordPress, shops_sidecar: Sidecar) -> None:
    address = f"{shop.url}/?booking_recovery_opt_out=opt_{secrets.token_hex(12)}"

    seen = [requests.get(address, timeout=30) for _ in range(2)]
    requests.post(address, data={"List-Unsubscribe": "One-Click"}, timeout=30)

    assert [answer.headers[CACHE] for answer in seen] == ["miss", "miss"]
    wait_until(
        lambda: [e for e in shops_sidecar.events if e["type"] == "contact.opted_out"],
        what="the opt-out to arrive",
    )


@pytest.mark.usefixtures("object_cache")
def test_options_that_outlive_the_request_are_never_stale(shop: WordPress) -> None:
    visitor = secrets.token_hex(16)
    assert "booking_recovery" not in requests.get(shop.book_url, timeout=30).text
    with listening() as sidecar, connected(shop, sidecar):
        sidecar.status = 503
        visits(shop, "staff", visitor)
        wait_until(lambda: sidecar.events, what="an attempt")
        sidecar.status = 202
        make_due(shop)
        requests.get(f"{shop.url}/wp-cron.php", timeout=30)
        wait_until(lambda: pending(shop) == 0, what="everything to be delivered")
        assert "session.started" in sidecar.types(visitor)
    assert "booking_recovery" not in requests.get(shop.book_url, timeout=30).text

    before = outbox_id(shop)
    start_over(shop)
    requests.get(shop.book_url, timeout=30)
    assert outbox_id(shop) not in {before, ""}


@pytest.mark.usefixtures("object_cache", "page_cache")
def test_behind_both_caches_an_owner_connects_and_somebody_comes_back(
    shop: WordPress, browser: Browser, devices: Devices, mail: Mailbox
) -> None:
    requests.get(f"{shop.book_url}?service=1&staff=1", timeout=30)
    with opened(shop, browser) as salon:
        shutil.rmtree(shop.path / "wp-content/ground-page-cache")  # as owners are told to
        visitor = Visitor(devices.page())
        visitor.opens(f"{shop.book_url}?service=1&staff=1")
        visitor.chooses_a_time()
        visitor.types(first_name="Bea", last_name="Ash", email=f"bea@{VISITORS}")
        visitor.leaves()
        visitor.follows_the_link_in(mail.wait_for(f"bea@{VISITORS}"))
        visitor.chooses_a_time()
        visitor.types(first_name="Bea", last_name="Ash", email=f"bea@{VISITORS}")
        visitor.books("Färben & Schneiden")
        salon.desk.sees("Bea Ash", state="recovered")
    start_over(shop)


def test_wordpress_own_cron_delivers(shop: WordPress, shops_sidecar: Sidecar) -> None:
    visits(shop, "staff", secrets.token_hex(16))
    wait_until(lambda: pending(shop) == 0, what="the visit to be delivered")
    visitor = secrets.token_hex(16)
    # On the command line nothing is delivered, as in Apache.
    shop.php(
        f"( new Booking_Recovery\\Outbox() )->add( 'session.step_reached', '{visitor}', array( 'step' => 'staff', 'selection' => array() ) );"
    )
    make_due(shop)

    with switch(shop, "DISABLE_WP_CRON", on=False):
        requests.get(shop.url, timeout=30)
        wait_until(lambda: shops_sidecar.types(visitor), what="cron to deliver")


def goes_through(page: Page, address: str) -> Response:
    """Choose a time in the form at an address; return the page's answer."""
    answer = page.goto(address)
    assert answer is not None
    Visitor(page).chooses_a_time()
    return answer


def three(sidecar: Sidecar) -> list[str]:
    """Return the ids of three visits in their order, once there are as many."""
    begun = [e["session_id"] for e in sidecar.events if e["type"] == "session.started"]
    return begun if len(set(begun)) == 3 else []


def make_due(wordpress: WordPress) -> None:
    """Have the bridge's cron event be due, and the last failure long ago."""
    wordpress.php(
        f"wp_clear_scheduled_hook( '{TEND}' ); wp_schedule_event( time() - 1, 'booking_recovery_rhythm', '{TEND}' );"
        "delete_option( 'booking_recovery_delivery' ); delete_transient( 'doing_cron' );"
    )


def pending(wordpress: WordPress) -> Any:
    return call(wordpress, "status", action="status.read")["outbox_pending"]


def outbox_id(wordpress: WordPress) -> str:
    return wordpress.php("echo get_option( 'booking_recovery_outbox_id' );")
