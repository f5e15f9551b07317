"""PHPUnit: on WordPress's own files, and on a whole site with the stand-in."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.booknetic import VERSIONS
from tests.ground.wordpress import BOOKNETIC, WordPress, change_booknetic

HERE = Path(__file__).parent


def phpunit(suite: str, **environment: str) -> None:
    done = subprocess.run(  # noqa: S603 -- the suites are named below
        ["phpunit", "--configuration", str(HERE / "phpunit.xml"), "--testsuite", suite],  # noqa: S607 -- Debian's own
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
    assert "OK (" in done.stdout


def test_parts_of_the_bridge() -> None:
    phpunit("unit")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_bridge_on_a_site(wordpress: WordPress, version: str) -> None:
    change_booknetic(wordpress, version)
    try:
        phpunit("site", BOOKING_RECOVERY_WP=str(wordpress.path))
    finally:
        change_booknetic(wordpress, BOOKNETIC)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_bridge_on_a_site_of_tenants(wordpress: WordPress, version: str) -> None:
    change_booknetic(wordpress, version)
    wordpress.php("booknetic_stand_in_have_tenants( true );")
    try:
        phpunit("tenants", BOOKING_RECOVERY_WP=str(wordpress.path))
    finally:
        wordpress.php("booknetic_stand_in_have_tenants( false );")
        change_booknetic(wordpress, BOOKNETIC)
