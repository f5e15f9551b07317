"""The bridge's sources, and what they say of themselves."""

import re
from pathlib import Path

SLUG = "booking-recovery-bridge"
REPOSITORY = Path(__file__).parents[1]
SOURCES = REPOSITORY / "wp-bridge"
POT = SOURCES / f"languages/{SLUG}.pot"


def header(name: str) -> str:
    """Return a line of the plugin's header."""
    text = (SOURCES / f"{SLUG}.php").read_text()
    found = re.search(rf"^ \* {name}: +(.+)$", text, re.MULTILINE)
    if found is None:
        msg = f"the plugin's header has no {name}"
        raise LookupError(msg)
    return found[1]
