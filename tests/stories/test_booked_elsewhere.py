"""Who is booked by others meanwhile: by staff, or over Booknetic's own interface, whether the bridge hears of it or not."""

import json
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser

from tests.ground.changes import active_plugins, mu_plugin
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress
from tests.stories.conftest import VISITORS, Salon, opened
from tests.stories.people import Visitor

COLOUR = "Färben & Schneiden"
PHONE = "+491705550177"
CREATES_BY_REST = "5.2.2"
APPOINTMENT = {"location": 1, "service": 1, "staff": 2, "date": "2031-05-06", "time": "12:00"}

SKIPPED = "Message 1 was not sent: the visitor has booked"
STOPPED = "Message 1: stopped by WordPress at the last moment: the visitor has booked"

SILENCE = """
$hooks = array( 'bkntc_appointment_created', 'bkntc_backend_appointment_created', 'bkntc_appointment_after_mutation', 'bkntc_payment_confirmed' );
foreach ( $hooks as $hook ) {
	add_action( $hook, static function () use ( $hook ) { remove_all_actions( $hook ); }, 0 );
}
"""


@pytest.fixture(scope="module")
def salon(wordpress: WordPress, browser: Browser) -> Iterator[Salon]:
    """Leave time between an abandonment and its message."""
    with opened(wordpress, browser, messages=["15s"]) as salon:
        yield salon


def test_whom_staff_book_while_the_bridge_is_off_gets_no_message(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    """They know her by her telephone, and as they write numbers."""
    address = f"ylva@{VISITORS}"
    leaves(salon, devices, "Ylva", email=address, phone=PHONE)
    with active_plugins(salon.wordpress, ("booknetic/init.php",)):
        staff_book(salon, "Ylva", email=f"other.{address}", phone="+49 (170) 555 01-77")

    salon.desk.opens("Ylva Alm", state="lost")
    salon.desk.reads_that(STOPPED)
    assert mail.to(address) == []


def test_whom_staff_book_by_telephone_gets_no_message(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"yrsa@{VISITORS}"
    leaves(salon, devices, "Yrsa", email=address)
    staff_book(salon, "Yrsa", email=address.upper())

    salon.desk.opens("Yrsa Alm", state="booked")
    salon.desk.reads_that(SKIPPED)
    assert mail.to(address) == []


@pytest.mark.parametrize("wordpress", [CREATES_BY_REST], indirect=True)
@pytest.mark.parametrize(
    ("name", "change", "state", "said"),
    [("Tora", "", "booked", SKIPPED), ("Unni", SILENCE, "lost", STOPPED)],
)
def test_who_is_booked_over_rest_gets_no_message(
    salon: Salon, mail: Mailbox, devices: Devices, name: str, change: str, state: str, said: str
) -> None:
    """No documentation tells whether hooks fire there."""
    address = f"{name.lower()}@{VISITORS}"
    leaves(salon, devices, name, email=address)
    with mu_plugin(salon.wordpress, change):
        books_over_rest(salon.wordpress, name, email=address.title())

    salon.desk.opens(f"{name} Alm", state=state)
    salon.desk.reads_that(said)
    assert mail.to(address) == []


def leaves(salon: Salon, devices: Devices, name: str, *, email: str, phone: str = "") -> None:
    visitor = Visitor(devices.page())
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(COLOUR, staff="Zoë")
    visitor.types(first_name=name, last_name="Alm", email=email, phone=phone)
    visitor.leaves()
    salon.desk.sees(f"{name} Alm", state="abandoned")


def staff_book(salon: Salon, name: str, *, email: str, phone: str = "") -> None:
    customer = f"booknetic_stand_in_admin_add_customer( '{name}', 'Alm', '{email}', '{phone}' )"
    salon.wordpress.php_in_a_request(
        f"$item = json_decode( '{json.dumps(APPOINTMENT)}', true );"
        f"booknetic_stand_in_admin_create( array( array( 'customer_id' => {customer} ) + $item ) );"
    )


def books_over_rest(wordpress: WordPress, name: str, *, email: str) -> None:
    """Have a program book that is logged in as the salon's owner."""
    customer = wordpress.php(
        f"echo booknetic_stand_in_admin_add_customer( '{name}', 'Alm', '{email}' );"
    )
    program = requests.Session()
    login = {"log": wordpress.admin.user, "pwd": wordpress.admin.password, "testcookie": "1"}
    program.get(f"{wordpress.url}/wp-login.php", timeout=30)
    program.post(f"{wordpress.url}/wp-login.php", data=login, timeout=30)
    nonce = program.get(f"{wordpress.url}/wp-admin/admin-ajax.php?action=rest-nonce", timeout=30)
    answer = program.post(
        f"{wordpress.url}/wp-json/booknetic/v1/appointments",
        json={**APPOINTMENT, "customer_id": int(customer)},
        headers={"X-WP-Nonce": nonce.text},
        timeout=30,
    )
    assert answer.json()["customer_id"] == customer, answer.text
