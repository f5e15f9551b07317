"""PHP in versions that Debian does not have: WebAssembly, run by the Node that pip installs."""

import subprocess
from pathlib import Path

from tests.ground.npm import NODE, installed

PACKAGE, VERSION = "@php-wasm/cli", "3.1.56"


def run(php: str, *arguments: str, cwd: Path) -> str:
    """Run PHP `php` ("7.4"); return all it says. Its exit code tells nothing: it is always 0."""
    command: list[str | Path] = [NODE, installed(PACKAGE, VERSION) / "php-wasm.js", *arguments]
    done = subprocess.run(  # noqa: S603 -- the ground names its commands itself
        command,
        cwd=cwd,
        env={"PHP": php},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout
