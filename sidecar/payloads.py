"""JSON of a webhook to events of the domain; past this file there are no dictionaries."""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from marshmallow import (
    EXCLUDE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)
from marshmallow.fields import Field

from sidecar.config import ConfigError, known_settings, read_settings
from sidecar.domain.booking import Appointment, Booking, Choice, Money, Selection
from sidecar.domain.errors import WrongRequest
from sidecar.domain.events import (
    Basis,
    BookingCanceled,
    BookingChanged,
    BookingConfirmed,
    BookingCreated,
    Consent,
    ContactForgotten,
    ContactGiven,
    ContactOptedOut,
    Event,
    SessionReturned,
    SessionStarted,
    SettingsSaved,
    SiteCheckedIn,
    StepReached,
    Visit,
)
from sidecar.domain.person import Contact, normalise_email, normalise_phone
from sidecar.domain.site import is_address, same_origin

EVENTS_AT_MOST = 100
DEEPEST = 32
"""Levels of lists and objects within each other; our own messages have seven."""

LARGEST_NUMBER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact."""


class NotJson(WrongRequest):
    """The body is not the JSON that we read: one value, no key twice, no NaN."""


class NotAnEnvelope(WrongRequest):
    """The body is JSON, but not the envelope of a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A batch of events as they came: each is judged by itself."""

    site: str
    home_url: str
    outbox_id: str
    events: tuple[object, ...]


class Misfit(WrongRequest):
    """An event that makes no sense; `reasons` say which fields and why."""

    def __init__(self, reasons: Sequence[str], seq: int | None) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
        self.seq = seq


def read_json(body: bytes) -> object:
    """Parse a body strictly; raises NotJson for everything that two readers could read in two ways."""
    try:
        parsed: object = json.loads(
            body.decode(),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise NotJson("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise NotJson("the body is not UTF-8") from None
    except ValueError as fault:
        raise NotJson(f"the body is not JSON: {fault}") from None
    if _is_deeper(parsed, DEEPEST):
        # What could just be read might be too deep to be written again.
        raise NotJson("the body is nested too deeply")
    return parsed


def _is_deeper(value: object, levels: int) -> bool:
    level: list[object] = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(one, dict | list) for one in level)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _finite(number: str) -> float:
    read = float(number)
    if math.isinf(read):
        raise ValueError("a number is too large")
    return read


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def is_about(event: object, identifiers: Collection[str], session_ids: Collection[str]) -> bool:
    """Tell whether an event that made no sense names one of these, in whatever spelling.

    Of a phone number the end counts: it may lack its country, or have it twice.
    """
    if isinstance(event, dict) and str(event.get("session_id")) in session_ids:
        return True
    phones = {i[-_PHONE_END:] for i in identifiers if "@" not in i}
    emails = {i.casefold() for i in identifiers if "@" in i}
    for text in _texts(event):
        plain = unquote(text).casefold()
        numbers = {re.sub(r"\D", "", run)[-_PHONE_END:] for run in _LIKE_A_NUMBER.findall(plain)}
        if phones & numbers or any(email in plain for email in emails):
            return True
    return False


_PHONE_END = 7
_LIKE_A_NUMBER = re.compile(r"\d(?:[\s().\-/]{0,3}\d){6,}", re.ASCII)


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        else:
            yield str(one)


class Text(fields.String):
    """A text that can be stored: of limited length, without half a character."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValidationError("Not a valid text.") from None
        return text


class Pattern(Text):
    def __init__(self, pattern: str, **kwargs: Any) -> None:
        super().__init__(1000, **kwargs)
        self.validators = [validate.Regexp(re.compile(f"(?:{pattern})\\Z", re.ASCII))]


_ID = "[A-Za-z0-9_-]{1,64}"


class Timestamp(Field[datetime]):
    """RFC 3339 in UTC with Z, in a century in which dates can be reckoned with."""

    _shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        del attr, data, kwargs
        if not isinstance(value, str) or not self._shape.fullmatch(value):
            raise ValidationError("Not a time such as 2026-11-22T15:04:05Z.")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValidationError("No such time.") from None
        if not 2000 <= moment.year < 2200:
            raise ValidationError("Not a time between the years 2000 and 2200.")
        return moment.astimezone(UTC)


class Whole(fields.Integer):
    """A whole number of the given range; "5", 5.0 and true are none."""

    def __init__(self, lowest: int = -LARGEST_NUMBER, **kwargs: Any) -> None:
        super().__init__(
            strict=True, validate=validate.Range(min=lowest, max=LARGEST_NUMBER), **kwargs
        )

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs) or 0


class Address(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2048, **kwargs)
        self.validators = [*self.validators, _check_address]


def _check_address(url: str) -> None:
    if not is_address(url):
        raise ValidationError("Not an address that begins with http:// or https://.")


class Record(Schema):
    """A schema whose result is a value of the domain."""

    makes: ClassVar[type]

    class Meta:
        unknown = EXCLUDE

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**{key: value for key, value in data.items() if value is not None})


def _optional(field: type[Field[Any]], *args: Any, **kwargs: Any) -> Field[Any]:
    return field(*args, allow_none=True, load_default=None, **kwargs)


class MoneySchema(Record):
    makes = Money
    amount = Pattern(r"-?\d{1,15}(\.\d{1,6})?", required=True)
    currency = Pattern("[A-Z]{3}", required=True)


class ChoiceSchema(Record):
    makes = Choice
    id = _optional(Whole)
    name = _optional(Text, 500)


class SelectionSchema(Record):
    makes = Selection
    location = _optional(fields.Nested, ChoiceSchema)
    service = _optional(fields.Nested, ChoiceSchema)
    staff = _optional(fields.Nested, ChoiceSchema)
    date = _optional(Pattern, r"\d{4}-\d\d-\d\d")
    time = _optional(Pattern, r"\d\d:\d\d")
    starts_at = _optional(Timestamp)
    people = _optional(Whole)
    items = _optional(Whole)
    total = _optional(fields.Nested, MoneySchema)


class ContactSchema(Record):
    makes = Contact
    email = _optional(Text, 254)
    phone = _optional(Text, 40)
    first_name = _optional(Text, 255)
    last_name = _optional(Text, 255)
    customer_id = _optional(Whole)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Contact:
        email, phone = data["email"], data["phone"]
        if email and not (email := normalise_email(email)):
            raise ValidationError("Not an e-mail address.", "email")
        if phone and not (phone := normalise_phone(phone)):
            raise ValidationError("Not a phone number in E.164.", "phone")
        return Contact(**{**data, "email": email or None, "phone": phone or None})


class ConsentSchema(Record):
    makes = Consent
    basis = fields.Enum(Basis, by_value=True, required=True)
    text = _optional(Text, 2000)
    at = _optional(Timestamp)


class AppointmentSchema(Record):
    makes = Appointment
    id = Whole(1, required=True)
    starts_at = Timestamp(required=True)
    ends_at = _optional(Timestamp)
    status = Text(64, required=True)
    service_id = _optional(Whole)
    staff_id = _optional(Whole)
    location_id = _optional(Whole)


class BookingSchema(Record):
    makes = Booking
    key = Pattern(_ID, required=True)
    created_at = Timestamp(required=True)
    appointments = fields.List(
        fields.Nested(AppointmentSchema), required=True, validate=validate.Length(max=500)
    )
    total = _optional(fields.Nested, MoneySchema)
    payment_method = _optional(Text, 100)
    payment_status = _optional(Text, 100)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Booking:
        return Booking(**{**data, "appointments": tuple(data["appointments"])})


class CampaignSchema(Schema):
    """utm parameters, by their names without prefix."""

    class Meta:
        unknown = EXCLUDE

    source = _optional(Text, 500)
    medium = _optional(Text, 500)
    campaign = _optional(Text, 500)
    term = _optional(Text, 500)
    content = _optional(Text, 500)

    @post_load
    def make(self, data: dict[str, str | None], **_: Any) -> tuple[tuple[str, str], ...]:
        return tuple((name, text) for name, text in data.items() if text)


class VisitSchema(Record):
    """The data of `session.started`."""

    makes = Visit
    page_url = _optional(Address)
    locale = _optional(Text, 64)
    client_timezone = _optional(Text, 64)
    tenant_id = _optional(Whole)
    referrer = _optional(Text, 2048)
    utm = _optional(fields.Nested, CampaignSchema)
    device = _optional(Text, 32)
    signals = _optional(fields.List, Pattern("[a-z_]{1,40}"), validate=validate.Length(max=10))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Visit:
        campaign = data.pop("utm") or ()
        signals = tuple(sorted(set(data["signals"] or ())))
        return Visit(**{**data, "campaign": campaign, "signals": signals})


class StepData(Schema):
    class Meta:
        unknown = EXCLUDE

    step = Text(64, required=True)
    previous_step = _optional(Text, 64)
    selection = _optional(fields.Nested, SelectionSchema)


class ContactData(Schema):
    class Meta:
        unknown = EXCLUDE

    contact = fields.Nested(ContactSchema, required=True)
    consent = _optional(fields.Nested, ConsentSchema)


class ReturnData(Schema):
    class Meta:
        unknown = EXCLUDE

    token = Pattern("[A-Za-z0-9_-]{1,128}", required=True)


class BookingData(Schema):
    class Meta:
        unknown = EXCLUDE

    booking = fields.Nested(BookingSchema, required=True)
    contact = _optional(fields.Nested, ContactSchema)
    tenant_id = _optional(Whole)


class CancelData(BookingData):
    reason = fields.String(
        required=True,
        validate=validate.OneOf(["canceled", "payment_failed", "deleted", "rejected", "no_show"]),
    )


class CheckInData(Schema):
    class Meta:
        unknown = EXCLUDE

    contract = fields.Integer(required=True, strict=True, validate=validate.Equal(1))
    home_url = Address(required=True)
    rest_url = Address(required=True)
    timezone = Text(64, required=True)
    delivery = fields.String(required=True, validate=validate.OneOf(["push", "pull"]))
    bridge_version = _optional(Text, 40)
    wordpress_version = _optional(Text, 40)
    php_version = _optional(Text, 40)
    booknetic_version = _optional(Text, 40)
    outbox_pending = _optional(Whole)

    @validates_schema
    def check_origin(self, data: dict[str, Any], **_: Any) -> None:
        if not same_origin(data["home_url"], data["rest_url"]):
            raise ValidationError("Not on the host of home_url.", "rest_url")


class SettingsData(Schema):
    class Meta:
        unknown = EXCLUDE

    settings = fields.Dict(keys=fields.String(), required=True)
    revision = Whole(0, required=True)

    @validates_schema
    def check_settings(self, data: dict[str, Any], **_: Any) -> None:
        try:
            read_settings(data["settings"])
        except ConfigError as fault:
            raise ValidationError(str(fault), "settings") from None

    @post_load
    def drop_unknown(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "settings": known_settings(data["settings"])}


class PersonData(Schema):
    class Meta:
        unknown = EXCLUDE

    email = _optional(Text, 254)
    phone = _optional(Text, 40)

    @post_load
    def normalise(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["email"]:
            data["email"] = normalise_email(data["email"])
        if data["phone"]:
            data["phone"] = normalise_phone(data["phone"])
        if not data["email"] and not data["phone"] and not data.get("token"):
            raise ValidationError("Neither an e-mail address nor a phone number.", "email")
        return data


class OptOutData(PersonData):
    token = _optional(Pattern, "[A-Za-z0-9_-]{1,128}")
    via = fields.String(required=True, validate=validate.OneOf(["link", "admin", "import"]))


class HeadSchema(Schema):
    """What every event has, before its kind is looked at."""

    class Meta:
        unknown = EXCLUDE

    seq = Whole(1, required=True)
    type = Text(64, required=True)
    occurred_at = Timestamp(required=True)
    session_id = _optional(Pattern, _ID)
    data = fields.Dict(keys=fields.String(), required=True)


class OriginSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    home_url = Address(required=True)
    outbox_id = Pattern(_ID, required=True)


class EnvelopeSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    site = Text(32, required=True)
    origin = fields.Nested(OriginSchema, required=True)
    events = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(min=1, max=EVENTS_AT_MOST),
    )


_ENVELOPE = EnvelopeSchema()
_HEAD = HeadSchema()
_VISIT = VisitSchema()
_DATA: dict[str, Schema] = {
    "session.step_reached": StepData(),
    "session.contact_given": ContactData(),
    "session.returned": ReturnData(),
    "booking.created": BookingData(),
    "booking.confirmed": BookingData(),
    "booking.changed": BookingData(),
    "booking.canceled": CancelData(),
    "site.checked_in": CheckInData(),
    "site.settings_saved": SettingsData(),
    "contact.opted_out": OptOutData(),
    "contact.forgotten": PersonData(),
}
_SESSION_EVENTS = {
    "session.step_reached": StepReached,
    "session.contact_given": ContactGiven,
    "session.returned": SessionReturned,
}
_SITE_EVENTS = {
    "site.checked_in": SiteCheckedIn,
    "site.settings_saved": SettingsSaved,
    "contact.opted_out": ContactOptedOut,
    "contact.forgotten": ContactForgotten,
}
_BOOKING_EVENTS = {
    "booking.created": BookingCreated,
    "booking.confirmed": BookingConfirmed,
    "booking.changed": BookingChanged,
    "booking.canceled": BookingCanceled,
}


def parse_envelope(body: bytes) -> Envelope:
    """Return the batch that a webhook's body holds; raises NotJson or NotAnEnvelope."""
    parsed = read_json(body)
    if not isinstance(parsed, dict):
        raise NotAnEnvelope("the body is not an object")
    try:
        found = _ENVELOPE.load(parsed)
    except ValidationError as fault:
        raise NotAnEnvelope("; ".join(_reasons(fault))) from None
    return Envelope(
        site=found["site"],
        home_url=found["origin"]["home_url"],
        outbox_id=found["origin"]["outbox_id"],
        events=tuple(found["events"]),
    )


def parse_event(raw: object, *, home_url: str, received_at: datetime, skew: float = 0.0) -> Event:
    """Return the event that one item of a batch holds; raises Misfit with every reason.

    `home_url` is the sender's: the page of a visit must lie on it. An event is dated by our
    clock: by how many seconds the sender's is ahead is known as `skew`, and it cannot have
    happened after it was received.
    """
    seq = _seq(raw)
    try:
        if not isinstance(raw, dict):
            raise ValidationError("Not an object.")
        head = _HEAD.load(raw)
        at = min(head["occurred_at"] - timedelta(seconds=skew), received_at)
        return _event(head, at, home_url)
    except ValidationError as fault:
        raise Misfit(_reasons(fault), seq) from None


def _event(head: Mapping[str, Any], at: datetime, home_url: str) -> Event:
    kind, data, session_id = head["type"], head["data"], head["session_id"]
    if kind == "session.started":
        visit: Visit = _VISIT.load(data)
        if visit.page_url is not None and not same_origin(visit.page_url, home_url):
            raise ValidationError("Not on the site's own host.", "page_url")
        return SessionStarted(
            seq=head["seq"], at=at, session_id=_required_session(session_id), visit=visit
        )
    if kind not in _DATA:
        raise ValidationError("This version does not know this kind of event.", "type")
    values = _DATA[kind].load(data)
    if kind in _SESSION_EVENTS:
        visitors: Event = _SESSION_EVENTS[kind](
            seq=head["seq"], at=at, session_id=_required_session(session_id), **values
        )
        return visitors
    if kind in _BOOKING_EVENTS:
        booking: Event = _BOOKING_EVENTS[kind](
            seq=head["seq"], at=at, session_id=session_id, **values
        )
        return booking
    values.pop("contract", None)
    told: Event = _SITE_EVENTS[kind](seq=head["seq"], at=at, **values)
    return told


def _required_session(session_id: str | None) -> str:
    if session_id is None:
        raise ValidationError("Missing data for required field.", "session_id")
    return session_id


def _seq(raw: object) -> int | None:
    """The number of an event that may be broken otherwise."""
    seq = raw.get("seq") if isinstance(raw, dict) else None
    fits = isinstance(seq, int) and not isinstance(seq, bool) and 0 < seq <= LARGEST_NUMBER
    return seq if fits else None


def _reasons(fault: ValidationError) -> list[str]:
    """Say which field is wrong and why, without repeating what stood in it."""
    named = isinstance(fault.messages, dict)
    return sorted(_flatten(fault.messages if named else {fault.field_name: fault.messages}))


def _flatten(messages: object, path: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [
            reason
            for name, below in messages.items()
            for reason in _flatten(
                below, path if name == "_schema" else f"{path}.{name}".strip(".")
            )
        ]
    if isinstance(messages, list):
        return [reason for below in messages for reason in _flatten(below, path)]
    return [f"{path}: {messages}" if path else str(messages)]
