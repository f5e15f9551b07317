"""What is written down in WordPress, as the stories read it."""

import json
from collections.abc import Callable
from typing import Any

from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

Record = dict[str, Any]


def appointment(number: int, wordpress: WordPress) -> Record:
    """Return Booknetic's row."""
    row: Record = json.loads(
        wordpress.php(
            f"echo wp_json_encode( BookneticApp\\Models\\Appointment::get( {number} )->toArray() );"
        )
    )
    return row


def conversion_with(
    number: int, wordpress: WordPress, *, until: Callable[[Record], bool] = bool
) -> Record:
    """Wait until the bridge holds a conversion with an appointment, and `until` holds for it."""

    def look() -> Record | None:
        held = (one for one in conversions(wordpress) if number in one["appointment_ids"])
        return next((one for one in held if until(one)), None)

    return wait_until(look, what=f"a conversion with appointment {number}") or {}


def conversions(wordpress: WordPress) -> list[Record]:
    rows = wordpress.php(
        """
        global $wpdb;
        $table = $wpdb->prefix . 'booking_recovery_conversions';
        echo wp_json_encode( $wpdb->get_col( "SELECT conversion FROM $table" ) );
        """
    )
    return [json.loads(row) for row in json.loads(rows)]


def conversion_beside(number: int, wordpress: WordPress) -> Record:
    """Return what Booknetic keeps of a conversion beside the appointment; empty for nothing."""
    kept = wordpress.php(
        f"echo BookneticApp\\Models\\Appointment::getData( {number}, 'booking_recovery_conversion', '{{}}' );"
    )
    record: Record = json.loads(kept)
    return record


def sessions_told_of(number: int, wordpress: WordPress) -> dict[str, str | None]:
    """Return whose session the bridge has named with each type of event about a booking."""
    payment = appointment(number, wordpress)["payment_id"]
    told: dict[str, str | None] = json.loads(
        wordpress.php(
            """
            global $wpdb;
            $table = $wpdb->prefix . 'booking_recovery_outbox';
            $rows  = $wpdb->get_results( "SELECT type, session_id FROM $table WHERE data LIKE '%the payment%' ORDER BY seq" );
            echo wp_json_encode( array_column( $rows, 'session_id', 'type' ) );
            """.replace("the payment", payment)
        )
    )
    return told


def undelivered(wordpress: WordPress) -> list[str]:
    """Return the types of the bridge's events that the sidecar has not confirmed."""
    types: list[str] = json.loads(
        wordpress.php(
            """
            global $wpdb;
            $table = $wpdb->prefix . 'booking_recovery_outbox';
            echo wp_json_encode( $wpdb->get_col( "SELECT type FROM $table WHERE delivered_at IS NULL ORDER BY seq" ) );
            """
        )
    )
    return types
