"""What is measured is written into the documents by whoever measures it, between two marks."""

import re
from pathlib import Path


def write_between(document: Path, mark: str, text: str) -> None:
    """Put `text` in place of what stands between `<!-- mark -->` and `<!-- /mark -->`."""
    before = document.read_text(encoding="utf-8")
    after, found = re.subn(
        rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", lambda _: text, before, flags=re.DOTALL
    )
    if found != 1:
        raise ValueError(f"{document.name} has no place for what was {mark}")
    document.write_text(after, encoding="utf-8")
