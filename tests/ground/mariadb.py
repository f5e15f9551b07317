"""A MariaDB server of its own, reached by its socket."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.ground.processes import running

DATABASE = "wordpress"


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Path]:
    """Start a server with an empty database; yield its socket, user is `root` without password."""
    folder.mkdir()
    data = folder / "data"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    scratch = folder / "tmp"
    scratch.mkdir()
    made = subprocess.run(  # noqa: S603 -- the ground names its commands itself
        [  # noqa: S607 -- Debian's own
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={scratch}",  # two installations at once would meet in /tmp
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *as_root,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        msg = f"mariadb-install-db failed:\n{made.stdout}{made.stderr}"
        raise RuntimeError(msg)
    first = folder / "first.sql"
    first.write_text(f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n")
    socket = folder / "sock"
    server = [
        "/usr/sbin/mariadbd",
        "--no-defaults",
        f"--datadir={data}",
        f"--tmpdir={scratch}",
        f"--socket={socket}",
        f"--pid-file={folder / 'pid'}",
        f"--init-file={first}",
        "--skip-networking",
        "--character-set-server=utf8mb4",
        "--innodb-buffer-pool-size=64M",
        # Nobody reads this data after a power cut.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-flush-method=nosync",
        *as_root,
    ]
    with running(server, log=folder / "log", at=socket):
        yield socket
