"""Panels in pop-ups, several on a page, and a Booknetic that does not come up."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from tests.booknetic.visiting import FiredHooks, Panel
from tests.ground.wordpress import WordPress

AddPage = Callable[[str], str]


@pytest.fixture
def add_page(wordpress: WordPress) -> Iterator[AddPage]:
    """Publish content as a page; give its address."""
    added: list[str] = []

    def add(content: str) -> str:
        added.append(
            wordpress.php(
                "echo wp_insert_post( array( 'post_type' => 'page', 'post_status' => 'publish',"
                f" 'post_title' => 'Another page', 'post_content' => '{content}' ) );"
            )
        )
        return wordpress.php(f"echo get_permalink( {added[-1]} );")

    yield add
    for number in added:
        wordpress.php(f"wp_delete_post( {number}, true );")


@pytest.fixture
def stop_at(wordpress: WordPress) -> Iterator[Callable[[str], None]]:
    def stop(stage: str) -> None:
        wordpress.php(f"booknetic_stand_in_stop_at( '{stage}' );")

    yield stop
    wordpress.php("booknetic_stand_in_stop_at( '' );")


def booked(wordpress: WordPress, number: int) -> tuple[str, str]:
    """Service and staff of an appointment."""
    service, staff = json.loads(
        wordpress.php(
            f"$a = BookneticApp\\Models\\Appointment::get( {number} );"
            "echo json_encode( array( $a->service_id, $a->staff_id ) );"
        )
    )
    return service, staff


def test_a_pop_up_takes_its_choices_from_the_button_and_leads_to_a_booking(
    wordpress: WordPress, page: Page, add_page: AddPage, hooks: FiredHooks
) -> None:
    address = add_page('[booknetic-booking-button service="2" caption="Book a massage"]')
    page.goto(f"{address}?service=3&staff=1")
    expect(page.locator(".booknetic_appointment")).to_have_count(0)

    page.get_by_role("button", name="Book a massage").click()
    panel = Panel(page.get_by_role("dialog").locator(".booknetic_appointment"))
    panel.root.get_by_role("button", name="Søren Müller").click()
    panel.go_on()
    panel.choose_time()
    panel.fill_in("popup@example.com")
    panel.confirm()

    assert booked(wordpress, panel.finished()) == ("2", "2")
    rendered = [hook[0] for hook in hooks("bkntc_get_booking_panel", "")]
    assert "bkntc_after_booking_panel_shortcode" in rendered
    assert hooks("", "") == []


def test_two_panels_on_a_page_are_two_bookings(
    wordpress: WordPress, page: Page, add_page: AddPage, hooks: FiredHooks
) -> None:
    carts: list[list[dict[str, str]]] = []

    def note_cart(request: Request) -> None:
        sent = re.search(r'name="cart"\s+(.+)', request.post_data or "")
        if sent:
            carts.append(json.loads(sent[1]))

    page.on("request", note_cart)
    page.goto(add_page('[booknetic] <hr> [booknetic service="2" staff="1"]'))
    first, second = (Panel(panel) for panel in page.locator(".booknetic_appointment").all())
    first.choose("Classic cut", staff="Søren Müller")
    second.choose_time()
    second.fill_in("second@example.com")
    second.confirm()
    number = second.finished()

    first.choose_time()
    first.fill_in("first@example.com")
    first.confirm()

    assert booked(wordpress, number) == ("2", "1")
    assert booked(wordpress, first.finished()) == ("3", "2")
    assert [len(cart) for cart in carts] == [1] * len(carts)
    assert hooks("", "") == [["bkntc_after_booking_panel_shortcode"]] * 2


@pytest.mark.parametrize(
    ("stage", "events"), [("updating", "TypeError"), ("disabled", "array(0)")]
)
def test_booknetic_may_stop_before_it_is_there(
    wordpress: WordPress,
    page: Page,
    stop_at: Callable[[str], None],
    stage: str,
    events: str,
) -> None:
    stop_at(stage)

    page.goto(wordpress.book_url)

    expect(page.get_by_text("[booknetic]")).to_be_visible()
    assert page.evaluate("typeof window.bookneticHooks") == "undefined"
    said = wordpress.php(
        "echo did_action( 'bkntc_init' ), ' ';"
        "try { $all = BookneticApp\\Config::getWorkflowEventsManager()->getAll();"
        " echo 'array(', count( $all ), ')'; }"
        " catch ( Throwable $thrown ) { echo get_class( $thrown ); }"
    )
    assert said == f"0 {events}"
