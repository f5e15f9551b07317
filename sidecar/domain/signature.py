"""Standard Webhooks 1.0.0: sign a message, and tell whether a signed one is genuine.

Bytes in, a verdict out; whoever calls holds the clock and the secrets.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Protocol

TOLERANCE = 300
"""Seconds that a timestamp may lie from the receiver's clock, either way."""

LONGEST_SKEW = 86_400
"""Seconds. A genuine message that was signed farther away than that is an old one, and tells of no clock."""

SIGNATURES_TRIED = 4
"""How many signatures of one header are looked at; more would be work for an attacker's asking."""

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIMESTAMP = re.compile(r"[0-9]{10}")
_DIGEST_SIZE = hashlib.sha256().digest_size


class Headers(Protocol):
    """What has the headers of a message, by their lower-case names."""

    def get(self, name: str, /) -> str | None: ...


def sign(
    body: bytes, *, message_id: str, timestamp: int, secrets: Iterable[bytes]
) -> dict[str, str]:
    """Return the three headers of a message, with one signature for each secret."""
    signatures = (_mac(secret, message_id, str(timestamp), body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            "v1," + base64.b64encode(signature).decode() for signature in signatures
        ),
    }


def is_genuine(body: bytes, headers: Headers, *, secrets: Iterable[bytes], now: float) -> bool:
    """Tell whether the raw body was signed with one of the secrets within the tolerance.

    `now` is in Unix seconds.
    """
    return is_in_time(seconds_ahead(body, headers, secrets=secrets, now=now))


def is_in_time(ahead: float | None) -> bool:
    """Tell whether what `seconds_ahead` returns is that of a message to accept."""
    return ahead is not None and abs(ahead) <= TOLERANCE


def is_clock_off(ahead: float | None) -> bool:
    """Tell whether a message is refused for nothing but its sender's clock."""
    return ahead is not None and TOLERANCE < abs(ahead) <= LONGEST_SKEW


def seconds_ahead(
    body: bytes, headers: Headers, *, secrets: Iterable[bytes], now: float
) -> float | None:
    """Return how far ahead of `now` the raw body was signed; None if with none of the secrets.

    Every secret is tried against every signature, so that the time taken tells nothing.
    """
    message_id = headers.get("webhook-id") or ""
    timestamp = headers.get("webhook-timestamp") or ""
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        return None
    given = list(_signatures(headers.get("webhook-signature") or ""))
    genuine = False
    for secret in secrets:
        expected = _mac(secret, message_id, timestamp, body)
        for signature in given:
            genuine |= hmac.compare_digest(expected, signature)
    return int(timestamp) - now if genuine else None


def _mac(secret: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return hmac.digest(secret, signed, "sha256")


def _signatures(header: str) -> Iterable[bytes]:
    for candidate in header.split(" ", SIGNATURES_TRIED)[:SIGNATURES_TRIED]:
        version, _, encoded = candidate.partition(",")
        if version != "v1":
            continue
        try:
            signature = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(signature) == _DIGEST_SIZE:
            yield signature
