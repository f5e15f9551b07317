"""Photograph every page, at both widths and in both lights: `python -m tests.pages FOLDER`."""

import contextlib
import sys
from pathlib import Path

from sidecar.worker import jobs
from tests.assembled import Bridge, assembled
from tests.ground import chromium, redis
from tests.ground.chromium import Devices
from tests.ground.processes import private_directory
from tests.listening import listening
from tests.pages.accessible import DESK, PHONE
from tests.pages.served import Staff, serving
from tests.pages.story import PAGES, tell
from tests.pages.visits import Salon


def photograph(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(private_directory())
        redis_url = stack.enter_context(redis.started(place))
        wordpress = stack.enter_context(listening())
        sidecar = assembled(place, redis_url, home=wordpress.url)
        jobs.work_for(sidecar)
        salon = Salon(Bridge(sidecar, home_url=wordpress.url))
        stack.enter_context(salon.looked_after())
        tell(salon, wordpress)
        devices = stack.enter_context(
            contextlib.closing(Devices(stack.enter_context(chromium.started())))
        )
        page = Staff(devices, stack.enter_context(serving(sidecar))).page("boss")
        for name, address in PAGES.items():
            page.goto(page.url.partition("/sites")[0].rstrip("/") + address)
            for width in (PHONE, DESK):
                page.set_viewport_size({"width": width, "height": 800})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    picture = folder / f"{name}-{width}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True, animations="disabled")
            print(name)  # noqa: T201 -- says how far it is


if __name__ == "__main__":
    photograph(Path(sys.argv[1]))
