"""What a web server is told of the site that it serves, and the servers there are."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A site as its server sees it: what lies in `root` is at the host's `/`."""

    root: Path
    folder: Path  # for the server's own files
    port: int
    php_log: Path
    access_log: Path
    below: str = ""  # where WordPress lies in `root`: "" or "/shop"
    is_network: bool = False  # of blogs in subdirectories


Server = Callable[[Served], AbstractContextManager[None]]
