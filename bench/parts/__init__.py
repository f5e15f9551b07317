"""The measurements; a part is a module here.

`COVERS` names the figures that it measures, `rows()` measures them.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Protocol, cast

from bench.rows import Row


class Part(Protocol):
    COVERS: tuple[str, ...]

    def rows(self) -> Iterator[Row]: ...


def names() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(__path__)]


def part(name: str) -> Part:
    return cast("Part", importlib.import_module(f"{__name__}.{name}"))
