"""Decide on what was read, and write it only if it is still so."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from sidecar.ports import Store, Work

Decided = TypeVar("Decided")


def decided(
    store: Store,
    site: str,
    decide: Callable[[Work], Decided],
    *,
    sessions: Iterable[str] = (),
    tokens: Iterable[str] = (),
    known: Work | None = None,
) -> Decided:
    """Return what `decide` returned when what it put could be written.

    It decides first on what is `known`, where that is given. Where somebody else changed what was
    read, it decides again on what is there now; so it must have no other effect than what it puts.
    What it raises ends the try, unwritten.
    """
    sessions, tokens = list(sessions), list(tokens)
    work = known or store.begin(site, sessions=sessions, tokens=tokens)
    while True:
        result = decide(work)
        if work.commit():
            return result
        work = store.begin(site, sessions=sessions, tokens=tokens)
