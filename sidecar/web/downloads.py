"""Tables as files for spreadsheets."""

import csv
from collections.abc import Iterable, Iterator

from flask import Response


def table(name: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """Send a table row by row, so that it may be of any length."""
    return Response(
        _lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class _Line:
    """A file that holds what was written last."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


def _lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    line = _Line()
    file = csv.writer(line)
    file.writerow(header)
    yield line.text
    for row in rows:
        file.writerow([_harmless(cell) for cell in row])
        yield line.text


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a text for a formula."""
    is_formula = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if is_formula else cell
