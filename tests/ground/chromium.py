"""A headless Chromium; every device is a browser context of its own."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 60_000  # milliseconds a page may take for one step, on a machine busy with other tests


@contextlib.contextmanager
def started() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Devices:
    """Hands out pages that share nothing, and remembers what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.script_errors: list[str] = []

    def page(self, *, width: int = 1280, height: int = 900) -> Page:
        """Open an empty page on a device that was never used before."""
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        context.set_default_timeout(WAIT)
        context.on("weberror", lambda error: self.script_errors.append(str(error.error)))
        self._contexts.append(context)
        return context.new_page()

    def pictures(self) -> list[Path]:
        """Photograph every page that is still open; return the files."""
        still_open = [page for context in self._contexts for page in context.pages]
        if not still_open:
            return []
        folder = Path(tempfile.mkdtemp(prefix="booking-recovery-pictures-"))
        taken = []
        for number, page in enumerate(still_open):
            picture = folder / f"{number}.png"
            with contextlib.suppress(Error):
                page.screenshot(path=picture, full_page=True)
                taken.append(picture)
        return taken

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def photographed(page: Page, picture: Path, *, whole: bool = False) -> Path:
    """Take a picture that is small enough to be kept."""
    page.screenshot(path=picture, full_page=whole, animations="disabled")
    # Pages have few colours: a palette is a third of the size, and looks the same.
    subprocess.run(  # noqa: S603 -- a fixed command
        ["pngquant", "--force", "--strip", "--speed=1", "--output", picture, "--", picture],  # noqa: S607 -- Debian's own
        check=True,
    )
    return picture
