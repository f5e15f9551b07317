"""Static files: browsers keep each until it changes."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.security import safe_join

VENDORED = "vendor/"
"""What lies here carries its version in its name."""

FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=3600"


def keep_static_files(app: Flask) -> None:
    """Put a file's hash into its address, and let what is asked for by it be kept for ever."""
    folder = Path(app.static_folder or "")

    @cache
    def hashed(name: str) -> str:
        path = safe_join(str(folder), name)
        content = Path(path).read_bytes() if path is not None and Path(path).is_file() else b""
        return hashlib.sha256(content).hexdigest()[:12]

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and not values["filename"].startswith(VENDORED):
            values.setdefault("v", hashed(values["filename"]))

    # Flask calls what is registered first last, so that this one has the last word.
    @app.after_request
    def let_keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            name = (request.view_args or {})["filename"]
            known = name.startswith(VENDORED) or request.args.get("v") == hashed(name)
            response.headers["Cache-Control"] = FOR_EVER if known else FOR_NOW
        return response
