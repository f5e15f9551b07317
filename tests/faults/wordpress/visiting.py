"""A real WordPress whose bridge is paired, and visitors who leave its form, without a browser."""

import contextlib
import json
import secrets
from collections.abc import Iterator

import requests

from tests.ground.wordpress import WordPress, start_over

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SUBJECT = "{booking_recovery_first_name}, your {booking_recovery_service} is waiting"


@contextlib.contextmanager
def paired(wordpress: WordPress, code: str) -> Iterator[None]:
    """Have the bridge begin anew with this connection code, and a workflow that writes to visitors."""
    start_over(wordpress)
    wordpress.php(
        f"$connection = Booking_Recovery\\Connection::from_code( '{code}' )->to_array();"
        "update_option( 'booking_recovery_settings', compact( 'connection' ) );"
        "booknetic_stand_in_add_workflow( 'booking_recovery_abandoned',"
        f"'{SUBJECT}', '{{booking_recovery_link}}', '{{booking_recovery_email}}' );"
    )
    try:
        # The first request of the web server checks in.
        requests.get(wordpress.url, timeout=30)
        yield
    finally:
        start_over(wordpress)


def fresh_session() -> str:
    return secrets.token_hex(16)


def posts(
    wordpress: WordPress,
    session_id: str,
    email: str = "",
    *,
    first_name: str = "Vera",
    **more: str,
) -> requests.Response:
    """Ask the form for the step with the contact fields, having typed an address where one is given."""
    typed = {"email": email, "first_name": first_name, "last_name": "Næss", "phone": ""}
    item = {"service": 1, "location": 1, "staff": 1, "customer_data": typed if email else {}}
    fields = {
        "action": "bkntc_get_data",
        "current_step": "information",
        "previous_step": "service",
        "cart": json.dumps([item]),
        "current": "0",
        "booking_recovery_session": session_id,
        "booking_recovery_page": "/book/",
        **more,
    }
    return requests.post(
        f"{wordpress.url}/wp-admin/admin-ajax.php",
        data=fields,
        headers={"User-Agent": BROWSER},
        timeout=60,
    )
