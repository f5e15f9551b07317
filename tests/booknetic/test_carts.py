"""Several appointments in one payment: carts, series, and what costs nothing."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.booknetic.visiting import FiredHooks, Panel, fill_until_confirmation, panel_on
from tests.ground.wordpress import WordPress

CREATED = ["bkntc_appointment_created", "AppointmentRequestData"]
WEEKS = 3

AddService = Callable[..., int]


@pytest.fixture
def _cart(wordpress: WordPress) -> Iterator[None]:
    wordpress.php("booknetic_stand_in_offer_cart( true );")
    yield
    wordpress.php("booknetic_stand_in_offer_cart( false );")


@pytest.fixture
def add_service(wordpress: WordPress) -> Iterator[AddService]:
    """Give a maker of services, which are gone after the test."""
    added: list[str] = []

    def add(name: str, *, price: str, recurs: bool = False) -> int:
        added.append(
            wordpress.php(
                "echo booknetic_stand_in_add_service("
                f" '{name}', '{price}', 30, {json.dumps(recurs)} );"
            )
        )
        return int(added[-1])

    yield add
    ids = ", ".join(added)
    wordpress.php(f"BookneticApp\\Models\\Service::where( 'id', array( {ids} ) )->delete();")


def add_two(page: Page, wordpress: WordPress, *, staff: tuple[str, str], email: str) -> Panel:
    """Put two services into the cart; stop before the confirmation opens."""
    page.goto(wordpress.book_url)
    panel = panel_on(page)
    panel.choose("Färben & Schneiden", staff=staff[0])
    panel.choose_time()
    panel.fill_in(email)
    page.get_by_role("button", name="Add another appointment").click()
    panel.choose("Classic cut", staff=staff[1])
    panel.choose_time()
    panel.go_on()  # who books is known already
    expect(page.locator(".booknetic_cart_item")).to_have_count(2)
    panel.go_on()
    return panel


def plan_series(page: Page, address: str, *, email: str) -> Panel:
    """Ask for the same weekday in three weeks running, up to the confirmation."""
    first = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=2)
    page.goto(address)
    panel = panel_on(page)
    page.get_by_label("First day").fill(first.isoformat())
    page.get_by_label("Last day").fill((first + timedelta(weeks=WEEKS, days=-1)).isoformat())
    page.get_by_label("Time, every week").select_option("17:00")
    panel.go_on()
    expect(page.locator(".booknetic_recurring_date")).to_have_count(WEEKS)
    panel.go_on()
    panel.fill_in(email)
    return panel


def booked_with(wordpress: WordPress, number: int) -> list[dict[str, Any]]:
    """Rows that share their payment with this one, oldest first."""
    found: list[dict[str, Any]] = json.loads(
        wordpress.php("echo json_encode( booknetic_stand_in_appointments() );")
    )
    (payment,) = (row["payment_id"] for row in found if row["id"] == str(number))
    return [row for row in found if row["payment_id"] == payment]


def after_creation(fired: list[list[Any]]) -> list[list[Any]]:
    start = fired.index(CREATED)
    end = next(i for i, hook in enumerate(fired) if i > start and hook[0] == "bkntc_response")
    return [hook for hook in fired[start:end] if hook[0] != "bkntc_appointment_insert_data"]


def mutations(number: int | None, after: int) -> list[list[Any]]:
    return [
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", after],
    ]


@pytest.mark.usefixtures("_cleared")
def test_extras_are_chosen_and_paid_for(wordpress: WordPress, page: Page) -> None:
    number = wordpress.php(
        "booknetic_stand_in_offer_extras( true ); echo booknetic_stand_in_add_extra( 3, 'Beard', '12.50' );"
    )
    try:
        page.goto(f"{wordpress.book_url}?service=3&staff=1")
        panel = panel_on(page)
        page.get_by_label("Beard").fill("2")
        panel.go_on()
        panel.choose_time()
        panel.fill_in("beard@example.com")
        expect(page.locator(".booknetic_sum_price")).to_contain_text("€63.00")
        panel.confirm()
        booked = panel.finished()
    finally:
        wordpress.php("booknetic_stand_in_offer_extras( false );")

    prices = wordpress.php(
        "foreach ( BookneticApp\\Models\\AppointmentPrice::where( 'appointment_id', "
        f"{booked} )->orderBy( 'id' )->fetchAll() as $row ) {{ echo $row->unique_key, ' ', $row->price, ';'; }}"
    )
    assert prices == f"service_price 38.00;service_extra-{number} 25.00;"


@pytest.mark.usefixtures("_cart")
def test_a_cart_has_one_payment_and_confirms_each_item(
    wordpress: WordPress, page: Page, hooks: FiredHooks
) -> None:
    panel = add_two(page, wordpress, staff=("Zoë", "Søren Müller"), email="two@example.com")
    expect(page.locator(".booknetic_sum_price")).to_contain_text("€127.00")

    panel.confirm()

    first = panel.finished()
    one, two = booked_with(wordpress, first)
    second = int(two["id"])
    assert [one["service_id"], two["service_id"]] == ["1", "3"]
    assert one["customer_id"] == two["customer_id"]
    assert after_creation(hooks("bkntc_get_data", "confirm")) == [
        CREATED,
        CREATED,
        *mutations(None, first),
        *mutations(None, second),
        ["bkntc_payment_confirmed", first],
        ["bkntc_payment_confirmed", second],
    ]


@pytest.mark.usefixtures("_cart")
def test_a_cart_cannot_hold_one_time_twice(wordpress: WordPress, page: Page) -> None:
    add_two(page, wordpress, staff=("Zoë", "Zoë"), email="twice@example.com")

    expect(page.get_by_role("alert")).to_have_text(
        "That time is no longer free. Please choose another."
    )


def test_a_series_is_created_one_by_one_and_confirmed_once(
    wordpress: WordPress, page: Page, hooks: FiredHooks, add_service: AddService
) -> None:
    service = add_service("Yoga", price="20.00", recurs=True)
    panel = plan_series(
        page, f"{wordpress.book_url}?service={service}&staff=any", email="series@example.com"
    )
    expect(page.locator(".booknetic_sum_price")).to_contain_text("€60.00")

    panel.confirm()

    first = panel.finished()
    rows = booked_with(wordpress, first)
    numbers = [int(row["id"]) for row in rows]
    starts = [int(row["starts_at"]) for row in rows]
    assert len(rows) == WEEKS
    assert len({row["recurring_id"] for row in rows}) == 1
    assert rows[0]["recurring_id"]
    assert {row["staff_id"] for row in rows} == {rows[0]["staff_id"]}
    assert starts == sorted(set(starts))
    assert after_creation(hooks("bkntc_get_data", "confirm")) == [
        *[CREATED] * WEEKS,
        *[hook for number in numbers for hook in mutations(None, number)],
        ["bkntc_payment_confirmed", first],
    ]


def test_a_series_paid_online_is_announced_by_its_first(
    wordpress: WordPress, page: Page, hooks: FiredHooks, add_service: AddService
) -> None:
    service = add_service("Pilates", price="25.00", recurs=True)
    wordpress.php("booknetic_stand_in_offer_gateway( true );")
    panel = plan_series(
        page, f"{wordpress.book_url}?service={service}&staff=any", email="pilates@example.com"
    )
    page.get_by_role("button", name="Pay online").click()
    with page.expect_response("**/admin-ajax.php") as confirmed:
        panel.confirm()
    wordpress.php("booknetic_stand_in_offer_gateway( false );")

    wordpress.php(
        "BookneticApp\\Providers\\Common\\PaymentGatewayService::confirmPayment("
        f" '{confirmed.value.json()['payment_id']}' );"
    )

    first = panel.finished()
    one, two, three = (int(row["id"]) for row in booked_with(wordpress, first))
    assert hooks("php", "") == [
        *mutations(one, one),
        ["bkntc_payment_confirmed", one],
        *mutations(two, two),
        *mutations(three, three),
    ]


def test_listeners_get_one_object_again_and_again(
    wordpress: WordPress, add_service: AddService
) -> None:
    service = add_service("Tango", price="20.00", recurs=True)

    said = wordpress.php(
        "add_action( 'bkntc_appointment_created', static function ( $item ) {"
        " echo json_encode( array( spl_object_id( $item ), $item->appointmentId, $item->createdAppointments, $item->date ) ), PHP_EOL;"
        " } );"
        "$day = static function ( $days ) { return array( wp_date( 'Y-m-d', time() + $days * DAY_IN_SECONDS ), '09:00' ); };"
        "$_POST = wp_slash( array( 'cart' => wp_json_encode( array( array("
        f" 'location' => 1, 'service' => {service}, 'staff' => -1,"
        " 'appointments' => wp_json_encode( array( $day( 50 ), 'nonsense', $day( 57 ) ) ),"
        " 'customer_data' => array( 'first_name' => 'Ana', 'email' => 'ana@example.com' ) ) ) ) ) );"
        "( new BookneticApp\\Frontend\\Controller\\Ajax() )->confirm();"
    )

    (one, first, first_list, date), (two, second, second_list, _) = map(
        json.loads, said.splitlines()
    )
    assert one == two
    assert (first_list, second_list) == ([first], [first, second])
    assert date == ""


def test_what_costs_nothing_is_paid_at_once(
    wordpress: WordPress, page: Page, hooks: FiredHooks, add_service: AddService
) -> None:
    service = add_service("Consultation", price="0.00")
    panel = fill_until_confirmation(
        page, f"{wordpress.book_url}?service={service}&staff=any", email="free@example.com"
    )
    expect(page.locator(".booknetic_payment_method")).to_have_count(0)

    panel.confirm()

    number = panel.finished()
    (row,) = booked_with(wordpress, number)
    assert (row["payment_status"], row["payment_method"]) == ("paid", "local")
    assert after_creation(hooks("bkntc_get_data", "confirm")) == [
        CREATED,
        *mutations(number, number),
        ["bkntc_payment_confirmed", number],
    ]
