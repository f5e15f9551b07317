"""PHP inside Apache can do nothing behind an answer: the sidecar comes and reads, and nobody waits."""

import json
import secrets
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser

from tests.bridge.wire import call, connected, listening, visits
from tests.ground import apache
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.waiting import wait_until
from tests.ground.wordpress import Hosting, WordPress, watched
from tests.stories.conftest import VISITORS, opened
from tests.stories.people import Visitor
from tests.stories.records import undelivered


@pytest.fixture(scope="module")
def behind_apache(mail: Mailbox) -> Iterator[WordPress]:
    with watched(smtp_port=mail.port, hosting=Hosting(server=apache.serving)) as site:
        yield site
        assert not site.faults()


def test_a_visit_is_read_from_the_outbox_and_leads_to_a_message(
    behind_apache: WordPress, browser: Browser, devices: Devices, mail: Mailbox
) -> None:
    with opened(behind_apache, browser) as salon:
        visitor = Visitor(devices.page())
        visitor.opens(f"{behind_apache.book_url}?service=1&staff=1")
        visitor.chooses_a_time()
        visitor.types(first_name="Ada", last_name="Ash", email=f"ada@{VISITORS}")
        visitor.leaves()
        assert "session.contact_given" in undelivered(behind_apache)

        # It reads when it starts, and else twice a minute while somebody is in a form.
        salon.sidecar.stop()
        salon.sidecar.start()

        letter = mail.wait_for(f"ada@{VISITORS}")
        assert letter["subject"] == "Ada, your Färben & Schneiden is waiting"
        salon.desk.sees("Ada Ash", state="contacted")


def test_no_request_of_a_visitor_sends_anything_and_cron_delivers(
    behind_apache: WordPress,
) -> None:
    visitor = secrets.token_hex(16)
    with listening() as sidecar, connected(behind_apache, sidecar):
        for step in ("staff", "date_time"):
            visits(behind_apache, step, visitor)
        assert sidecar.events == [], "whatever is sent within a request is waited for"

        make_cron_due(behind_apache)
        requests.get(f"{behind_apache.url}/wp-cron.php", timeout=30)

        wait_until(lambda: len(sidecar.types(visitor)) == 3, what="all to arrive")
        assert sidecar.events[0]["type"] == "site.checked_in"
        assert sidecar.events[0]["data"]["delivery"] == "pull"
        status = call(behind_apache, "status", action="status.read")
        assert (status["delivery"], status["outbox_pending"]) == ("pull", 0)


def make_cron_due(wordpress: WordPress) -> None:
    said = wordpress.php(
        "wp_clear_scheduled_hook( 'booking_recovery_tend' );"
        "echo wp_json_encode( wp_schedule_event( time() - 1, 'booking_recovery_rhythm', 'booking_recovery_tend' ) );"
    )
    assert json.loads(said) is True
