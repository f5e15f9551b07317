"""The sidecar itself, as an operator starts it: a folder, a config.toml, `up`."""

import base64
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from werkzeug.security import generate_password_hash

from tests.ground.processes import HOST, Process, free_port
from tests.ground.wordpress import REPOSITORY, Login

SITE = "salon"


class Sidecar:
    """Stopped until `start`; its folder, and so its data, outlives a `stop`."""

    def __init__(
        self,
        folder: Path,
        *,
        site_url: str,
        password: str = "",
        env: Mapping[str, str] | None = None,
        **recovery: str | int | list[str],
    ) -> None:
        self.folder = folder
        self._env = dict(env or {})
        self.desk = Login("desk", password or secrets.token_urlsafe())
        self._address = (HOST, free_port())
        self.url = "http://{}:{}".format(*self._address)
        self._process: Process | None = None
        (folder / "config.toml").write_text(self._config(site_url, recovery))

    def _config(self, site_url: str, recovery: dict[str, str | int | list[str]]) -> str:
        # A JSON string, number or list of strings is the same in TOML.
        chosen = "".join(f"{key} = {json.dumps(value)}\n" for key, value in recovery.items())
        host, port = self._address
        return f"""\
[server]
host = "{host}"
port = {port}
public_url = "{self.url}"

[keys]
data_dir = "{self.folder / "var"}"

[recovery]
{chosen}
[[sites]]
id = "{SITE}"
url = "{site_url}"
webhook_secret = "{_secret()}"
callback_secret = "{_secret()}"

[status]
users = [{{name = "{self.desk.user}", password_hash = "{generate_password_hash(self.desk.password)}", role = "support", sites = ["{SITE}"]}}]
"""

    def _argv(self, *words: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "sidecar",
            "--config",
            str(self.folder / "config.toml"),
            *words,
        ]

    def command(self, *words: str) -> str:
        """Run one of the operator's commands; return what it prints."""
        done = subprocess.run(  # noqa: S603 -- the ground names its commands itself
            self._argv(*words),
            cwd=REPOSITORY,
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            msg = f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)
        return done.stdout

    def connection_code(self) -> str:
        """Read the code from what `pair` prints; it is all that the bridge is told."""
        printed = self.command("pair", SITE)
        found = re.search(r"\bbrc1\.[A-Za-z0-9_-]+", printed)
        assert found, "`pair` printed no connection code"
        return found.group()

    def start(self) -> None:
        assert self._process is None, "it runs already"
        self._process = Process(
            self._argv("up"), log=self.folder / "sidecar.log", cwd=REPOSITORY, env=self._env
        )
        self._process.wait_for(self._address)

    @property
    def pid(self) -> int:
        """The process that keeps all others running."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Stop if it runs; return the exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        return process.stop(sign)

    def log(self) -> str:
        log = self.folder / "sidecar.log"
        return log.read_text(errors="replace") if log.exists() else ""


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
