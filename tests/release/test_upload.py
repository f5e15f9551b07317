"""The plugin as an owner gets it: through WordPress's own upload."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.bridge import SLUG
from tests.ground import wordpress as wordpress_site
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.wordpress import WordPress
from tests.stories.people import Owner

PLUGIN = f"{SLUG}/{SLUG}.php"
GERMAN = """\
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Booking Recovery: Settings"
msgstr "Rückgewinnung: Einstellungen"

msgid "Booking abandoned"
msgstr "Buchung verlassen"
"""


@pytest.fixture(scope="module")
def wordpress(mail: Mailbox, browser: Browser, dist: Path) -> Iterator[WordPress]:
    """Serve a site to which its owner has added the plugin."""
    with (
        private_directory() as folder,
        wordpress_site.started(folder, smtp_port=mail.port) as site,
        contextlib.closing(Devices(browser)) as devices,
    ):
        remove_the_bridge(site)
        page = devices.page()
        Owner(page, site).logs_in()
        upload(page, site, dist / f"{SLUG}.zip")
        expect(page.get_by_text("Plugin installed successfully.")).to_be_visible()
        page.get_by_role("link", name="Activate Plugin").click()
        expect(page.get_by_text("Plugin activated.")).to_be_visible()
        yield site
        assert not site.complaints()


def remove_the_bridge(site: WordPress) -> None:
    """Take the ground's own away, and allow to add another."""
    config = site.path / "wp-config.php"
    forbidden = "define( 'DISALLOW_FILE_MODS', true );\n"
    text = config.read_text()
    assert forbidden in text
    config.write_text(text.replace(forbidden, ""))
    site.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        "require_once ABSPATH . 'wp-admin/includes/file.php';"
        f"deactivate_plugins( '{PLUGIN}' ); delete_plugins( array( '{PLUGIN}' ) );"
    )
    assert not (site.path / "wp-content/plugins" / SLUG).exists()


def upload(page: Page, site: WordPress, archive: Path) -> None:
    page.goto(f"{site.url}/wp-admin/plugin-install.php")
    page.locator(".upload-view-toggle").click()
    page.get_by_label("Plugin zip file").set_input_files(archive)
    page.get_by_role("button", name="Install Now").click()


@pytest.fixture
def owner(page: Page, wordpress: WordPress) -> Owner:
    owner = Owner(page, wordpress)
    owner.logs_in()
    return owner


@pytest.fixture
def _german(wordpress: WordPress, tmp_path: Path) -> Iterator[None]:
    """Have the site in German, and a translation of a few texts beside the plugin."""
    source, translation = tmp_path / "german.po", tmp_path / "german.mo"
    source.write_text(GERMAN)
    subprocess.run(["msgfmt", "-o", translation, source], check=True)  # noqa: S603, S607 -- Debian's own
    content = wordpress.path / "wp-content"
    (content / "languages").mkdir(exist_ok=True)
    # WordPress takes a language only if it has a file of it itself, whatever that says.
    placed = (
        content / "languages/de_DE.mo",
        content / f"plugins/{SLUG}/languages/{SLUG}-de_DE.mo",
    )
    for path in placed:
        shutil.copy(translation, path)
    wordpress.php("update_option( 'WPLANG', 'de_DE' );")
    yield
    wordpress.php("update_option( 'WPLANG', '' );")
    for path in placed:
        path.unlink()


def test_it_works(wordpress: WordPress, owner: Owner) -> None:
    owner.opens_the_settings()

    owner.reads_that('Not connected. On the sidecar, run "booking-recovery pair SITE"')
    assert wordpress.php("echo wp_next_scheduled( 'booking_recovery_tend' ) > 0;") == "1"


def test_a_newer_archive_replaces_it_and_keeps_what_it_knows(
    wordpress: WordPress, owner: Owner, page: Page, dist: Path
) -> None:
    wordpress.php("update_option( 'booking_recovery_settings', array( 'paused' => true ) );")

    upload(page, wordpress, dist / f"{SLUG}.zip")
    page.get_by_role("link", name=re.compile("^Replace (current|installed) with uploaded")).click()
    expect(page.get_by_text("Plugin updated successfully.")).to_be_visible()

    owner.opens_the_settings()
    expect(page.get_by_label("Let no message leave this site")).to_be_checked()


@pytest.mark.usefixtures("_german", "owner")
def test_a_translation_in_its_folder_is_used(wordpress: WordPress, page: Page) -> None:
    page.goto(f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings")

    expect(
        page.get_by_role("heading", name="Rückgewinnung: Einstellungen", level=1)
    ).to_be_visible()
    assert "Buchung verlassen" in wordpress.php(
        "echo BookneticApp\\Config::getWorkflowEventsManager()->get( 'booking_recovery_abandoned' )->getTitle();"
    )
