"""The demo's story, walked in Chromium and photographed."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.demo.salon import Salon
from tests.ground.chromium import Devices
from tests.stories.people import Desk, Owner, Visitor
from tests.stories.records import conversion_with

CUT = "Färben & Schneiden"
MASSAGE = 'Massage "Tiefenruhe"'


def missing() -> list[str]:
    """Name the Debian packages without which nobody can walk or take pictures."""
    return [package for package in ("chromium", "pngquant") if not shutil.which(package)]


def walk(
    salon: Salon, browser: Browser, folder: Path, *, tell: Callable[[str], None]
) -> Iterator[Path]:
    """Walk the story to its end, `tell` what happens; yields each picture when it is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Devices(browser)) as devices:
        tell("The owner tests the connection.")
        office = devices.page(width=1000, height=600)
        owner = Owner(office, salon.wordpress)
        owner.logs_in()
        owner.connects_the_site(salon.sidecar.connection_code())
        yield _photographed(office, folder / "save-and-test.png")

        tell("A robot makes a test visit.")
        office.get_by_role("button", name="Make a test visit").click()
        office.get_by_text("The whole way works, from the form to the message.").wait_for()
        office.get_by_role("heading", name="Test visit").evaluate(
            "heading => window.scrollTo(0, heading.offsetTop - 10)"
        )
        yield _photographed(office, folder / "test-visit.png")

        tell("Three visitors come: one books, two leave.")
        _comes(salon, devices.page(), MASSAGE, first_name="Quirin", last_name="Öztürk").books(
            MASSAGE
        )
        _comes(salon, devices.page(), MASSAGE, first_name="Maja", last_name="Lindqvist").leaves()
        parlour = devices.page(width=1000, height=700)
        chloe = _comes(salon, parlour, CUT, first_name="Chloë", last_name="Laurent")
        yield _photographed(parlour, folder / "form-left.png")
        chloe.leaves()

        tell("Those who left are written to.")
        salon.mailbox.wait_for(_address("Chloë"))
        phone = devices.page(width=480, height=680)
        phone.goto(salon.mail_url)
        letter = phone.get_by_role("article").filter(has_text=_address("Chloë"))
        link = letter.frame_locator("iframe").get_by_role("link", name="Finish my booking")
        link.wait_for()
        yield _photographed(phone, folder / "message.png")

        tell("One of them follows the link, and books.")
        with phone.expect_popup() as followed:
            link.click()
        back = Visitor(followed.value)
        back.sees_the_step("When suits you?")
        back.chooses_a_time()
        back.types(first_name="Chloë", last_name="Laurent", email=_address("Chloë"))
        conversion_with(back.books(CUT), salon.wordpress)

        tell("The front desk looks at the status page.")
        screen = devices.page(width=1160, height=560)
        desk = Desk(screen, salon.sidecar)
        desk.logs_in()
        desk.sees("Maja", state="contacted")
        desk.sees("Chloë Laurent", state="recovered")
        yield _photographed(screen, folder / "sessions.png")
        desk.opens("Chloë Laurent", state="recovered")
        desk.reads("Noted in WordPress", "yes")
        yield _photographed(screen, folder / "session.png", whole=True)
        tell("It says: recovered.")


def _comes(salon: Salon, page: Page, service: str, *, first_name: str, last_name: str) -> Visitor:
    """Have somebody walk through the form as far as the contact data."""
    visitor = Visitor(page)
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(service, staff="Zoë")
    visitor.types(first_name=first_name, last_name=last_name, email=_address(first_name))
    return visitor


def _address(first_name: str) -> str:
    return f"{first_name.lower().replace('ë', 'e')}@example.com"


def _photographed(page: Page, picture: Path, *, whole: bool = False) -> Path:
    page.screenshot(path=picture, full_page=whole, animations="disabled")
    # Pages have few colours: a palette is a third of the size, and looks the same.
    subprocess.run(  # noqa: S603 -- a fixed command
        ["pngquant", "--force", "--strip", "--speed=1", "--output", picture, "--", picture],  # noqa: S607 -- Debian's own
        check=True,
    )
    return picture
