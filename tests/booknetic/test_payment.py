"""Payment elsewhere: booked first, paid later, by a request in which there is no visitor."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.booknetic.visiting import (
    JS_HOOK_LOGGER,
    FiredHooks,
    Panel,
    fill_until_confirmation,
    names,
    panel_on,
)
from tests.ground.chromium import Devices
from tests.ground.wordpress import WordPress

POLL = 3_000  # milliseconds between two questions whether it is paid
SERVICE = "BookneticApp\\Providers\\Common\\PaymentGatewayService"


@pytest.fixture(autouse=True)
def _gateway(wordpress: WordPress) -> Iterator[None]:
    wordpress.php("booknetic_stand_in_offer_gateway( true );")
    yield
    wordpress.php("booknetic_stand_in_offer_gateway( false );")


@pytest.fixture
def failed_status(wordpress: WordPress) -> Iterator[str]:
    wordpress.php("booknetic_stand_in_fail_payments_as( 'canceled' );")
    yield "canceled"
    wordpress.php("booknetic_stand_in_fail_payments_as( '' );")


def go_to_pay(page: Page, wordpress: WordPress, *, email: str) -> tuple[Panel, Page, str]:
    """Confirm with payment online; return panel, the gateway's window and the payment's id."""
    panel = fill_until_confirmation(page, f"{wordpress.book_url}?service=1&staff=any", email=email)
    page.get_by_role("button", name="Pay online").click()
    with page.expect_popup() as opened, page.expect_response("**/admin-ajax.php") as confirmed:
        panel.confirm()
    expect(opened.value.get_by_role("heading", name="Payment")).to_be_visible()
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    reply = confirmed.value.json()
    assert reply["url"] == opened.value.url
    return panel, opened.value, reply["payment_id"]


def sees_failure(page: Page) -> None:
    failure = page.get_by_role("heading", name="The payment did not go through")
    expect(failure).to_be_visible()


def rows(wordpress: WordPress, payment: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        wordpress.php("echo json_encode( booknetic_stand_in_appointments() );")
    )
    return [row for row in found if row["payment_id"] == payment]


def test_without_the_option_there_is_no_choice(wordpress: WordPress, page: Page) -> None:
    wordpress.php("booknetic_stand_in_offer_gateway( false );")

    fill_until_confirmation(
        page, f"{wordpress.book_url}?service=1&staff=1", email="choice@example.com"
    )

    expect(page.get_by_role("button", name="Pay on site")).to_be_visible()
    expect(page.get_by_role("button", name="Pay online")).to_have_count(0)


def test_nothing_is_confirmed_until_the_gateway_says_so(
    wordpress: WordPress, page: Page, hooks: FiredHooks
) -> None:
    page.add_init_script(JS_HOOK_LOGGER)
    panel, window, payment = go_to_pay(page, wordpress, email="paid@example.com")
    (row,) = rows(wordpress, payment)
    number = int(row["id"])
    assert (row["payment_status"], row["payment_method"]) == ("pending", "stand_in_gateway")
    fired = names(hooks("bkntc_get_data", "confirm"))
    assert fired[fired.index("bkntc_appointment_created") + 1 :] == [
        "bkntc_response",
        "bkntc_after_frontend_request_get_data",
    ]

    wordpress.php(f"{SERVICE}::confirmPayment( '{payment}' );")
    wordpress.php(f"{SERVICE}::confirmPayment( '{payment}' );")

    assert panel.finished() == number
    (row,) = rows(wordpress, payment)
    assert (row["payment_status"], row["paid_amount"]) == ("paid", "89.00")
    assert hooks("php", "") == [
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", number],
        ["bkntc_payment_confirmed", number],
    ]
    in_panel = page.evaluate("window.fired")
    assert window.is_closed()
    in_panel = [hook for hook in in_panel if "isPaymentDone" not in hook]
    assert in_panel[in_panel.index("ajax_after_confirm_success") + 1 :] == [
        "before_processing_payment stand_in_gateway",
        "after_processing_payment stand_in_gateway",
        "payment_completed",
        "payment_completed_deprecated",
        "booking_finished_successfully",
    ]


def test_a_visitor_can_still_pay_on_site(wordpress: WordPress, page: Page) -> None:
    panel = fill_until_confirmation(
        page, f"{wordpress.book_url}?service=1&staff=1", email="site@example.com"
    )

    panel.confirm()

    number = panel.finished()
    found = wordpress.php(
        f"echo BookneticApp\\Models\\Appointment::get( {number} )->payment_status;"
    )
    assert found == "not_paid"


def test_a_failed_payment_changes_the_rows_and_only_one_hook_tells(
    wordpress: WordPress, failed_status: str, page: Page, hooks: FiredHooks
) -> None:
    _, window, payment = go_to_pay(page, wordpress, email="failed@example.com")

    wordpress.php(f"{SERVICE}::cancelPayment( '{payment}' );")
    window.close()

    sees_failure(page)
    (row,) = rows(wordpress, payment)
    assert (row["payment_status"], row["status"]) == ("canceled", failed_status)
    assert hooks("php", "") == [["bkntc_payment_canceled", int(row["id"])]]


def test_a_failed_payment_leaves_the_status_where_the_owner_set_none(
    wordpress: WordPress, page: Page
) -> None:
    _, _, payment = go_to_pay(page, wordpress, email="kept@example.com")

    wordpress.php(f"{SERVICE}::cancelPayment( '{payment}' );")

    (row,) = rows(wordpress, payment)
    assert (row["payment_status"], row["status"]) == ("canceled", "pending")


def test_a_payment_that_comes_after_it_failed_is_still_taken(
    wordpress: WordPress, failed_status: str, page: Page, hooks: FiredHooks
) -> None:
    panel, _, payment = go_to_pay(page, wordpress, email="late@example.com")
    wordpress.php(f"{SERVICE}::cancelPayment( '{payment}' );")

    wordpress.php(f"{SERVICE}::confirmPayment( '{payment}' );")

    (row,) = rows(wordpress, payment)
    assert panel.finished() == int(row["id"])
    assert (row["payment_status"], row["status"]) == ("paid", failed_status)
    assert hooks("php", "")[-1] == ["bkntc_payment_confirmed", int(row["id"])]


def test_trying_again_deletes_what_was_not_paid_and_books_anew(
    wordpress: WordPress, page: Page, hooks: FiredHooks
) -> None:
    page.add_init_script(JS_HOOK_LOGGER)
    panel, window, payment = go_to_pay(page, wordpress, email="again@example.com")
    (row,) = rows(wordpress, payment)
    number = int(row["id"])
    window.close()
    sees_failure(page)
    assert "payment_error" in page.evaluate("window.fired")

    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Pay on site").click()
    panel.confirm()

    assert panel.finished() > number
    assert rows(wordpress, payment) == []
    assert hooks("bkntc_delete_unpaid_appointment", "") == [
        ["bkntc_before_frontend_request_delete_unpaid_appointment"],
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", None],
        ["bkntc_appointment_deleted", number],
        ["bkntc_response", {"status": "ok"}],
        ["bkntc_after_frontend_request_delete_unpaid_appointment", {"status": "ok"}],
    ]


def test_an_overdue_payment_is_given_up_in_another_visitors_request(
    wordpress: WordPress, failed_status: str, devices: Devices, hooks: FiredHooks
) -> None:
    payments = [
        go_to_pay(devices.page(), wordpress, email=f"{name}@example.com")[2]
        for name in ("overdue", "in-time")
    ]
    overdue, in_time = (int(rows(wordpress, payment)[0]["id"]) for payment in payments)
    wordpress.php(f"booknetic_stand_in_make_older( {overdue}, 11 );")
    other = devices.page()
    other.goto(wordpress.book_url)

    panel_on(other).choose("Classic cut", staff="Zoë")
    expect(other.locator(".booknetic_calendar")).to_be_visible()

    fired = hooks("bkntc_get_data", "date_time")
    assert [hook for hook in fired if "mutation" in hook[0] or "payment" in hook[0]] == [
        ["bkntc_appointment_before_mutation", overdue],
        ["bkntc_appointment_after_mutation", overdue],
    ]
    stati = {
        int(row["id"]): (row["status"], row["payment_status"])
        for payment in payments
        for row in rows(wordpress, payment)
    }
    assert stati == {overdue: (failed_status, "canceled"), in_time: ("pending", "pending")}


def test_an_overdue_payment_is_given_up_when_staff_open_their_list(
    wordpress: WordPress, failed_status: str, page: Page
) -> None:
    payment = go_to_pay(page, wordpress, email="listed@example.com")[2]
    number = rows(wordpress, payment)[0]["id"]
    wordpress.php(f"booknetic_stand_in_make_older( {number}, 11 );")

    wordpress.php("booknetic_stand_in_admin_open_appointments();")

    assert rows(wordpress, payment)[0]["status"] == failed_status


def test_without_a_status_for_it_an_overdue_payment_stays(
    wordpress: WordPress, page: Page
) -> None:
    payment = go_to_pay(page, wordpress, email="stays@example.com")[2]
    number = rows(wordpress, payment)[0]["id"]
    wordpress.php(f"booknetic_stand_in_make_older( {number}, 600 );")

    wordpress.php("booknetic_stand_in_admin_open_appointments();")

    (row,) = rows(wordpress, payment)
    assert (row["status"], row["payment_status"]) == ("pending", "pending")


def test_the_panel_asks_every_three_seconds(wordpress: WordPress, page: Page) -> None:
    go_to_pay(page, wordpress, email="asked@example.com")
    asked: list[float] = []
    for _ in range(2):
        with page.expect_response(
            lambda answer: "isPaymentDone" in (answer.request.post_data or "")
        ) as answered:
            pass
        assert answered.value.json() == {"status": "ok", "isDone": False}
        asked.append(answered.value.request.timing["startTime"])

    assert asked[1] - asked[0] >= POLL
    expect(panel_on(page).appointment).to_be_hidden()
