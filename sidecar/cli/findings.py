"""What `check` finds, one line each."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GOOD = "good"
    NOTICE = "notice"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    text: str


Findings = Iterator[Finding]


def good(text: str) -> Finding:
    return Finding(Level.GOOD, text)


def notice(text: str) -> Finding:
    return Finding(Level.NOTICE, text)


def wrong(text: str) -> Finding:
    return Finding(Level.WRONG, text)
