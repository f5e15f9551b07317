"""Drivers run in the request that triggers them, and what they do to it is the caller's to bear."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.booknetic.visiting import BecomeVersion
from tests.ground.processes import HOST
from tests.ground.wordpress import WordPress

pytestmark = pytest.mark.usefixtures("_cleared")

RECORDING: tuple[str, dict[str, Any]] = ("stand_in_recording", {"x": "y"})

TRIGGER = (
    "BookneticApp\\Config::getWorkflowEventsManager()"
    "->trigger( 'customer_signup', array( 'customer_id' => $customer ) );"
)


class Receiver(HTTPServer):
    """Keeps the bodies that it is sent."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Receiving)
        self.bodies: list[bytes] = []


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def add_workflow(wordpress: WordPress, *actions: tuple[str, dict[str, Any]]) -> None:
    for number, (driver, settings) in enumerate(actions):
        given = f"'{driver}', json_decode( '{json.dumps(settings)}', true )"
        if number == 0:
            call = f"echo booknetic_stand_in_add_workflow_with( 'customer_signup', {given} );"
            workflow = wordpress.php(call)
        else:
            wordpress.php(f"booknetic_stand_in_add_action( {workflow}, {given} );")


def trigger(wordpress: WordPress, *, name: str = "Ana") -> str:
    """Have somebody sign up; return what PHP prints."""
    return wordpress.php(
        "$customer = booknetic_stand_in_admin_add_customer("
        f" '{name}', 'Sá', 'ana@example.com' );"
        f"try {{ {TRIGGER} }} catch ( Throwable $thrown ) {{ echo $thrown->getMessage(); }}"
    )


def log(wordpress: WordPress) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        wordpress.php("echo json_encode( booknetic_stand_in_workflow_logs() );")
    )
    return rows


def logged(wordpress: WordPress) -> list[str]:
    """Slugs of the drivers that have logged."""
    return [row["driver"] for row in log(wordpress)]


def test_a_recording_holds_parameters_and_replaced_texts(wordpress: WordPress) -> None:
    add_workflow(
        wordpress,
        ("stand_in_recording", {"to": "{customer_email}", "x": "{customer_first_name}!"}),
    )

    trigger(wordpress)

    (recorded,) = json.loads(wordpress.php("echo json_encode( booknetic_stand_in_recordings() );"))
    assert recorded["when"] == "customer_signup"
    assert list(recorded["params"]) == ["customer_id"]
    assert recorded["texts"] == {"to": "ana@example.com", "x": "Ana!"}
    assert logged(wordpress) == ["stand_in_recording"]


@pytest.mark.parametrize("version", ["4.8.6", "5.1.2"])
def test_what_a_driver_throws_reaches_the_caller_and_ends_the_run(
    wordpress: WordPress, become: BecomeVersion, version: str
) -> None:
    become(version)
    add_workflow(wordpress, RECORDING, ("stand_in_throwing", {"message": "no luck"}), RECORDING)

    assert trigger(wordpress) == "no luck"

    (row,) = log(wordpress)
    assert row["driver"] == "stand_in_recording"
    assert "event_data" not in row


def test_since_5_2_a_failing_action_is_logged_and_the_next_one_runs(
    wordpress: WordPress, become: BecomeVersion
) -> None:
    become("5.2.2")
    add_workflow(wordpress, RECORDING, ("stand_in_throwing", {"message": "no luck"}), RECORDING)

    assert trigger(wordpress) == ""

    rows = log(wordpress)
    assert [(row["driver"], row["status"], row["error_message"]) for row in rows] == [
        ("stand_in_recording", "success", None),
        ("stand_in_throwing", "error", "no luck"),
        ("stand_in_recording", "success", None),
    ]
    assert {"customer_id"} == {key for row in rows for key in json.loads(row["event_data"])}
    assert [row["data"] for row in rows] == [None, None, None]


def test_an_error_of_php_gets_through_in_5_2_too(
    wordpress: WordPress, become: BecomeVersion
) -> None:
    become("5.2.2")
    faulty = ("stand_in_throwing", {"message": "no class", "is_error": True})
    add_workflow(wordpress, RECORDING, faulty, RECORDING)

    assert trigger(wordpress) == "no class"

    assert logged(wordpress) == ["stand_in_recording"]


def test_since_5_2_a_filter_can_hold_an_action_back(
    wordpress: WordPress, become: BecomeVersion
) -> None:
    become("5.2.2")
    add_workflow(wordpress, RECORDING, ("stand_in_slow", {"seconds": 0}))

    wordpress.php(
        "add_filter( 'bkntc_workflow_should_execute_action', static function ( $run, $params, $action, $workflow ) {"
        " return 'stand_in_slow' === $action->driver && isset( $params['customer_id'], $workflow['name'] ); }, 10, 4 );"
        f"$customer = 1; {TRIGGER}"
    )

    assert logged(wordpress) == ["stand_in_slow"]


@pytest.mark.parametrize(("version", "ran"), [("5.1.2", 2), ("5.2.2", 1)])
def test_since_5_2_one_workflow_can_be_named(
    wordpress: WordPress, become: BecomeVersion, version: str, ran: int
) -> None:
    become(version)
    add_workflow(wordpress, RECORDING)
    add_workflow(wordpress, RECORDING)

    wordpress.php(
        "$last = BookneticApp\\Models\\Workflow::orderBy( 'id', 'DESC' )->fetch();"
        + TRIGGER.replace("$customer )", "0 ), false, false, null, (int) $last->id")
    )

    assert logged(wordpress) == ["stand_in_recording"] * ran


def test_a_retry_acts_again_on_what_was_logged(
    wordpress: WordPress, become: BecomeVersion
) -> None:
    become("5.2.2")
    add_workflow(wordpress, RECORDING)
    trigger(wordpress)
    (row,) = log(wordpress)

    wordpress.php(f"booknetic_stand_in_admin_retry( {row['id']} );")

    first, again = json.loads(
        wordpress.php("echo json_encode( booknetic_stand_in_recordings() );")
    )
    assert again == first
    assert logged(wordpress) == ["stand_in_recording"] * 2


def test_the_caller_waits_for_a_slow_driver(wordpress: WordPress) -> None:
    add_workflow(wordpress, ("stand_in_slow", {"seconds": 1.5}))

    begun = time.monotonic()
    trigger(wordpress)

    assert time.monotonic() - begun >= 1.5
    assert logged(wordpress) == ["stand_in_slow"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [("Ana", b'{"name":"Ana"}'), ('Ana "Nita"', b""), ("Ana\nMaria", b"")],
)
def test_a_webhook_sends_nothing_once_a_name_has_spoiled_its_json(
    wordpress: WordPress, receiver: Receiver, name: str, sent: bytes
) -> None:
    url = f"http://{HOST}:{receiver.server_port}/"
    body = '{"name": "{customer_first_name}"}'
    add_workflow(wordpress, ("webhook", {"url": url, "body": body.replace('"', "\\u0022")}))

    assert trigger(wordpress, name=name) == ""

    assert receiver.bodies == [sent]
    assert logged(wordpress) == ["webhook"]


def test_a_webhook_that_nobody_answers_is_passed_over_in_silence(
    wordpress: WordPress, receiver: Receiver
) -> None:
    receiver.server_close()
    url = f"http://{HOST}:{receiver.server_port}/"
    add_workflow(wordpress, ("webhook", {"url": url, "body": "{}"}))

    assert trigger(wordpress) == ""

    assert logged(wordpress) == []
