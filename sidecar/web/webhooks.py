"""The door for the bridges' webhooks: verify the bytes, then read them, then take them in."""

import logging
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from redis.exceptions import RedisError

from sidecar.config import Site
from sidecar.domain.signature import is_genuine
from sidecar.payloads import NotAnEnvelope, NotJson, parse_envelope
from sidecar.track import Receipt, WrongOrigin, receive
from sidecar.web.problems import problem
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
STORE_PAUSE = 5
"""Seconds that a bridge is asked to wait while Redis does not answer."""

# An unknown site costs as much to refuse as a wrong signature, so that nobody can probe for sites.
_NOBODY = secrets.token_bytes(32)


def webhooks(sidecar: Sidecar) -> Blueprint:
    door = Blueprint("webhooks", __name__)

    @door.post("/webhooks/<site_id>")
    def take_in(site_id: str) -> Response:
        return _take_in(sidecar, site_id)

    return door


def _take_in(sidecar: Sidecar, site_id: str) -> Response:
    body = _body()
    if body is None:
        return problem(413, f"A webhook has at most {LARGEST_BODY} bytes")
    site = sidecar.config.sites.get(site_id)
    accepted = site.webhook_secrets if site else (_NOBODY,)
    if not is_genuine(body, request.headers, secrets=accepted, now=time.time()) or site is None:
        return problem(401, "The signature, its time or the site is not one that is accepted here")
    if not request.is_json:
        return problem(415, "A webhook is sent as application/json")
    try:
        envelope = parse_envelope(body)
    except (NotJson, NotAnEnvelope) as fault:
        return problem(400, "Not a webhook", detail=str(fault))
    if envelope.site != site.id:
        return problem(400, "Not a webhook", detail="site: Not the site that it was sent for.")
    try:
        receipt = receive(sidecar.store, site, envelope, datetime.now(UTC))
    except WrongOrigin as fault:
        return problem(409, "wrong_origin", detail=str(fault), code="wrong_origin")
    except RedisError as fault:
        log.warning("webhook refused", extra={"site": site.id, "fault": type(fault).__name__})
        return problem(503, "The store does not answer", retry_after=STORE_PAUSE)
    return _accepted(site, receipt)


def _body() -> bytes | None:
    """The raw body; None where it is too large, known before it is read where possible."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    body = request.stream.read(LARGEST_BODY + 1)
    return None if len(body) > LARGEST_BODY else body


def _accepted(site: Site, receipt: Receipt) -> Response:
    counts: dict[str, int] = {}
    results: list[dict[str, Any]] = []
    for result in receipt.results:
        counts[result.status] = counts.get(result.status, 0) + 1
        told: dict[str, Any] = {"index": result.index, "seq": result.seq, "status": result.status}
        if result.errors:
            told["errors"] = list(result.errors)
        results.append(told)
    log.info("webhook taken in", extra={"site": site.id, **counts})
    response = jsonify(results=results, ack_seq=receipt.ack_seq)
    response.status_code = 202
    return response
