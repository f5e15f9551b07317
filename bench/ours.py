"""A sidecar in this process, on a Redis of its own, with as many sites as asked for."""

import base64
import contextlib
import importlib
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from werkzeug.security import generate_password_hash

from sidecar.config import parse
from sidecar.wiring import Sidecar, assemble
from tests.ground.processes import private_directory
from tests.ground.redis import started

HOME = "http://127.0.0.1:8080"
PASSWORD = "boss's password"  # noqa: S105 -- of a server that ends with the measurement


def lift_limit() -> None:
    """Let a site send as much as a measurement wants to; the limit is looked at all the same."""
    door = importlib.import_module("sidecar.web.webhooks")  # whose name there is its function's
    assert hasattr(door, "_MESSAGES"), "the limit has another name by now"
    setattr(door, "_MESSAGES", 10**8)  # noqa: B010 -- no option for users


@contextlib.contextmanager
def sidecar(*, sites: int = 1, recovery: str = "", home: str = HOME) -> Iterator[Sidecar]:
    """Wire one up; its sites are `s0`, `s1` and so on, its admin is `boss`."""
    lift_limit()
    with private_directory() as folder, started(folder) as url:
        path = folder / "config.toml"
        path.write_text(config(url, folder, sites=sites, recovery=recovery, home=home))
        wired = assemble(parse(path.read_text(), path=path))
        for site in wired.config.sites:
            work = wired.store.begin(site)
            work.put_record(replace(work.record(), refilled=True))
            assert work.commit()
        yield wired


def config(redis_url: str, folder: Path, *, sites: int, recovery: str, home: str) -> str:
    password = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
    head = f"""
        [redis]
        url = "{redis_url}"
        [keys]
        data_dir = "{folder / "var"}"
        [recovery]
        {recovery}
        [status]
        users = [{{name = "boss", password_hash = "{password}", role = "admin", sites = ["*"]}}]
    """
    each = """
        [[sites]]
        id = "s{}"
        url = "{}"
        webhook_secret = "{}"
        callback_secret = "{}"
    """
    return head + "".join(
        each.format(number, home, _secret(), _secret()) for number in range(sites)
    )


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
