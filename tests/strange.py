"""What nobody sends who means well, put in the place of each part of a message in turn."""

import json
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]

READABLE = (
    *("null", "true", "[]", "{}", '""', "0", "-1", "1.5", "1e300", '"1"', '"\\u0000"'),
    *('"\\ud800"', '"\\udfff\\ud800"', '{"\\ud800": 1}', '{"__proto__": {}}', '[[[[[["x"]]]]]]'),
    *("9" * 30, "-" + "9" * 4000, "9007199254740993", '"' + "x" * 5000 + '"'),
    *('"2199-13-45T99:99:99Z"', '"0001-01-01T00:00:00Z"', '"http://[::1"', '"javascript:x"'),
    *('"../../etc/passwd"', '"a\\r\\nSet-Cookie: x"', '"\\u202e\\u2028"', '"{{7*7}}<script>"'),
)
"""JSON that says something strange."""

UNREADABLE = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, '{"a": 1, "a": 2}'),
    *("[" * 2000 + "]" * 2000, '{"a":' * 2000 + "1" + "}" * 2000, "[" * 40 + "]" * 40),
    *("01", "'x'", '"\x01"', "[1,]", "undefined"),
)
"""What is no JSON, or more than one reader could make something of."""


def places(document: object, place: Place = ()) -> Iterator[Place]:
    """Yield the way to each part of a document, the whole first."""
    yield place
    parts: Any = ()
    if isinstance(document, dict):
        parts = document.items()
    elif isinstance(document, list):
        parts = enumerate(document)
    for name, part in parts:
        yield from places(part, (*place, name))


def spoil(document: object, place: Place, written: str) -> str:
    """Return the document as JSON, with what is `written` in the place of one of its parts."""
    mark = "here it stands"

    def put(part: Any, way: Place) -> Any:
        if not way:
            return mark
        if isinstance(part, dict):
            return {**part, way[0]: put(part[way[0]], way[1:])}
        return [put(one, way[1:]) if at == way[0] else one for at, one in enumerate(part)]

    return json.dumps(put(document, place)).replace(json.dumps(mark), written)


def all_spoilt(document: object, written: tuple[str, ...]) -> Iterator[str]:
    for place in places(document):
        for one in written:
            yield spoil(document, place, one)
