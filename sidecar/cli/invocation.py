"""How the operator may call this program again."""

import shlex
import shutil
import sys
from pathlib import Path

from sidecar.config import locate


def invocation(config_path: Path, *words: str) -> str:
    """Return the line to type for a command on the same configuration, in the same folder."""
    called = Path(sys.argv[0])
    if called.name != "booking-recovery":
        program = [sys.executable, "-m", "sidecar"]
    elif shutil.which(called.name) == str(called):
        program = [called.name]
    else:
        program = [str(called)]
    option = [] if config_path == locate() else ["--config", str(config_path)]
    return shlex.join([*program, *option, *words])
