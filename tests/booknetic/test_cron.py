"""What happens from time to time, in whoever's request."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.booknetic.visiting import FiredHooks, names
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

pytestmark = pytest.mark.usefixtures("_cleared")


def test_any_request_starts_the_cron_job_but_once_a_minute(
    wordpress: WordPress, hooks: FiredHooks
) -> None:
    def jobs() -> int:
        return names(hooks("bkntc_background_process", "")).count("bkntc_cronjob")

    wordpress.php_in_a_request("delete_option( 'bkntc_cron_job_runned_on' );")
    before = jobs()

    for _ in range(3):
        requests.get(wordpress.book_url, timeout=30)

    wait_until(lambda: jobs() > before, what="the cron job")
    requests.get(wordpress.book_url, timeout=30)
    assert jobs() == before + 1


def test_a_reminder_goes_out_once_when_it_is_time(wordpress: WordPress) -> None:
    start = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=1)
    wordpress.php(
        "booknetic_stand_in_add_workflow_with( 'booking_starts', 'stand_in_recording', array( 'x' => '{service_name}' ) );"
        "BookneticApp\\Models\\Workflow::where( 'when', 'booking_starts' )->update( array( 'data' =>"
        " wp_json_encode( array( 'offset_sign' => 'before', 'offset_value' => 1, 'offset_type' => 'day' ) ) ) );"
        "$customer = booknetic_stand_in_admin_add_customer( 'Mário', 'Sá', 'mario@example.com' );"
        "foreach ( array( 1 => 0, 3 => 2 ) as $service => $days ) {"
        " booknetic_stand_in_admin_create( array( array( 'customer_id' => $customer, 'service' => $service, 'staff' => 1,"
        f" 'date' => wp_date( 'Y-m-d', {int(start.timestamp())} + $days * 86400 ), 'time' => '{start:%H:%M}' ) ) ); }}"
    )

    wordpress.php("do_action( 'bkntc_cronjob' ); do_action( 'bkntc_cronjob' );")

    (recorded,) = json.loads(wordpress.php("echo json_encode( booknetic_stand_in_recordings() );"))
    assert recorded["texts"] == {"x": "Färben & Schneiden"}
    assert recorded["when"] == "booking_starts"
