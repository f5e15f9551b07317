"""Wherever WordPress puts its routes and pages, the sidecar and the customer find back."""

import contextlib
import html
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import requests

from tests.bridge.wire import Sidecar, ask, called
from tests.ground import wp_config
from tests.ground.changes import mu_plugin, option
from tests.ground.mail import Mailbox
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

Layout = Callable[[WordPress], AbstractContextManager[None]]


def pretty(_: WordPress) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


def plain(site: WordPress) -> AbstractContextManager[None]:
    return option(site, "permalink_structure", "")


def another_prefix(site: WordPress) -> AbstractContextManager[None]:
    return mu_plugin(
        site, "add_filter( 'rest_url_prefix', static function () { return 'api'; } );"
    )


@contextlib.contextmanager
def home_above(site: WordPress) -> Iterator[None]:
    """Have the site's pages lie at the root of the host, and its files still below."""
    front = site.path.parent / "index.php"
    front.write_text("<?php define( 'WP_USE_THEMES', true ); require 'shop/wp-blog-header.php';")
    wp_config.change(site.path, {"WP_HOME": site.url.removesuffix("/shop")})
    try:
        yield
    finally:
        wp_config.change(site.path, {"WP_HOME": site.url})
        front.unlink()


@pytest.mark.parametrize(
    ("layout", "home_path", "page_path", "rest_path"),
    [
        pytest.param(pretty, "/shop", "/book/", "/wp-json/", id="pretty"),
        pytest.param(plain, "/shop", "/?page_id=", "/index.php?rest_route=/", id="plain"),
        pytest.param(another_prefix, "/shop", "/book/", "/api/", id="another prefix"),
        pytest.param(home_above, "", "/book/", "/wp-json/", id="home above"),
    ],
)
def test_a_visit_leads_to_a_message_and_its_links_lead_back(
    shop: WordPress,
    shops_sidecar: Sidecar,
    mail: Mailbox,
    layout: Layout,
    home_path: str,
    page_path: str,
    rest_path: str,
) -> None:
    visitor, address = secrets.token_hex(16), f"{secrets.token_hex(4)}@visitors.example"
    shop.php(
        "booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', 'x', '{booking_recovery_link} {booking_recovery_opt_out_link}', '{booking_recovery_email}' );"
    )
    with layout(shop):
        page = shop.php("echo get_permalink( get_page_by_path( 'book' ) );")
        ask(
            shop,
            current_step="staff",
            cart='[{"service": 1, "location": 1}]',
            booking_recovery_session=visitor,
            booking_recovery_page="/" + page.split("/", 3)[3],
        )
        facts = told(shops_sidecar, "site.checked_in")
        visit = told(shops_sidecar, "session.started")
        said = called(
            facts["rest_url"] + "recoveries",
            action="recoveries.trigger",
            recovery_id=f"{visitor}.1",
            session_id=visitor,
            number=1,
            contact={"email": address},
            page_url=visit["page_url"],
            selection={"service": {"id": 1, "name": "Färben"}},
            resume_token="tok_0123456789",  # noqa: S106 -- it opens nothing
            opt_out_token="opt_0123456789",  # noqa: S106 -- nor does this
        )
        assert said.json()["outcome"] == "sent"
        link, way_out = html.unescape(mail.wait_for(address).get_content()).split()
        form = requests.get(link, timeout=30)
        door = requests.get(way_out, timeout=30)

    home = shop.url.removesuffix("/shop") + home_path
    assert facts["rest_url"] == f"{home}{rest_path}booking-recovery/v1/"
    assert facts["home_url"] == home
    assert visit["page_url"] == page
    assert page.startswith(home + page_path)
    assert re.search(r"[?&]booking_recovery=tok_0123456789\b", link)
    assert form.status_code == 200
    assert "booknetic_appointment" in form.text
    assert door.status_code == 200
    assert "Stop these messages" in door.text


def told(sidecar: Sidecar, kind: str) -> dict[str, Any]:
    """Wait for an event of that kind; return what the last one says."""

    def found() -> list[dict[str, Any]]:
        return [event["data"] for event in sidecar.events if event["type"] == kind]

    return wait_until(found, what=kind)[-1]
