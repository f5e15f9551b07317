"""Who a visitor is, as far as the form was told."""

import hashlib
import re
from dataclasses import dataclass

_EMAIL = re.compile(
    r"[^\s@,;<>\"()\[\]\\:]{1,64}@(?:[^\s@,;<>\"()\[\]\\:.]{1,63}\.)+[^\s@,;<>\"()\[\]\\:.]{1,63}"
)
_PHONE_DRESSING = re.compile(r"[\s().\-/]")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the visitor gave to be reached by: personal data, never to be logged."""

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    customer_id: int | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        """What this person is known by: normalised, so that equal ones mean one person."""
        return tuple(identifier for identifier in (self.email, self.phone) if identifier)

    @property
    def can_be_reached(self) -> bool:
        return bool(self.identifiers)


_LIKE_AN_EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+")
_LIKE_A_PHONE = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){6,}")


def without_contacts(text: str) -> str:
    """Return a text with what looks like an e-mail address or a phone number blacked out."""
    return _LIKE_A_PHONE.sub("…", _LIKE_AN_EMAIL.sub("…", text))


def without_person(text: str, contact: Contact | None) -> str:
    """Likewise, and with this person's name blacked out."""
    text = without_contacts(text)
    for name in (contact.first_name, contact.last_name) if contact else ():
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text


def normalise_email(given: str) -> str | None:
    """Return the address trimmed and in lower case, or None if it is no address."""
    email = given.strip().lower()
    return email if len(email) <= 254 and _EMAIL.fullmatch(email) else None


def normalise_phone(given: str) -> str | None:
    """Return the number in E.164, or None if it does not name its country or is no number."""
    phone = _PHONE_DRESSING.sub("", given)
    return phone if _E164.fullmatch(phone) else None


def person_key(normalised: str) -> str:
    """Return the key that both sides know a normalised identifier by: its SHA-256 in hex."""
    return hashlib.sha256(normalised.encode()).hexdigest()
