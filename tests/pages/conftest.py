from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from tests.assembled import Bridge, assembled
from tests.ground.chromium import Devices
from tests.listening import Listener, listening
from tests.pages.served import Staff, serving
from tests.pages.visits import Salon


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url)
    jobs.work_for(sidecar)
    return sidecar


@pytest.fixture
def salon(sidecar: Sidecar, wordpress: Listener) -> Salon:
    """A paired site, and what its visitors do."""
    salon = Salon(Bridge(sidecar, home_url=wordpress.url))
    salon.checks_in()
    return salon


@pytest.fixture
def staff(sidecar: Sidecar, devices: Devices) -> Iterator[Staff]:
    """Open the pages in a browser; fail when it objected to something in one of them."""
    with serving(sidecar) as url:
        staff = Staff(devices, url)
        yield staff
    assert not staff.complaints
