"""What staff do, hook by hook; visitors have no part in it."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.booknetic.visiting import FiredHooks
from tests.ground.wordpress import WordPress

pytestmark = pytest.mark.usefixtures("_cleared")

NEW = """
$customer = booknetic_stand_in_admin_add_customer( 'Mário', 'Sá', 'mario@example.com' );
$items = array( array(
	'customer_id' => $customer, 'service' => 1, 'staff' => 2, 'date' => '2031-05-06', 'time' => '21:15',
) );
list( $id ) = booknetic_stand_in_admin_create( $items, %s );
echo $id;
"""


def created(wordpress: WordPress, *, run_workflows: str = "true") -> int:
    return int(wordpress.php(NEW % run_workflows))


def row(wordpress: WordPress, number: int) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = json.loads(
        wordpress.php("echo json_encode( booknetic_stand_in_appointments() );")
    )
    return next((one for one in found if one["id"] == str(number)), None)


def add_workflow(wordpress: WordPress, event: str) -> None:
    wordpress.php(f"booknetic_stand_in_add_workflow( '{event}', 'x', 'x', 'staff@example.com' );")


def logged(wordpress: WordPress) -> list[str]:
    """Events for which a workflow has sent its message."""
    found: list[str] = json.loads(
        wordpress.php(
            "echo json_encode( array_column( booknetic_stand_in_workflow_logs(), 'when' ) );"
        )
    )
    return found


def since(fired: list[list[Any]], hook: str) -> list[list[Any]]:
    start = [one[0] for one in fired].index(hook)
    return [one for one in fired[start:] if one[0] != "bkntc_response"]


def test_a_booking_made_by_staff_fires_in_order_and_says_whose_it_is(
    wordpress: WordPress, hooks: FiredHooks
) -> None:
    number = created(wordpress)

    found = row(wordpress, number)
    assert found is not None
    assert (found["payment_status"], found["status"]) == ("not_paid", "pending")
    fired = hooks("php", "")
    assert [one[0] for one in fired[:2]] == ["bkntc_customer_created", "bkntc_customer_saved"]
    assert since(fired, "bkntc_appointment_created") == [
        ["bkntc_appointment_created", "AppointmentRequestData"],
        ["bkntc_appointment_before_mutation", None],
        ["bkntc_appointment_after_mutation", number],
        ["bkntc_payment_confirmed", number],
        ["bkntc_backend_appointment_created", "AppointmentRequestData"],
    ]


def test_listeners_can_tell_staff_from_visitors(wordpress: WordPress) -> None:
    said = wordpress.php(
        "use BookneticApp\\Providers\\Core\\Permission;"
        "add_action( 'bkntc_appointment_created', static function ( $item ) {"
        " echo json_encode( array( $item->calledFromBackend, Permission::isBackEnd() ) ), ' '; } );"
        + NEW % "true"
        + "echo ' ', json_encode( Permission::isBackEnd() );"
    )

    assert said.split()[0::2] == ["[true,true]", "false"]


@pytest.mark.parametrize(("ticked", "sent"), [("true", ["booking_new"]), ("false", [])])
def test_staff_may_book_without_workflows(
    wordpress: WordPress, ticked: str, sent: list[str]
) -> None:
    add_workflow(wordpress, "booking_new")

    created(wordpress, run_workflows=ticked)

    assert logged(wordpress) == sent


def test_an_edit_surrounds_the_change(wordpress: WordPress, hooks: FiredHooks) -> None:
    number = created(wordpress)
    add_workflow(wordpress, "booking_status_changed")

    wordpress.php(
        f"booknetic_stand_in_admin_edit( {number}, array( 'time' => '08:00', 'status' => 'approved' ) );"
    )

    found = row(wordpress, number)
    assert found is not None
    starts_at = datetime.fromtimestamp(int(found["starts_at"]), ZoneInfo("Europe/Berlin"))
    assert (f"{starts_at:%F %R}", found["status"]) == ("2031-05-06 08:00", "approved")
    assert found["service_id"] == "1"
    fired = since(hooks("php", ""), "bkntc_appointment_before_edit")
    assert [
        one[:2] for one in fired if "update_data" not in one[0] and "short_code" not in one[0]
    ] == [
        ["bkntc_appointment_before_edit", "AppointmentRequestData"],
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", number],
        ["bkntc_appointment_after_edit", "AppointmentRequestData"],
    ]
    assert logged(wordpress) == ["booking_status_changed"]


@pytest.mark.parametrize(
    ("call", "events"),
    [
        ("set_status( {id}, 'canceled'{ticked} )", ["booking_status_changed"]),
        ("reschedule( {id}, '2031-07-01', '10:00', 1{ticked} )", ["booking_rescheduled"]),
        ("delete( array( {id} ){ticked} )", []),
    ],
)
def test_other_changes_run_workflows_only_if_ticked(
    wordpress: WordPress, call: str, events: list[str], hooks: FiredHooks
) -> None:
    first, second = created(wordpress), created(wordpress)
    for event in ("booking_status_changed", "booking_rescheduled"):
        add_workflow(wordpress, event)

    wordpress.php(f"booknetic_stand_in_admin_{call.format(id=first, ticked=', false')};")
    assert logged(wordpress) == []
    wordpress.php(f"booknetic_stand_in_admin_{call.format(id=second, ticked='')};")

    assert logged(wordpress) == events
    fired = [one[1] for one in hooks("php", "") if one[0] == "bkntc_appointment_before_mutation"]
    assert fired == [None, None, first, second]


def test_a_deletion_fires_while_the_row_is_still_there(
    wordpress: WordPress, hooks: FiredHooks
) -> None:
    number = created(wordpress)

    wordpress.php(f"booknetic_stand_in_admin_delete( array( {number} ) );")

    assert row(wordpress, number) is None
    assert hooks("php", "")[-3:] == [
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", None],
        ["bkntc_appointment_deleted", number],
    ]


def test_a_payment_noted_by_staff_fires_one_hook_alone(
    wordpress: WordPress, hooks: FiredHooks
) -> None:
    number = created(wordpress)
    before = len(hooks("php", ""))

    wordpress.php(f"booknetic_stand_in_admin_mark_paid( {number} );")

    found = row(wordpress, number)
    assert found is not None
    assert (found["payment_status"], found["paid_amount"]) == ("paid", "89.00")
    assert hooks("php", "")[before:] == [["bkntc_payment_confirmed_backend", number]]


def test_a_payment_by_link_says_that_it_was_one(wordpress: WordPress, hooks: FiredHooks) -> None:
    number = created(wordpress)
    before = len(hooks("php", ""))

    wordpress.php(f"booknetic_stand_in_pays_by_link( {number} );")

    found = row(wordpress, number)
    assert found is not None
    assert (found["payment_status"], found["paid_amount"]) == ("paid", "89.00")
    assert hooks("php", "")[before:] == [
        ["bkntc_appointment_before_mutation", number],
        ["bkntc_appointment_after_mutation", number],
        ["bkntc_payment_confirmed", number, "payment_link"],
    ]


def test_a_deleted_customer_is_announced(wordpress: WordPress, hooks: FiredHooks) -> None:
    customer = int(
        wordpress.php(
            "echo booknetic_stand_in_admin_add_customer( 'Mário', 'Sá', 'x@y.example' );"
        )
    )

    wordpress.php(f"booknetic_stand_in_admin_delete_customer( {customer} );")

    assert hooks("php", "")[-1] == ["bkntc_customer_deleted", customer]
    assert wordpress.php("echo count( booknetic_stand_in_customers() );") == "0"


def test_staff_cannot_book_what_is_not_there(wordpress: WordPress) -> None:
    said = wordpress.php(
        "try { booknetic_stand_in_admin_create( array( array( 'service' => 999 ) ) ); }"
        " catch ( RuntimeException $refused ) { echo $refused->getMessage(); }"
    )

    assert said == "Please choose a service."
