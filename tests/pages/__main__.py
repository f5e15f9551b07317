"""Photograph every page, at both widths and in both lights: `python -m tests.pages FOLDER`."""

import contextlib
import shutil
import sys
from pathlib import Path

from sidecar.worker import jobs
from tests.assembled import Bridge, assembled
from tests.ground import chromium, redis
from tests.ground.chromium import Devices, photographed
from tests.ground.processes import private_directory
from tests.listening import listening
from tests.pages.accessible import DESK, PHONE
from tests.pages.served import Staff, serving
from tests.pages.story import PAGES, tell
from tests.pages.visits import Salon

FOR_THE_README = {
    f"report-{DESK}-light": "report.png",
    f"session-won-back-{PHONE}-dark": "session-on-a-phone.png",
}
"""Pictures that are copied into the folder above, by what they are called there."""


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
        staff = Staff(devices, stack.enter_context(serving(sidecar)))
        page = staff.page("boss")
        for name, address in PAGES.items():
            for width in (PHONE, DESK):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(staff.url + address)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    picture = folder / f"{name}-{width}-{scheme}.png"
                    photographed(page, picture, whole=True)
                    if picture.stem in FOR_THE_README:
                        shutil.copy(picture, folder.parent / FOR_THE_README[picture.stem])
            print(name)  # noqa: T201 -- says how far it is


if __name__ == "__main__":
    photograph(Path(sys.argv[1]))
