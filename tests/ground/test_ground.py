"""The ground holds: what it starts ends, and what it watches for it sees."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ground.mail import Mailbox
from tests.ground.processes import answers, command_lines_with
from tests.ground.waiting import wait_until
from tests.ground.wordpress import REPOSITORY, Login, WordPress, run_php


def test_the_site_serves_its_booking_page(wordpress: WordPress, page: Page) -> None:
    page.goto(wordpress.book_url)

    expect(page.get_by_role("heading", level=1)).to_have_text("Book an appointment")
    expect(page.locator(".booknetic_appointment")).to_be_visible()


def test_mail_of_the_site_reaches_the_mailbox(wordpress: WordPress, mail: Mailbox) -> None:
    sent = wordpress.php("echo json_encode( wp_mail( 'noa@example.com', 'Grüße', 'שלום' ) );")

    letter = mail.wait_for("noa@example.com")

    assert sent == "true"
    assert letter["subject"] == "Grüße"
    assert letter.get_content().strip() == "שלום"


def test_a_notice_from_the_bridge_is_a_complaint_and_one_from_elsewhere_is_not(
    tmp_path: Path,
) -> None:
    log = tmp_path / "php.log"
    for folder in ("booking-recovery-bridge", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file.php").write_text("<?php echo $never_set;")
        run_php(f"<?php include '{folder}/file.php';", cwd=tmp_path, log=log)
    site = WordPress("", tmp_path, Login("", ""), php_log=log, access_log=log)

    complaints = site.complaints()

    assert len(re.findall("PHP Warning", site.log())) == 2
    assert [re.findall(r"[\w-]+/file\.php", found) for found in complaints] == [
        ["booking-recovery-bridge/file.php"]
    ]


def test_a_killed_run_leaves_nothing_running() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ground"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        said = ""
        for line in run.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        address = re.search(r"http://([\d.]+):(\d+)/book/", said)
        folder = re.search(r"Folder +(\S+)/wordpress", said)
        assert address, said
        assert folder, said
        nginx = (address[1], int(address[2]))
        assert answers(nginx)
        assert command_lines_with(folder[1])

        run.send_signal(signal.SIGKILL)

        wait_until(
            lambda: not answers(nginx) and not command_lines_with(folder[1]),
            what="everything to end",
        )
    shutil.rmtree(folder[1])  # nobody else is left to do it
