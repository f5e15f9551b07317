"""What a key of the configuration may hold.

Each parser returns the value that it read, or raises ValueError with words for what is allowed.
"""

import base64
import binascii
import difflib
import ipaddress
import itertools
import re
import zoneinfo
from collections.abc import Callable, Collection
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlsplit

Parser = Callable[[Any], Any]

EMBEDDED = "embedded"


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return value


def matching(pattern: str, allowed: str) -> Parser:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(allowed)
        return value

    return parse


def integer(low: int, high: int) -> Parser:
    def parse(value: Any) -> int:
        # TOML's true is no number, though Python's is.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return parse


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false, without quotes")
    return value


def choice(kind: type[StrEnum]) -> Parser:
    def parse(value: Any) -> StrEnum:
        if value not in list(kind):
            raise ValueError(f"one of {quoted(kind)}")
        return kind(value)

    return parse


def list_of(item: Parser, *, least: int = 0, most: int = 1000) -> Parser:
    def parse(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ValueError(f"a list of {least} to {most} entries")
        return tuple(item(entry) for entry in value)

    return parse


def duration(low: str, high: str) -> Parser:
    """Make the parser of a span of time between two that are written in the same way."""
    shortest, longest = _span(low), _span(high)
    allowed = f'a duration such as "90s", "30m", "1h" or "7d", from "{low}" to "{high}"'

    def parse(value: Any) -> timedelta:
        try:
            span = _span(value)
        except (TypeError, ValueError):
            raise ValueError(allowed) from None
        if not shortest <= span <= longest:
            raise ValueError(allowed)
        return span

    return parse


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if not match:
        raise ValueError(text)
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[match[2]]: int(match[1])})


def messages(value: Any) -> tuple[timedelta, ...]:
    times: tuple[timedelta, ...] = list_of(duration("0s", "30d"), least=1, most=5)(value)
    if any(later <= earlier for earlier, later in itertools.pairwise(times)):
        raise ValueError("a list of durations in which each is longer than the one before")
    return times


def quiet_hours(value: Any) -> str:
    time = r"(?:[01]\d|2[0-3]):[0-5]\d"
    if value == "":
        return ""
    match = re.fullmatch(f"({time})-({time})", value) if isinstance(value, str) else None
    if not match or match[1] == match[2]:
        raise ValueError('"" or two times of day such as "21:00-08:00"')
    return match[0]


def http_url(value: Any) -> str:
    allowed = '"" or an http:// or https:// address without user, query or fragment'
    if value == "":
        return ""
    if not isinstance(value, str) or re.search(r"[\s?#@\\\x00-\x1f]", value):
        raise ValueError(allowed)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(allowed)
    return value.rstrip("/")


def redis_url(value: Any) -> str:
    patterns = (
        EMBEDDED,
        r"rediss?://(?:[^@/\s]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^@/?#:\s]+)(?::\d{1,5})?(?:/\d*)?(?:\?\S*)?",
        r"unix://(?:[^@/\s]*@)?/\S+",
        r"redis\+sentinel://(?:[^@/\s]*@)?[^@/,?#\s]+(?:,[^@/,?#\s]+)*/[^/?#\s]+(?:/\d+)?",
    )
    if not isinstance(value, str) or not any(re.fullmatch(each, value) for each in patterns):
        raise ValueError(
            '"embedded", or an address that begins with redis://, rediss://, unix:/// or '
            "redis+sentinel:// (there with the master's name: redis+sentinel://h:26379/mymaster/0)"
        )
    return value


def zone(value: Any) -> str:
    if value == "":
        return ""
    try:
        zoneinfo.ZoneInfo(text(value))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        hint = near(str(value), zoneinfo.available_timezones())
        raise ValueError(f'"" or a time zone such as "Europe/Berlin"{hint}') from None
    return str(value)


def network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    allowed = 'a list of addresses or networks such as "127.0.0.1" or "10.0.0.0/8"'
    try:
        return ipaddress.ip_network(text(value))
    except ValueError:
        raise ValueError(allowed) from None


def _base64(text: str, allowed: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(allowed) from None


def signing_secret(text: Any) -> bytes:
    allowed = '"whsec_" and base64 of 24 to 64 random bytes, or a list of such texts'
    if not isinstance(text, str) or not text.startswith("whsec_"):
        raise ValueError(allowed)
    secret = _base64(text.removeprefix("whsec_"), allowed)
    if not 24 <= len(secret) <= 64:
        raise ValueError(allowed)
    return secret


def key_of_32_bytes(text: Any) -> bytes:
    allowed = "base64 of exactly 32 random bytes"
    if not isinstance(text, str) or len(key := _base64(text, allowed)) != 32:
        raise ValueError(allowed)
    return key


def one_or_more(item: Parser) -> Parser:
    """A secret or several; in a variable or a file several stand side by side or line by line."""
    several = list_of(item, least=1, most=8)

    def parse(value: Any) -> tuple[Any, ...]:
        return tuple(several(value.split() if isinstance(value, str) else value))

    return parse


password_hash = matching(
    r"scrypt:\d+:\d+:\d+\$[^$\s]+\$[0-9a-f]{128}|pbkdf2:\w+:\d+\$[^$\s]+\$[0-9a-f]{32,128}",
    'what "booking-recovery hash-password" prints: scrypt:… or pbkdf2:…',
)


def user_sites(value: Any) -> frozenset[str] | Literal["*"]:
    names = list_of(text, least=1)(value)
    if "*" not in names:
        return frozenset(names)
    if len(names) > 1:
        raise ValueError('["*"] for all sites, or a list of site ids')
    return "*"


def near(word: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(allowed), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def quoted(words: Collection[str] | type[StrEnum]) -> str:
    return ", ".join(f'"{word}"' for word in words)
