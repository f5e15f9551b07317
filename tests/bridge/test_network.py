"""A network of blogs with one set of Booknetic's tables: each blog has a pairing, and its own bookings."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.bridge.wire import Sidecar, ask, call, connected, listening, visits
from tests.ground import network as ground
from tests.ground.mail import Mailbox
from tests.ground.waiting import wait_until
from tests.ground.wordpress import (
    BRIDGE,
    PLUGINS,
    Hosting,
    WordPress,
    activate,
    watched,
)
from tests.ground.wp_config import change

TABLES = "global $wpdb; echo wp_json_encode( $wpdb->get_col( \"SHOW TABLES LIKE '%booking\\\\_recovery%'\" ) );"
BRIDGE_FILE = f"{BRIDGE}/{BRIDGE}.php"


@dataclass(frozen=True, slots=True)
class Network:
    """Three blogs, of which the first is not connected to anything."""

    main: WordPress
    north: WordPress
    south: WordPress


@pytest.fixture(scope="module")
def network(mail: Mailbox) -> Iterator[Network]:
    with watched(smtp_port=mail.port, hosting=Hosting(is_network=True)) as main:
        for plugin in PLUGINS:
            activate(main, plugin, on_every_blog=True)
        yield Network(main, ground.add_blog(main, "north"), ground.add_blog(main, "south"))
        assert not main.faults()


@pytest.fixture
def sidecar(network: Network) -> Iterator[Sidecar]:
    with (
        listening() as server,
        connected(network.north, server, site="north"),
        connected(network.south, server, site="south"),
    ):
        yield server
        network.main.php("booknetic_stand_in_clear();")


def test_every_blog_reports_its_own_visitors(network: Network, sidecar: Sidecar) -> None:
    visitor = secrets.token_hex(16)
    for blog in (network.main, network.north, network.south):
        visits(blog, "staff", visitor)

    seen = ["session.started", "session.step_reached"]
    wait_until(
        lambda: all(sidecar.types(visitor, site=site) == seen for site in ("north", "south")),
        what="both visits to arrive",
    )
    homes = {
        event["site"]: event["data"]["home_url"]
        for event in sidecar.events
        if event["type"] == "site.checked_in"
    }
    assert homes == {"north": network.north.url, "south": network.south.url}


def test_a_payment_that_the_main_blog_hears_of_is_reported_where_the_booking_was_made(
    network: Network, sidecar: Sidecar
) -> None:
    visitor = secrets.token_hex(16)
    booking = goes_to_pay(network.north, visitor)

    network.main.php_in_a_request(
        f"BookneticApp\\Providers\\Common\\PaymentGatewayService::confirmPayment( '{booking['payment_id']}' );"
    )

    wait_until(
        lambda: "booking.confirmed" in sidecar.types(visitor, site="north"),
        what="the booking to be confirmed",
    )
    assert bookings_of(sidecar, "south") == []


def test_a_payment_given_up_in_another_blogs_request_is_reported_where_the_booking_was_made(
    network: Network, sidecar: Sidecar
) -> None:
    visitor, stranger = secrets.token_hex(16), secrets.token_hex(16)
    booking = goes_to_pay(network.north, visitor)
    network.south.php(
        "booknetic_stand_in_fail_payments_as( 'canceled', 10 );"
        f"booknetic_stand_in_make_older( {booking['id']}, 30 );"
    )

    visits(network.south, "date_time", stranger)

    wait_until(
        lambda: "booking.canceled" in sidecar.types(visitor, site="north"),
        what="the booking to be canceled",
    )
    canceled = bookings_of(sidecar, "north")[-1]
    assert canceled["data"]["reason"] == "payment_failed"
    assert canceled["data"]["booking"]["key"] == booking["payment_id"]
    wait_until(lambda: sidecar.types(stranger, site="south"), what="the stranger")
    assert bookings_of(sidecar, "south") == []


def test_what_staff_do_on_the_main_blog_is_reported_where_the_booking_was_made(
    network: Network, sidecar: Sidecar
) -> None:
    visitor = secrets.token_hex(16)
    booking = books(network.south, visitor)

    network.main.php_in_a_request(f"booknetic_stand_in_admin_delete( array( {booking['id']} ) );")

    wait_until(
        lambda: sidecar.types(visitor, site="south")[-1:] == ["booking.canceled"],
        what="the booking to be deleted",
    )
    assert bookings_of(sidecar, "south")[-1]["data"]["reason"] == "deleted"
    assert bookings_of(sidecar, "north") == []


def test_a_booking_that_nobody_saw_being_made_is_nobodys(
    network: Network, sidecar: Sidecar
) -> None:
    visitor, later = secrets.token_hex(16), secrets.token_hex(16)
    booking = goes_to_pay(network.main, visitor)
    network.main.php(
        'global $wpdb; $wpdb->query( "DELETE FROM {$wpdb->base_prefix}booking_recovery_bookings" );'
    )

    network.south.php_in_a_request(
        f"BookneticApp\\Providers\\Common\\PaymentGatewayService::confirmPayment( '{booking['payment_id']}' );"
    )

    visits(network.south, "staff", later)
    wait_until(lambda: sidecar.types(later, site="south"), what="a later visit")
    assert bookings_of(sidecar, "north") == bookings_of(sidecar, "south") == []


def test_nobody_is_written_to_who_has_booked_on_another_blog(
    network: Network, sidecar: Sidecar
) -> None:
    books(network.main, secrets.token_hex(16))

    said = call(
        network.north,
        "recoveries",
        site="north",
        action="recoveries.trigger",
        recovery_id="0123456789abcdef.1",
        session_id="0123456789abcdef",
        number=1,
        contact={"email": "chloe@visitors.example"},
        started_at="2020-01-01T00:00:00Z",
    )

    assert (said["outcome"], said["reason"]) == ("stopped", "booked")
    assert bookings_of(sidecar, "north") == []


def test_the_code_in_wp_config_is_the_main_blogs(network: Network) -> None:
    ask_whether = "echo wp_json_encode( ( new Booking_Recovery\\Settings() )->is_constant() );"
    change(network.main.path, {"BOOKING_RECOVERY_CODE": "brc1.e30"})
    try:
        said = [blog.php(ask_whether) for blog in (network.main, network.north)]
    finally:
        change(network.main.path, {"BOOKING_RECOVERY_CODE": None})

    assert said == ["true", "false"]


def test_a_new_blog_gets_tables_and_a_deleted_one_takes_them_along(network: Network) -> None:
    before = tables(network.main)
    blog = ground.add_blog(network.main, "east")
    prefix = f"wp_{ground.blog_id(blog)}_booking_recovery_"

    blog.php_in_a_request("echo 'Somebody looks at it.';")
    made = set(tables(network.main)) - set(before)
    ground.delete(blog)

    assert made == {
        f"{prefix}{name.removeprefix('wp_booking_recovery_')}"
        for name in before
        if name.startswith("wp_booking_recovery_") and not name.endswith("_bookings")
    }
    assert tables(network.main) == before


def test_a_bridge_on_one_blog_alone_leaves_the_others_alone(
    network: Network, sidecar: Sidecar
) -> None:
    visitor = secrets.token_hex(16)
    with switched_off(network):
        activate(network.north, BRIDGE)
        try:
            booking = books(network.north, visitor)
            visits(network.south, "staff", visitor)
            network.main.php_in_a_request(
                f"booknetic_stand_in_admin_set_status( {booking['id']}, 'canceled' );"
            )
            wait_until(
                lambda: "booking.confirmed" in sidecar.types(visitor, site="north"),
                what="the booking to arrive",
            )
        finally:
            deactivate(network.north)

    assert sidecar.types(visitor, site="south") == []


def test_nothing_is_left_on_any_blog_of_a_removed_bridge(network: Network) -> None:
    """There are more blogs than WordPress lists at once, and one of them is gone with its tables left."""
    many = 102
    network.main.php(MANY_BLOGS.replace("%d", str(many)))
    count = "SELECT COUNT(*) FROM wp_blogs"
    assert int(network.main.php(f"echo $GLOBALS['wpdb']->get_var( '{count}' );")) > many

    with switched_off(network):
        assert left_behind(network, "cron") == []
        network.main.php(
            "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
            f"uninstall_plugin( '{BRIDGE_FILE}' );"
        )

        assert tables(network.main) == []
        assert left_behind(network, "booking\\_recovery%") == []
        network.main.php(
            "global $wpdb; $wpdb->query( 'DELETE FROM wp_blogs WHERE blog_id > 1000' );"
            'foreach ( $wpdb->get_col( "SHOW TABLES LIKE \'wp\\\\_1___\\\\_options\'" ) as $table ) { $wpdb->query( "DROP TABLE $table" ); }'
            "wp_cache_flush();"
        )
        for blog in (network.main, network.north, network.south):
            blog.php("update_option( 'booking_recovery_settings', array() );")


# Blogs that are hardly more than a row, each with a trace of the bridge and a cron event.
MANY_BLOGS = """
global $wpdb;
$cron = array( time() + 300 => array( 'booking_recovery_tend' => array( md5( serialize( array() ) ) => array( 'schedule' => 'booking_recovery_rhythm', 'args' => array(), 'interval' => 300 ) ) ), 'version' => 2 );
for ( $id = 1001; $id <= 1000 + %d; $id++ ) {
	$wpdb->insert( 'wp_blogs', array( 'blog_id' => $id, 'site_id' => 1, 'domain' => DOMAIN_CURRENT_SITE, 'path' => "/$id/" ) );
	$wpdb->query( "CREATE TABLE wp_{$id}_options LIKE wp_options" );
	$wpdb->insert( "wp_{$id}_options", array( 'option_name' => 'booking_recovery_schema', 'option_value' => '1', 'autoload' => 'yes' ) );
	$wpdb->insert( "wp_{$id}_options", array( 'option_name' => 'cron', 'option_value' => serialize( $cron ), 'autoload' => 'yes' ) );
	$wpdb->query( "CREATE TABLE wp_{$id}_booking_recovery_outbox ( seq int )" );
}
$wpdb->query( 'CREATE TABLE wp_999_booking_recovery_sessions ( session_id int )' );
wp_cache_flush();
"""


@contextlib.contextmanager
def switched_off(network: Network) -> Iterator[None]:
    """Have the bridge active on no blog."""
    deactivate(network.main)
    try:
        yield
    finally:
        activate(network.main, BRIDGE, on_every_blog=True)


def deactivate(blog: WordPress) -> None:
    blog.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        f"deactivate_plugins( '{BRIDGE_FILE}' );"
    )


def left_behind(network: Network, pattern: str) -> list[str]:
    """Name the blogs' tables with such an option; of cron's, those with an event of the bridge."""
    found: list[str] = json.loads(network.main.php(f"$pattern = '{pattern}'; {LEFT_BEHIND}"))
    return found


LEFT_BEHIND = """
global $wpdb;
$found = array();
foreach ( $wpdb->get_col( "SHOW TABLES LIKE 'wp%options'" ) as $table ) {
	if ( $wpdb->get_var( "SELECT 1 FROM $table WHERE option_name LIKE '$pattern' AND ( option_name <> 'cron' OR option_value LIKE '%booking_recovery%' ) LIMIT 1" ) ) {
		$found[] = $table;
	}
}
echo wp_json_encode( $found );
"""


def tables(network: WordPress) -> list[str]:
    found: list[str] = json.loads(network.php(TABLES))
    return sorted(found)


def bookings_of(sidecar: Sidecar, site: str) -> list[dict[str, Any]]:
    return [
        event
        for event in sidecar.events
        if event["site"] == site and event["type"].startswith("booking.")
    ]


def books(blog: WordPress, visitor: str, *, pays: str = "local") -> Any:
    """Confirm an appointment; return what the form answers."""
    cart = blog.php(
        "$day = new DateTimeImmutable( '+3 days', wp_timezone() );"
        "echo wp_json_encode( array( array( 'service' => 1, 'location' => 1, 'staff' => -1,"
        " 'date' => $day->format( 'Y-m-d' ), 'time' => '10:00', 'customer_id' => -1,"
        " 'customer_data' => array( 'email' => 'chloe@visitors.example', 'first_name' => 'Chloë', 'last_name' => 'Ñandú', 'phone' => '' ) ) ) );"
    )
    answer = ask(
        blog,
        current_step="confirm",
        cart=cart,
        payment_method=pays,
        booking_recovery_session=visitor,
        booking_recovery_page="/book/",
    )
    assert answer["status"] == "ok", answer
    return answer


def goes_to_pay(blog: WordPress, visitor: str) -> Any:
    blog.php("booknetic_stand_in_offer_gateway( true );")
    return books(blog, visitor, pays="stand_in_gateway")
