from pathlib import Path

import pytest

from sidecar.wiring import Sidecar
from tests.assembled import Bridge, assembled


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


@pytest.fixture
def bridge(sidecar: Sidecar) -> Bridge:
    return Bridge(sidecar)
