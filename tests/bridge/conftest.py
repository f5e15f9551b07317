"""A site that tests change as owners and hosts do; each test puts back what it changed."""

from collections.abc import Iterator

import pytest

from tests.bridge.wire import Sidecar, connected, listening
from tests.ground.mail import Mailbox
from tests.ground.wordpress import Hosting, WordPress, watched


@pytest.fixture(scope="session")
def shop(mail: Mailbox) -> Iterator[WordPress]:
    """Serve a site that does not lie at the root of its host."""
    with watched(smtp_port=mail.port, hosting=Hosting(below="/shop")) as site:
        yield site
        assert not site.faults()


@pytest.fixture
def shops_sidecar(shop: WordPress) -> Iterator[Sidecar]:
    with listening() as server, connected(shop, server):
        yield server
        shop.php("booknetic_stand_in_clear();")
