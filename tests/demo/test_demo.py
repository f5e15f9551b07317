"""What the demo promises is what whoever starts it gets."""

import json
import re
import signal
import sys
import textwrap
from pathlib import Path

import requests
from playwright.sync_api import Browser

from tests.demo import tour
from tests.demo.salon import BODY, SUBJECT, opened
from tests.ground.processes import Process, command_lines_with, private_directory
from tests.ground.sidecar import SITE
from tests.ground.waiting import wait_until
from tests.ground.wordpress import REPOSITORY
from tests.pages.__main__ import FOR_THE_README

README = (REPOSITORY / "README.md").read_text()


def test_the_tour_ends_as_recovered_and_takes_the_readme_s_pictures(
    browser: Browser, tmp_path: Path
) -> None:
    shown = set(re.findall(r"\(docs/([\w-]+\.png)\)", README))
    shown -= set(FOR_THE_README.values())  # these are taken of the pages alone
    told: list[str] = []

    with opened(told.append) as salon:
        taken = list(tour.walk(salon, browser, tmp_path, tell=told.append))
        sessions = json.loads(salon.sidecar.command("sessions", SITE, "--json"))["sessions"]

    assert {picture.name for picture in taken} == shown
    for picture in taken:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert 5_000 < picture.stat().st_size < 100_000, picture.name
    recovered = [one for one in sessions if one["state"] == "recovered"]
    assert [one["conversion"]["attributed_by"] for one in recovered] == ["click"]
    assert told[-1] == "It says: one booking won back."


def test_every_picture_of_the_readme_is_there() -> None:
    for picture in re.findall(r"\((docs/[\w-]+\.png)\)", README):
        assert (REPOSITORY / picture).exists(), picture


def test_the_demo_sends_the_message_that_the_readme_gives_to_owners() -> None:
    assert f"> {SUBJECT}\n" in README
    assert textwrap.indent(BODY.read_text(), "   ") in README


def test_the_demo_says_where_everything_is_and_ctrl_c_leaves_nothing_behind() -> None:
    with private_directory() as scratch:
        demo = Process(
            [sys.executable, "-m", "tests.demo"],
            log=scratch / "demo.log",
            cwd=REPOSITORY,
            env={"TMPDIR": str(scratch)},
        )
        try:
            wait_until(
                lambda: "Ctrl-C ends it" in demo.output() or not demo.running,
                what="the demo to be there",
            )
            told = demo.output()
            addresses = dict(
                re.findall(r"^  (Booking|Mail|Status) page +(\S+)", told, re.MULTILINE)
            )
            pages = {name: requests.get(url, timeout=30).text for name, url in addresses.items()}
            log_in = re.search(r"log in as (\S+), password (\S+)\)", told)
            assert log_in, told
            sites = requests.get(
                f"{addresses['Status']}api/v1/sites", auth=(log_in[1], log_in[2]), timeout=10
            ).json()["sites"]
        finally:
            code = demo.stop(signal.SIGINT, timeout=60)

        assert "Next step" in pages["Booking"]
        assert "No mail yet" in pages["Mail"]
        assert "Log in" in pages["Status"]
        assert [site["id"] for site in sites] == [SITE]
        assert code == 0
        assert "Traceback" not in demo.output()
        assert list(scratch.glob("booking-recovery-*")) == []
        assert command_lines_with(str(scratch)) == []
