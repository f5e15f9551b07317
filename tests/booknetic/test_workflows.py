"""Drivers run in the request that triggers them, and what they do to it is the caller's to bear."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.ground.processes import HOST
from tests.ground.wordpress import WordPress

pytestmark = pytest.mark.usefixtures("_cleared")

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
        f"try {{ {TRIGGER} }} catch ( Exception $thrown ) {{ echo $thrown->getMessage(); }}"
    )


def logged(wordpress: WordPress) -> list[str]:
    """Slugs of the drivers that have logged."""
    found: list[str] = json.loads(
        wordpress.php(
            "echo json_encode( array_column( booknetic_stand_in_workflow_logs(), 'driver' ) );"
        )
    )
    return found


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


def test_what_a_driver_throws_reaches_the_caller_and_ends_the_run(wordpress: WordPress) -> None:
    recording = ("stand_in_recording", {"x": "y"})
    add_workflow(wordpress, recording, ("stand_in_throwing", {"message": "no luck"}), recording)

    assert trigger(wordpress) == "no luck"

    assert logged(wordpress) == ["stand_in_recording"]


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
