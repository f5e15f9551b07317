"""The bridge of one site over HTTP: signs, posts, times out, and sorts what comes back.

Callbacks go to the address that the site checked in with, and nowhere else: redirects are
not followed, and neither proxies nor credentials are taken from the environment.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from email.utils import mktime_tz, parsedate_tz
from typing import Any, NoReturn

import requests
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from urllib3.exceptions import HTTPError, MaxRetryError

from sidecar.adapters.egress import NotPublic
from sidecar.adapters.vault import Vault
from sidecar.adapters.visit_report import VisitReport, read_visit
from sidecar.config import ConfigError, Site, known_settings, read_settings
from sidecar.config.choices import written
from sidecar.domain.booking import Selection
from sidecar.domain.conversion import Conversion
from sidecar.domain.decision import Answer
from sidecar.domain.errors import AddressUnknown, GiveUp, RetryLater, WrongRequest
from sidecar.domain.person import Contact, person_key
from sidecar.domain.recovery import Outcome, Reason, recovery_id
from sidecar.domain.session import Session
from sidecar.domain.signature import LONGEST_SKEW, TOLERANCE, sign
from sidecar.domain.site import same_address
from sidecar.domain.suppression import Suppression
from sidecar.payloads import (
    LARGEST_NUMBER,
    OriginSchema,
    Text,
    Timestamp,
    Whole,
    read_json,
)
from sidecar.ports import ContactRequest, OutboxPage, RecoveryCall, SiteStatus, SuppressionPage

CONNECT = 3.05
TRIGGER = 75.0
"""Seconds for a workflow to run: its mailers and gateways are called one after another.

Below the lease of a hand-over, so that no second worker begins while one still waits.
"""

VISIT = 75.0
"""Seconds for the robot to go through the form, request by request."""

READ = 15.0
SMALL_ANSWER = 64 * 1024
OUTBOX_ANSWER = 4 * 1024 * 1024

_NAMESPACE = "booking-recovery/v1/"
_UNKNOWN_ID = "unknown_id"
_ENDS = [outcome for outcome in Outcome if outcome not in (Outcome.WAITING, Outcome.HANDING_OVER)]


class _AnswerSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    recovery_id = fields.String(required=True)
    outcome = fields.String(
        required=True, validate=validate.OneOf([*(str(end) for end in _ENDS), _UNKNOWN_ID])
    )
    reason = Text(SMALL_ANSWER, allow_none=True, load_default=None)
    error = Text(SMALL_ANSWER, allow_none=True, load_default=None)
    slot = Text(SMALL_ANSWER, allow_none=True, load_default=None)


class _OutboxSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    origin = fields.Nested(OriginSchema, required=True)
    events = fields.List(fields.Raw(allow_none=True), required=True)
    last_seq = Whole(0, required=True)
    has_more = fields.Boolean(required=True)


class _SuppressionsSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    class Entry(Schema):
        class Meta:
            unknown = EXCLUDE

        cursor = fields.Raw(required=True)
        person_key = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
        at = Timestamp(required=True)
        via = Text(SMALL_ANSWER, required=True)
        op = fields.String(load_default="opt_out")

    entries = fields.List(fields.Nested(Entry), required=True)
    has_more = fields.Boolean(required=True)


class _StatusSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    time = Timestamp(allow_none=True, load_default=None)


_SHOWN = (
    "booknetic_ready",
    "workflows",
    "outbox_pending",
    "outbox_oldest_at",
    "paused",
    "wordpress_version",
    "booknetic_version",
    "bridge_version",
)
_STATUS = _StatusSchema()
_ANSWER = _AnswerSchema()
_OUTBOX = _OutboxSchema()
_SUPPRESSIONS = _SuppressionsSchema()


class WordPress:
    """See `ports.BookingSite`.

    `skew` is by how many seconds the site's clock is ahead of ours: calls are signed by its clock.
    `note_skew` is told where that proves to be another.
    """

    def __init__(
        self,
        site: Site,
        *,
        rest_url: str | None,
        home_url: str | None,
        vault: Vault,
        http: requests.Session,
        skew: float = 0.0,
        note_skew: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        count: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._site = site
        self._rest_url = rest_url
        self._home_url = home_url
        self._vault = vault
        self._http = http
        self._skew = skew
        self._note_skew = note_skew
        self._clock = clock
        self._count = count

    def trigger(self, call: RecoveryCall) -> Answer:
        body = _trigger_body(call, self._site, self._vault)
        found = self._call("recoveries", "recoveries.trigger", body, read=TRIGGER)
        answer = _answer(found, body["recovery_id"])
        if answer is None:
            raise RetryLater("WordPress did not say how the hand-over ended")
        return answer

    def look_up(self, recovery_id: str, *, close: bool) -> Answer | None:
        body = {"recovery_id": recovery_id, "close": close}
        return _answer(self._call("recoveries/lookup", "recoveries.lookup", body), recovery_id)

    def register(self, conversion_id: str, conversion: Conversion) -> None:
        body = _conversion_body(conversion_id, conversion)
        self._call("conversions", "conversions.register", body)

    def read_outbox(self, outbox_id: str | None, after_seq: int, limit: int) -> OutboxPage:
        body = {"outbox_id": outbox_id, "after_seq": after_seq, "limit": limit}
        found = self._call("outbox", "outbox.read", body, largest=OUTBOX_ANSWER)
        try:
            page = _OUTBOX.load(found)
        except ValidationError:
            raise RetryLater("WordPress's answer is not an outbox") from None
        return OutboxPage(
            home_url=page["origin"]["home_url"],
            outbox_id=page["origin"]["outbox_id"],
            events=tuple(page["events"]),
            last_seq=page["last_seq"],
            has_more=page["has_more"],
        )

    def read_status(self) -> SiteStatus:
        # Told along: what counts where the owner chooses nothing, and what they may not choose.
        told_along = {
            "defaults": written(self._site.policy),
            "locked": sorted(self._site.locked),
        }
        found = self._call("status", "status.read", {"recovery": told_along})
        settings, revision = _settings(found)
        try:
            told = _STATUS.load(found)
            read_settings(settings or {})
        except (ValidationError, ConfigError):
            raise RetryLater("WordPress's answer is not a status") from None
        return SiteStatus(
            time=told["time"],
            settings=settings,
            revision=revision,
            shown={name: found.get(name) for name in _SHOWN},
        )

    def update_contact(self, request: ContactRequest) -> None:
        body = {
            "request_id": request.id,
            "op": request.op,
            "email": request.email,
            "phone": request.phone,
        }
        self._call("contacts", "contacts.update", body)

    def read_suppressions(self, after: object, limit: int) -> SuppressionPage:
        body = {"after": after, "limit": limit}
        found = self._call("suppressions", "suppressions.read", body, largest=OUTBOX_ANSWER)
        try:
            page = _SUPPRESSIONS.load(found)
        except ValidationError:
            raise RetryLater("WordPress's answer is not a list of opt-outs") from None
        return SuppressionPage(
            entries=tuple(
                (
                    entry["person_key"],
                    Suppression(
                        reason=Reason.FORGOTTEN if entry["op"] == "forget" else Reason.OPTED_OUT,
                        at=entry["at"],
                        via=entry["via"],
                    ),
                )
                for entry in page["entries"]
            ),
            after=page["entries"][-1]["cursor"] if page["entries"] else after,
            has_more=page["has_more"],
        )

    def begin_test_visit(self, visit_id: str) -> VisitReport:
        """Have a robot visit the form; with an id that was there already, look at that visit."""
        body = {"visit_id": visit_id}
        return read_visit(self._call("visits", "visits.begin", body, read=VISIT))

    def read_test_visit(self, visit_id: str) -> VisitReport:
        return read_visit(self._call("visits/read", "visits.read", {"visit_id": visit_id}))

    def _call(
        self,
        route: str,
        action: str,
        fields_: Mapping[str, Any],
        *,
        read: float = READ,
        largest: int = SMALL_ANSWER,
    ) -> dict[str, Any]:
        try:
            answer = self._exchange(route, action, fields_, read=read, largest=largest)
        except AddressUnknown:
            raise
        except (RetryLater, GiveUp):
            self._count(route, "failed")
            raise
        self._count(route, "answered")
        return answer

    def _exchange(
        self,
        route: str,
        action: str,
        fields_: Mapping[str, Any],
        *,
        read: float,
        largest: int,
    ) -> dict[str, Any]:
        body = json.dumps({"site": self._site.id, "action": action, **fields_}).encode()
        response, content = self._post(route, body, read=read, largest=largest)
        if response.status_code == requests.codes.unauthorized and self._learn_skew(response):
            response, content = self._post(route, body, read=read, largest=largest)
        if response.status_code != requests.codes.ok:
            _refused(response, content)
        return self._parse(content)

    def _post(
        self, route: str, body: bytes, *, read: float, largest: int
    ) -> tuple[requests.Response, bytes]:
        headers = sign(
            body,
            message_id="msg_" + secrets.token_urlsafe(18),
            timestamp=int(self._clock() + self._skew),
            secrets=self._site.callback_secrets,
        )
        headers["content-type"] = "application/json"
        try:
            with self._http.post(
                self._url(route),
                data=body,
                headers=headers,
                timeout=(CONNECT, read),
                allow_redirects=False,
                stream=True,
            ) as response:
                return response, _read_at_most(response, largest, time.monotonic() + read)
        except (requests.RequestException, HTTPError) as fault:  # the latter while it is read
            raise RetryLater(f"WordPress could not be reached: {_why(fault)}") from fault

    def _learn_skew(self, refusal: requests.Response) -> bool:
        """Tell whether a refusal may be due to the time of the signature alone.

        Then the site's clock, as the refusal shows it, is the one to sign by. Nothing was begun.
        """
        shown = _date(refusal)
        ahead = shown - self._clock() if shown is not None else self._skew
        if abs(ahead - self._skew) <= TOLERANCE or abs(ahead) > LONGEST_SKEW:
            return False
        self._skew = ahead if abs(ahead) > TOLERANCE else 0.0
        self._note_skew(self._skew)
        return True

    def _url(self, route: str) -> str:
        if self._rest_url:
            return self._rest_url.rstrip("/") + "/" + route
        if self._site.url:
            return self._site.url.rstrip("/") + "/wp-json/" + _NAMESPACE + route
        raise AddressUnknown("the site has not checked in yet, so its address is not known")

    def _parse(self, content: bytes) -> dict[str, Any]:
        try:
            parsed = read_json(content)
        except WrongRequest:
            raise RetryLater("WordPress answered something that is not JSON") from None
        origin = parsed.get("origin") if isinstance(parsed, dict) else None
        if not isinstance(parsed, dict) or not isinstance(origin, dict):
            raise RetryLater("WordPress's answer is not the bridge's")
        home_url = origin.get("home_url")
        if self._home_url and not same_address(self._home_url, str(home_url)):
            raise RetryLater("another site answered at the address of this one")
        return parsed


def _why(fault: requests.RequestException | HTTPError) -> str:
    """Say what went wrong without the address, which requests repeats in its messages."""
    refused = next((arg.reason for arg in fault.args if isinstance(arg, MaxRetryError)), None)
    if isinstance(refused, NotPublic):
        return "its name leads to an address that is not public; allow that by [[sites]] url"
    return type(fault).__name__


def _date(response: requests.Response) -> float | None:
    """When the answer was made, by the clock of who made it, in Unix seconds."""
    parsed = parsedate_tz(response.headers.get("Date", ""))
    try:
        return mktime_tz(parsed) if parsed else None
    except (OverflowError, ValueError):
        return None


def _read_at_most(response: requests.Response, largest: int, deadline: float) -> bytes:
    """Read an answer piece by piece as it comes, so that one that drips ends with its time too."""
    content = b""
    while piece := response.raw.read1(16 * 1024, decode_content=True):
        content += piece
        if len(content) > largest:
            raise RetryLater("WordPress's answer is too long")
        if time.monotonic() > deadline:
            raise RetryLater("WordPress's answer took too long")
    return content


_REFUSALS = (400, 413, 415, 422)


def _refused(response: requests.Response, content: bytes) -> NoReturn:
    """Raise what an answer other than 200 means.

    Only what is wrong with the request itself is final. A signature that is refused or a
    plugin that is switched off is for a person to mend, and may be mended in time.
    """
    status = response.status_code
    message = f"WordPress answered {status}{_code(content)}"
    if status in _REFUSALS:
        raise GiveUp(message)
    asked = response.headers.get("Retry-After", "")
    raise RetryLater(message, after=float(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else None)


def _code(content: bytes) -> str:
    """The code of a WordPress error; its message may repeat what we sent, so it is not taken."""
    try:
        parsed = read_json(content)
    except WrongRequest:
        return ""
    code = parsed.get("code") if isinstance(parsed, dict) else None
    fits = isinstance(code, str) and re.fullmatch(r"[a-z0-9_]{1,64}", code)
    return f" ({code})" if fits else ""


def _settings(found: dict[str, Any]) -> tuple[dict[str, Any] | None, int]:
    """The owner's choices with their revision, which may stand beside or among them."""
    settings = found.get("settings")
    if not isinstance(settings, dict):
        return None, 0
    among = settings.get("settings")
    chosen = among if isinstance(among, dict) else settings
    revision = settings.get("revision", found.get("revision"))
    if not isinstance(revision, int) or not 0 <= revision <= LARGEST_NUMBER:
        revision = 0
    return known_settings(chosen), revision


def _answer(found: dict[str, Any], recovery_id: str) -> Answer | None:
    try:
        answer = _ANSWER.load(found)
    except ValidationError:
        raise RetryLater("WordPress's answer about a recovery could not be understood") from None
    if answer["recovery_id"] != recovery_id:
        raise RetryLater("WordPress answered about another recovery")
    if answer["outcome"] == _UNKNOWN_ID:
        return None
    return Answer(
        outcome=Outcome(answer["outcome"]),
        reason=answer["reason"] or answer["error"],
        slot=answer["slot"],
    )


def _trigger_body(call: RecoveryCall, site: Site, vault: Vault) -> dict[str, Any]:
    session, visit = call.session, call.session.visit
    ours = recovery_id(session.id, call.number)
    return {
        "recovery_id": ours,
        "session_id": session.id,
        "number": call.number,
        "of": call.of,
        "kind": session.kind,
        "tenant_id": visit.tenant_id,
        "contact": _contact(session.contact),
        "selection": _selection(session.selection),
        "booking_key": _unpaid_booking(session),
        "locale": visit.locale,
        "client_timezone": visit.client_timezone,
        "page_url": visit.page_url,
        "started_at": _time(session.started_at),
        "abandoned_at": _time(session.abandoned_at),
        "not_after": _time(call.not_after),
        "lead_time": call.lead_time,
        "resume_token": vault.resume_token(site.id, ours),
        "opt_out_token": _opt_out_token(session.contact, site, vault),
        "retry": call.retry,
        "test": session.is_test,
    }


def _conversion_body(conversion_id: str, conversion: Conversion) -> dict[str, Any]:
    return {
        "conversion_id": conversion_id,
        "revision": conversion.revision,
        "session_id": conversion.session_id,
        "recovery_id": conversion.recovery_id,
        "booking_key": conversion.booking_key,
        "appointment_ids": list(conversion.appointment_ids),
        "appointment_starts_at": _time(conversion.appointment_starts_at),
        "attributed_by": conversion.attributed_by,
        "value": asdict(conversion.value) if conversion.value else None,
        "status": conversion.status,
        "converted_at": _time(conversion.converted_at),
    }


def _contact(contact: Contact | None) -> dict[str, Any]:
    return asdict(contact or Contact())


def _opt_out_token(contact: Contact | None, site: Site, vault: Vault) -> str | None:
    if contact is None or not contact.identifiers:
        return None
    return vault.opt_out_token(site.id, vault.person(site.id, person_key(contact.identifiers[0])))


def _selection(selection: Selection) -> dict[str, Any]:
    return {**asdict(selection), "starts_at": _time(selection.starts_at)}


def _unpaid_booking(session: Session) -> str | None:
    return next((b.snapshot.key for b in session.bookings if b.awaits_payment), None)


def _time(at: datetime | None) -> str | None:
    return (
        None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
    )
