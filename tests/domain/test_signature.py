import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from sidecar.domain.signature import is_genuine, sign

VECTORS = Path(__file__).parents[1] / "contract" / "signatures.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]


def decoded(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_message_is_judged_as_both_sides_agreed(case: dict[str, Any]) -> None:
    genuine = is_genuine(
        base64.b64decode(case["body_base64"]),
        case["headers"],
        secrets=[decoded(secret) for secret in case["secrets"]],
        now=case["now"],
    )

    assert genuine == (case["verdict"] == "genuine")


def test_what_we_sign_is_what_the_standards_own_library_signs() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the standard's example
    body = '{"name": "שרה"}'

    headers = sign(
        body.encode(), message_id="msg_12345678", timestamp=1614265330, secrets=[decoded(secret)]
    )

    at = datetime.fromtimestamp(1614265330, UTC)
    assert headers["webhook-signature"] == Webhook(secret).sign("msg_12345678", at, body)


def test_a_sender_with_two_secrets_is_accepted_by_a_receiver_with_either() -> None:
    old, new = b"o" * 32, b"n" * 32
    headers = sign(b"{}", message_id="msg_12345678", timestamp=1614265330, secrets=[old, new])

    for secret in (old, new):
        assert is_genuine(b"{}", headers, secrets=[secret], now=1614265330)
