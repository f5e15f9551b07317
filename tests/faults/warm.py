"""Imported once by what the sidecar's processes are forked from: does what each would do first.

No connection is made here, and no file stays.
"""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.connection import Connection

from sidecar.config import parse
from sidecar.web import create_app
from sidecar.wiring import assemble

with TemporaryDirectory() as folder:
    create_app(
        assemble(parse(f'[keys]\ndata_dir = "{folder}"', path=Path(folder) / "config.toml"))
    )
Connection()  # type: ignore[no-untyped-call]  # redis leaves it untyped
gc.freeze()
