"""Errors as RFC 9457 says them."""

import json
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

TYPE = "application/problem+json"


def problem(status: int, title: str, *, retry_after: int | None = None, **more: Any) -> Response:
    """Return a problem; `title` says what is wrong and, where it can, what to do."""
    body = {"type": "about:blank", "status": status, "title": title, **more}
    response = Response(json.dumps(body), status=status, content_type=TYPE)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def from_http(fault: HTTPException) -> Response:
    response = problem(fault.code or 500, fault.name, detail=fault.description)
    for name, value in fault.get_headers():
        if name.lower() != "content-type":  # such as Allow
            response.headers.add(name, value)
    return response
