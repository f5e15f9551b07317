"""Commands run as an operator runs them: in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path


def booking_recovery(
    folder: Path, *words: str, given: bytes = b"", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder to its end."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "sidecar", *words],
        cwd=folder,
        env={**os.environ, **environ},
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
