"""Serve the demo until Ctrl-C, or have it walked through and photographed."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.demo import tour
from tests.demo.salon import SECONDS_UNTIL_THE_MESSAGE, Salon, missing, opened
from tests.ground import chromium


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument(
        "--tour", metavar="FOLDER", type=Path, help="walk it in Chromium; pictures go to FOLDER"
    )
    folder: Path | None = parser.parse_args().tour
    lacking = missing() + (tour.missing() if folder else [])
    if lacking:
        target = "demo-tour" if folder else "demo"
        sys.stderr.write(f"Missing: {', '.join(lacking)}. `make {target}` installs them.\n")
        return 1
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _interrupt)
    try:
        with opened(lambda what: _say(f"Starting {what} …")) as salon:
            if folder:
                _walk(salon, folder)
            else:
                _say(_welcome(salon))
                signal.pause()
    except KeyboardInterrupt:
        _say("\nEnded; nothing of it is left.")
    return 0


def _interrupt(_sign: int, _frame: FrameType | None) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):
        # All that was started is being ended: that shall not be cut short.
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


def _walk(salon: Salon, folder: Path) -> None:
    with chromium.started() as browser:
        for picture in tour.walk(salon, browser, folder, tell=_say):
            _say(f"{picture}  {picture.stat().st_size // 1024} KiB")


def _welcome(salon: Salon) -> str:
    desk, admin = salon.sidecar.desk, salon.wordpress.admin
    return f"""
  Booking page  {salon.wordpress.book_url}
  Mail page     {salon.mail_url}
  Status page   {salon.sidecar.url}/   (log in as {desk.user}, password {desk.password})
  wp-admin      {salon.wordpress.url}/wp-admin/   (log in as {admin.user}, password {admin.password})

1. On the booking page choose a service, a person and a time. Type a name and an e-mail
   address, any you like: no letter leaves this machine. Close the tab without booking.
2. About {SECONDS_UNTIL_THE_MESSAGE} seconds later the message is on the mail page. Follow its link and book.
3. The status page shows the visit as recovered, and what happened when.
In wp-admin, Booking Recovery > Settings tests the connection and makes a test visit.
Whoever is logged in there works for the site, and is not followed up: use another browser for that.

Ctrl-C ends it and removes all of it."""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


sys.exit(main())
