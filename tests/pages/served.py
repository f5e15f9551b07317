"""The real application on a port of its own, for a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page
from werkzeug.serving import make_server

from sidecar.web import create_app
from sidecar.wiring import Sidecar
from tests.assembled import PASSWORDS
from tests.ground.chromium import Devices


@contextmanager
def serving(sidecar: Sidecar) -> Iterator[str]:
    """Serve the application of this process; yields its address."""
    server = make_server("127.0.0.1", 0, create_app(sidecar), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Staff:
    """Opens the pages for whoever looks at them; `complaints` is what the browser objected to.

    Who looks is one of PASSWORDS: `guest` is a viewer, `desk` support, `boss` an admin.
    """

    def __init__(self, devices: Devices, url: str) -> None:
        self._devices = devices
        self.url = url
        self.complaints: list[str] = []

    def page(self, who: str = "desk", *, width: int = 1280) -> Page:
        """Open a page that is logged in, on a device of its own."""
        page = self._devices.page(width=width)
        # Such as what the Content-Security-Policy does not let in.
        page.on("console", self._heed)
        page.goto(f"{self.url}/log-in")
        page.get_by_label("Name").fill(who)
        page.get_by_label("Password").fill(PASSWORDS[who])
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{self.url}/")
        return page

    def _heed(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def opens(self, address: str, who: str = "desk", *, width: int = 1280) -> Page:
        """Open one of the pages, such as /sites/salon/sessions."""
        page = self.page(who, width=width)
        page.goto(self.url + address)
        return page
