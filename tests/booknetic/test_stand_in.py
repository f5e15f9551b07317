"""The stand-in keeps to what is known of Booknetic: the bridge's tests are worth no more than this."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.booknetic.visiting import JS_HOOK_LOGGER, FiredHooks, book, names
from tests.ground.mail import Mailbox
from tests.ground.wordpress import WordPress


def test_a_confirmation_fires_its_hooks_in_booknetics_order(
    wordpress: WordPress, page: Page, hooks: FiredHooks
) -> None:
    number = book(page, wordpress, email="order@example.com")

    fired = hooks("bkntc_get_data", "confirm")
    assert names(fired)[:10] == [
        "bkntc_before_frontend_request_get_data",
        "bkntc_appointment_request_data_load",
        "bkntc_appointment_requests_load",
        "bkntc_post_step_verification",
        "bkntc_pre_step_verification",
        "bkntc_appointment_request_data_load",
        "bkntc_appointment_requests_load",
        "bkntc_appointment_requests_validate",
        "bkntc_appointment_request_before_data_validate",
        "bkntc_appointment_request_data_validate",
    ]
    after_validation = names(fired).index("bkntc_booking_step_confirmation_validation")
    assert [hook for hook in fired[after_validation:] if hook[0] != "bkntc_response"][2:6] == [
        ["bkntc_appointment_created", "AppointmentRequestData"],
        ["bkntc_appointment_before_mutation", None],
        ["bkntc_appointment_after_mutation", number],
        ["bkntc_payment_confirmed", number],
    ]
    assert fired[-1][0] == "bkntc_after_frontend_request_get_data"


def test_a_customer_is_written_only_when_the_booking_is_confirmed(
    wordpress: WordPress, page: Page
) -> None:
    count = (
        "echo count( array_filter( booknetic_stand_in_customers(),"
        " static function ( $c ) { return 'late@example.com' === $c['email']; } ) );"
    )
    seen: list[str] = []

    def count_first(route: Route) -> None:
        seen.append(wordpress.php(count))
        route.continue_()

    page.route("**/admin-ajax.php", count_first)

    book(page, wordpress, email="late@example.com", query="?service=2&staff=1")

    assert set(seen) == {"0"}
    assert wordpress.php(count) == "1"


@pytest.mark.parametrize("makes_users", [True, False])
def test_a_new_customer_is_announced_only_with_a_new_account(
    wordpress: WordPress, page: Page, hooks: FiredHooks, *, makes_users: bool
) -> None:
    option = "BookneticApp\\Providers\\Helpers\\Helper::setOption( 'new_wp_user_on_new_booking', '%s' );"
    email = f"account-{makes_users}@example.com".lower()
    wordpress.php(option % ("on" if makes_users else "off"))
    try:
        book(page, wordpress, email=email, query="?service=3&staff=1")
    finally:
        wordpress.php(option % "off")

    assert ("bkntc_customer_created" in names(hooks("bkntc_get_data", "confirm"))) is makes_users
    found = wordpress.php(f"echo false === get_user_by( 'email', '{email}' ) ? 'none' : 'a user';")
    assert found == ("a user" if makes_users else "none")


def test_an_appointment_has_the_chosen_time_in_the_sites_zone_and_is_not_paid(
    wordpress: WordPress, page: Page
) -> None:
    carts: list[str] = []
    page.on("request", lambda request: carts.append(request.post_data or ""))

    number = book(page, wordpress, email="zone@example.com", query="?service=3&staff=2")

    row = json.loads(
        wordpress.php(
            f"$a = BookneticApp\\Models\\Appointment::get( {number} );"
            "echo json_encode( array( wp_date( 'Y-m-d H:i', (int) $a->starts_at ),"
            " $a->ends_at - $a->starts_at, $a->payment_status, $a->service_id, $a->staff_id ) );"
        )
    )
    sent = re.search(r'"date":"([\d-]+)","time":"([\d:]+)"', carts[-1])
    assert sent is not None
    assert row == [f"{sent[1]} {sent[2]}", 30 * 60, "not_paid", "3", "2"]


def test_a_preset_step_is_hidden_and_the_panels_hooks_fire_in_order(
    wordpress: WordPress, page: Page
) -> None:
    page.add_init_script(JS_HOOK_LOGGER)

    book(page, wordpress, email="hooks@example.com", query="?service=1&staff=1")

    fired = [hook for hook in page.evaluate("window.fired") if "check_customer_exist" not in hook]
    assert fired == [
        "before_step_loading date_time",
        "booking_panel_loaded",
        "step_end_date_time",
        "before_step_loading information date_time",
        "start_step_loading information date_time",
        "ajax_before_get_data",
        "ajax_after_get_data_success",
        "loaded_step information date_time",
        "loaded_step_information",
        "step_end_information",
        "before_step_loading confirm_details information",
        "start_step_loading confirm_details information",
        "ajax_before_get_data",
        "ajax_after_get_data_success",
        "loaded_step confirm_details information",
        "loaded_step_confirm_details",
        "ajax_before_confirm",
        "ajax_after_confirm_success",
        "booking_finished_successfully",
    ]


def test_going_back_fires_nothing_and_forth_again_uses_the_cached_step(
    wordpress: WordPress, page: Page
) -> None:
    page.add_init_script(JS_HOOK_LOGGER)
    page.goto(wordpress.book_url)
    page.get_by_role("button", name="Färben & Schneiden").click()
    page.get_by_role("button", name="Next step").click()
    expect(page.get_by_role("button", name="Søren Müller")).to_be_visible()
    before = len(page.evaluate("window.fired"))

    page.get_by_role("button", name="Back").click()
    assert len(page.evaluate("window.fired")) == before
    page.get_by_role("button", name="Next step").click()

    assert page.evaluate("window.fired")[before:] == [
        "step_end_service",
        "before_step_loading staff service",
        "loaded_cached_step staff",
    ]


def test_what_an_action_callback_returns_shifts_the_next_ones_arguments(
    wordpress: WordPress, page: Page
) -> None:
    page.goto(wordpress.book_url)

    seen = page.evaluate(
        """() => {
            const seen = [];
            bookneticHooks.addAction( 'Some_Key', () => 'leak' );
            bookneticHooks.addAction( 'some_key', ( ...all ) => { seen.push( all ); }, 'mine' );
            bookneticHooks.doAction( 'SOME_KEY', 'panel' );
            bookneticHooks.addFilter( 'some_key', null, 'mine' );
            bookneticHooks.doAction( 'some_key', 'panel' );
            return seen;
        }"""
    )

    assert seen == [["leak", "panel"]]


@pytest.mark.usefixtures("_cleared")
def test_a_workflow_mails_with_shortcodes_replaced_and_unknown_ones_left(
    wordpress: WordPress, page: Page, mail: Mailbox
) -> None:
    wordpress.php(
        "booknetic_stand_in_add_workflow( 'booking_new', 'Booked: {service_name}',"
        " '<p>{customer_full_name}, {no_such_code}</p>', '{customer_email}' );"
    )

    book(page, wordpress, email="mailed@example.com", query="?service=1&staff=2")

    letter = mail.wait_for("mailed@example.com")
    assert letter["subject"] == "Booked: Färben & Schneiden"
    assert letter.get_content_type() == "text/html"
    assert letter.get_content().strip() == "<p>Łucja O'Hara, {no_such_code}</p>"


def test_changes_fire_mutation_hooks_around_the_write(wordpress: WordPress, page: Page) -> None:
    number = book(page, wordpress, email="moved@example.com", query="?service=3&staff=1")

    said = wordpress.php(
        "use BookneticApp\\Backend\\Appointments\\Helpers\\AppointmentService;"
        "use BookneticApp\\Models\\Appointment;"
        "foreach ( array( 'before_mutation', 'after_mutation', 'deleted' ) as $hook ) {"
        " add_action( 'bkntc_appointment_' . $hook, static function ( $id ) use ( $hook ) {"
        f" $row = Appointment::get( {number} );"
        " echo json_encode( array( $hook, $id, $row->status, wp_date( 'm-d H:i', (int) $row->starts_at ) ) ), PHP_EOL;"
        " } ); }"
        f"AppointmentService::reschedule( {number}, '2031-03-30', '15:00' );"
        f"AppointmentService::setStatus( {number}, 'canceled' );"
        f"AppointmentService::setStatus( {number}, 'canceled' );"
        f"AppointmentService::deleteAppointment( array( {number} ) );"
        f"echo json_encode( Appointment::get( {number} ) );"
    )

    before_move, *others, row = [json.loads(line) for line in said.splitlines()]
    assert before_move[:3] == ["before_mutation", number, "pending"]
    assert others == [
        ["after_mutation", number, "pending", "03-30 15:00"],
        ["before_mutation", number, "pending", "03-30 15:00"],
        ["after_mutation", number, "canceled", "03-30 15:00"],
        ["before_mutation", number, "canceled", "03-30 15:00"],
        ["after_mutation", None, "canceled", "03-30 15:00"],
        ["deleted", number, "canceled", "03-30 15:00"],
    ]
    assert row is None
