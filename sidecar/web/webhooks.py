"""The door for the bridges' webhooks: verify the bytes, then read them, then take them in."""

import json
import logging
import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, request
from redis.exceptions import RedisError

from sidecar import report
from sidecar.config import Site
from sidecar.domain.signature import is_clock_off, is_in_time, seconds_ahead
from sidecar.payloads import NotAnEnvelope, NotJson, parse_envelope
from sidecar.ports import TooManyMessages
from sidecar.track import Receipt, WrongOrigin, admit, note_skew, receive
from sidecar.web.problems import problem
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
_MESSAGES = 600
"""What one site may send within a minute; a batch holds up to a hundred events."""

_MINUTE = 60

STORE_PAUSE = 5
"""Seconds that a bridge is asked to wait while Redis does not answer."""

FULL_PAUSE = 60
"""Seconds that it is asked to wait while Redis is nearly full; its outbox keeps everything."""

# An unknown site costs as much to refuse as a wrong signature, so that nobody can probe for sites.
_NOBODY = secrets.token_bytes(32)

_WHILE_CHANGING = 2
"""Secrets that a site has while one takes the other's place."""


def webhooks(sidecar: Sidecar) -> Blueprint:
    door = Blueprint("webhooks", __name__)

    @door.post("/webhooks/<site_id>")
    def take_in(site_id: str) -> Response:
        site, body = signed(sidecar, site_id)
        return _take_in(sidecar, site, body)

    door.register_error_handler(TooManyMessages, too_many)
    return door


def too_many(_: TooManyMessages) -> Response:
    return problem(429, "Too many messages", retry_after=_MINUTE)


def admitted(sidecar: Sidecar, site_id: str) -> tuple[Site, bytes]:
    """Do as `signed` does, for what is not taken in: it counts as a message all the same."""
    site, body = signed(sidecar, site_id)
    admit(sidecar.store, site, limit=_MESSAGES)
    return site, body


def signed(sidecar: Sidecar, site_id: str) -> tuple[Site, bytes]:
    """Return the site that signed this request, and its body; ends the request where none did."""
    request.max_content_length = LARGEST_BODY + 1
    body = _body()
    if body is None:
        abort(problem(413, f"A message has at most {LARGEST_BODY} bytes"))
    site = sidecar.config.sites.get(site_id)
    ahead = seconds_ahead(body, request.headers, secrets=_tried(site), now=time.time())
    if site is None or not is_in_time(ahead):
        if site is not None and ahead is not None and is_clock_off(ahead):
            _note_clock(sidecar, site, body, ahead)
        title = "The signature, its time or the site is not one that is accepted here"
        abort(problem(401, title))
    if not request.is_json:
        abort(problem(415, "A message is sent as application/json"))
    return site, body


def _tried(site: Site | None) -> tuple[bytes, ...]:
    """As many secrets for a site that there is as for none, and for one that changes its own."""
    own = site.webhook_secrets if site else ()
    return own + (_NOBODY,) * (_WHILE_CHANGING - len(own))


def _take_in(sidecar: Sidecar, site: Site, body: bytes) -> Response:
    try:
        envelope = parse_envelope(body)
    except (NotJson, NotAnEnvelope) as fault:
        return problem(400, "Not a webhook", detail=str(fault))
    if envelope.site != site.id:
        return problem(400, "Not a webhook", detail="site: Not the site that it was sent for.")
    if sidecar.room.is_short():
        return problem(503, "The store is nearly full", retry_after=FULL_PAUSE)
    try:
        receipt = receive(sidecar.store, site, envelope, datetime.now(UTC), limit=_MESSAGES)
    except WrongOrigin as fault:
        return problem(409, "wrong_origin", detail=str(fault), code="wrong_origin")
    return _accepted(site, receipt)


def _note_clock(sidecar: Sidecar, site: Site, body: bytes, ahead: float) -> None:
    """Keep by how much a site's clock is off, for people to see; its sender is told nothing."""
    if not _brings_news(sidecar, site, body):
        return
    log.warning("webhook refused: %s", report.clock(ahead), extra={"site": site.id})
    sidecar.counts.add("clock_refusals", site.id)
    with suppress(RedisError):  # the answer is the same whether that is noted or not
        note_skew(sidecar.store, site, ahead)


def _brings_news(sidecar: Sidecar, site: Site, body: bytes) -> bool:
    """Tell whether a message holds an event that is not held yet.

    Where it does not, its time tells of no clock: anybody who overheard it may have sent it again.
    """
    try:
        envelope = parse_envelope(body)
        cursor = sidecar.store.begin(site.id).record().cursor_for(envelope.outbox_id)
    except (NotJson, NotAnEnvelope, RedisError):
        return False
    numbers = [event.get("seq") for event in envelope.events if isinstance(event, dict)]
    return any(isinstance(seq, int) and not cursor.holds(seq) for seq in numbers)


def _body() -> bytes | None:
    """The raw body; None where it is too large, known before it is read where possible."""
    told = request.content_length
    if told is not None and told > LARGEST_BODY:
        return None
    # No more than is there: as much memory as may be read is taken for it at once.
    body = request.stream.read(LARGEST_BODY + 1 if told is None else told)
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
    body = json.dumps({"results": results, "ack_seq": receipt.ack_seq})
    return Response(body, 202, content_type="application/json")
