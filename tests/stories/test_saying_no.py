"""Who does not want such messages, and says so by the link in one, or to the salon."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from redis import Redis

from sidecar.adapters.embedded_redis import redis_url
from sidecar.config import load
from tests.bridge.test_opting_out import packed
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.sidecar import Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress
from tests.planted import Planted, everything_in
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Give visits up soon after their message, so that the next begins anew."""
    with opened(wordpress, browser, attribution_window="1s") as salon:
        yield salon


def test_who_opts_out_gets_no_more_and_who_only_looks_does(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    ruth, sara = Visitor(devices.page()), Visitor(devices.page())
    leaves(ruth, salon, "Ruth")
    leaves(sara, salon, "Sara")
    ruth.asks_to_be_left_alone(mail.wait_for(f"ruth@{VISITORS}"), means_it=True)
    # So do the mail programs that look into links for viruses.
    sara.asks_to_be_left_alone(mail.wait_for(f"sara@{VISITORS}"), means_it=False)
    salon.desk.opens("Ruth Ben-Ami", state="lost")
    salon.desk.reads_that("Does not want such messages (by link)")
    salon.desk.opens("Sara Ben-Ami", state="lost")

    # She is last, so a message to Ruth would be here before hers.
    leaves(Visitor(devices.page()), salon, "Ruth")
    leaves(Visitor(devices.page()), salon, "Sara")
    mail.wait_for(f"sara@{VISITORS}", number=2)

    salon.desk.opens("Ruth Ben-Ami", state="lost", said="has opted out")
    salon.desk.reads_that("Got no message: this person has opted out of such messages.")
    assert len(mail.to(f"ruth@{VISITORS}")) == 1


def test_whom_the_owner_was_told_of_gets_none_either(
    salon: Salon, mail: Mailbox, devices: Devices, tmp_path: Path
) -> None:
    salon.owner.leaves_alone(f"Ivy@{VISITORS}")
    file = tmp_path / "from the old system.csv"
    file.write_text(f"E-Mail;Name\njay@{VISITORS};Jay\nkim@{VISITORS};Kim\n")
    salon.owner.leaves_alone_all_in(file, new=2)

    for name in ("Ivy", "Jay", "Lou"):
        leaves(Visitor(devices.page()), salon, name)
    # Lou is last, so a message to the others would be here before hers.
    mail.wait_for(f"lou@{VISITORS}")

    for name in ("Ivy", "Jay"):
        salon.desk.opens(f"{name} Ben-Ami", state="lost", said="has opted out")
        assert not mail.to(f"{name.lower()}@{VISITORS}")
        assert wish(f"{name.lower()}@{VISITORS}", salon) == "opt_out"
    assert wish(f"lou@{VISITORS}", salon) == ""


def wish(email: str, salon: Salon) -> str:
    """Read what keeps the bridge from writing to somebody, whatever the sidecar says."""
    return salon.wordpress.php(
        f"echo ( new Booking_Recovery\\Suppressions() )->find( array( hash( 'sha256', '{email}' ) ) );"
    )


def leaves(visitor: Visitor, salon: Salon, first_name: str) -> None:
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(
        first_name=first_name, last_name="Ben-Ami", email=f"{first_name.lower()}@{VISITORS}"
    )
    visitor.leaves()


def test_who_is_erased_by_wordpress_s_own_tools_is_nowhere_in_either_part(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    una = Planted()
    visitor = Visitor(devices.page())
    visitor.opens(f"{salon.wordpress.book_url}?service=1&staff=1")
    visitor.chooses_a_time()
    visitor.types(
        first_name=una.first_name, last_name=una.last_name, email=una.email, phone=una.phone
    )
    visitor.leaves()
    mail.wait_for(una.email)
    salon.desk.opens(una.first_name, state="lost")
    with packed(salon.wordpress) as package:
        exported = salon.owner.exports(una.email, package)
    assert una.found_in(exported) == {"email", "phone", "first name", "last name"}
    assert una.found_in(*kept_by_the_bridge(salon.wordpress))

    salon.owner.erases(una.email)

    salon.desk.finds_nobody_called(una.first_name)
    wait_until(
        lambda: not any(b":request:" in name for name in kept_by(salon.sidecar)),
        what="WordPress to have confirmed",
    )
    # The wish itself is kept until the sidecar has surely heard it: for an hour.
    left = [row for row in kept_by_the_bridge(salon.wordpress) if una.found_in(row)]
    assert [json.loads(row)["type"] for row in left] == ["contact.forgotten"]
    salon.wordpress.php(
        """
        global $wpdb;
        $outbox = new Booking_Recovery\\Outbox();
        $outbox->add( 'site.checked_in', null, array() );
        $wpdb->query( 'UPDATE ' . Booking_Recovery\\Schema::table( 'outbox' ) . ' SET delivered_at = delivered_at - 3700' );
        $outbox->prune();
        """
    )
    assert not una.found_in(*kept_by_the_bridge(salon.wordpress))
    for log in (
        salon.sidecar.log(),
        salon.wordpress.log(),
        salon.wordpress.access_log.read_text(),
    ):
        assert not una.found_in(log)
    assert not una.found_in(*kept_by(salon.sidecar))
    assert wish(una.email, salon) == wish(una.phone, salon) == "forget"


def kept_by_the_bridge(wordpress: WordPress) -> list[str]:
    """Return all rows of the bridge's tables, its options, and what Booknetic's log was given."""
    rows: list[str] = json.loads(
        wordpress.php(
            """
            global $wpdb;
            $found = $wpdb->get_results( "SELECT option_name, option_value FROM {$wpdb->options} WHERE option_name LIKE '%booking_recovery%'", ARRAY_A );
            foreach ( $wpdb->get_col( "SHOW TABLES LIKE '%booking\\_recovery\\_%'" ) as $table ) {
                $found = array_merge( $found, $wpdb->get_results( "SELECT * FROM $table", ARRAY_A ) );
            }
            foreach ( booknetic_stand_in_workflow_logs() as $row ) {
                $found[] = array( 'given' => $row['event_data'] ?? null );
            }
            echo wp_json_encode( array_map( 'wp_json_encode', $found ) );
            """
        )
    )
    return rows


def kept_by(sidecar: Sidecar) -> list[bytes]:
    """Return every name and value in the sidecar's Redis."""
    with Redis.from_url(redis_url(load(sidecar.folder / "config.toml", {}))) as redis:
        return everything_in(redis)
