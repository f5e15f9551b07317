"""Waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.05  # seconds between two looks

PATIENCE = 120.0
"""Seconds after which what was waited for will not come, on a machine busy with other tests too.

Whoever asserts how soon something comes measures it.
"""


class GaveUpError(AssertionError):
    """What was waited for did not come in time."""


def wait_until(look: Callable[[], T], *, what: str, timeout: float = PATIENCE) -> T:
    """Return what `look` returns as soon as that is true; `timeout` is in seconds."""
    end = time.monotonic() + timeout
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            msg = f"waited {timeout:g} s for {what}"
            raise GaveUpError(msg)
        time.sleep(PAUSE)
