"""Booking Recovery in wp-admin: its menu, the dashboard's widget, Site Health, notices, and the way to the sidecar."""

import contextlib
import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bridge.wire import Sidecar as Stub
from tests.bridge.wire import connected, listening, visits
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress
from tests.stories.conftest import BODY, SUBJECT, WITHIN_SECONDS
from tests.stories.people import Owner, Visitor
from tests.stories.records import conversion_with

CUT = "Färben & Schneiden"
OVERVIEW = "/wp-admin/admin.php?page=booking-recovery"
SETTINGS = "/wp-admin/admin.php?page=booking-recovery-settings"
FORGET = """
delete_option( 'booking_recovery_settings' ); delete_option( 'booking_recovery_check_in' );
delete_option( 'booking_recovery_delivery' ); delete_transient( 'booking_recovery_summary' );
global $wpdb; $wpdb->query( 'TRUNCATE TABLE ' . Booking_Recovery\\Schema::table( 'outbox' ) );
booknetic_stand_in_clear();
"""


@contextlib.contextmanager
def salon(wordpress: WordPress, browser: Browser, mail: Mailbox) -> Iterator[Sidecar]:
    """Pair a site with a real sidecar of two sites; one visitor was won back, one has left."""
    with private_directory() as folder, contextlib.closing(Devices(browser)) as devices:
        wordpress.php(FORGET)
        sidecar = Sidecar(folder, site_url=wordpress.url, **WITHIN_SECONDS)
        sidecar.command("pair", "spa")
        sidecar.start()
        try:
            owner = Owner(devices.page(), wordpress)
            owner.logs_in()
            owner.adds_a_workflow(subject=SUBJECT, body=BODY)
            owner.connects_the_site(sidecar.connection_code())
            for name in ("chloe", "maja"):
                visitor = Visitor(devices.page())
                visitor.opens(wordpress.book_url)
                visitor.chooses(CUT, staff="Zoë")
                visitor.types(
                    first_name=name.title(),
                    last_name="Lindqvist",
                    email=f"{name}@visitors.example",
                )
                visitor.leaves()
            letter = mail.wait_for("chloe@visitors.example", timeout=30)
            mail.wait_for("maja@visitors.example", timeout=30)
            visitor = Visitor(devices.page())
            visitor.follows_the_link_in(letter)
            visitor.chooses_a_time()
            visitor.types(
                first_name="Chloe", last_name="Lindqvist", email="chloe@visitors.example"
            )
            conversion_with(visitor.books(CUT), wordpress)
            wordpress.php("delete_transient( 'booking_recovery_summary' );")
            yield sidecar
        finally:
            sidecar.stop()
            wordpress.php(FORGET)
