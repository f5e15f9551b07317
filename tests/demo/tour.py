"""The demo's story, walked in Chromium and photographed."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.demo.salon import Salon
from tests.ground.chromium import Devices, photographed
from tests.ground.sidecar import SITE
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
        try:
            tell("The owner tests the connection, and sends a robot through the form.")
            yield from _owner_tests(salon, devices, folder)
            tell("Three visitors come: one books, two leave.")
            yield from _visitors_come(salon, devices, folder)
            tell("Those who left are written to. One of them follows the link, and books.")
            yield from _one_returns(salon, devices, folder)
            tell("The front desk looks at the status page.")
            yield from _desk_looks(salon, devices, folder)
            tell("It says: recovered.")
            tell("The owner looks into WordPress.")
            yield from _owner_looks(salon, devices, folder)
            tell("It says: one booking won back.")
        except Exception as error:
            error.add_note("\n".join(map(str, [salon.sidecar.log(), *devices.pictures()])))
            raise


def _owner_tests(salon: Salon, devices: Devices, folder: Path) -> Iterator[Path]:
    page = devices.page(width=1000, height=600)
    owner = Owner(page, salon.wordpress)
    owner.logs_in()
    owner.connects_the_site(salon.sidecar.connection_code())
    yield photographed(page, folder / "save-and-test.png")
    page.get_by_role("button", name="Make a test visit").click()
    page.get_by_text("The whole way works, from the form to the message.").wait_for(timeout=60_000)
    page.get_by_role("heading", name="Test visit").evaluate(
        "heading => window.scrollTo(0, heading.offsetTop - 10)"
    )
    yield photographed(page, folder / "test-visit.png")


def _visitors_come(salon: Salon, devices: Devices, folder: Path) -> Iterator[Path]:
    _comes(salon, devices.page(), MASSAGE, first_name="Quirin", last_name="Öztürk").books(MASSAGE)
    _comes(salon, devices.page(), MASSAGE, first_name="Maja", last_name="Lindqvist").leaves()
    page = devices.page(width=1000, height=700)
    chloe = _comes(salon, page, CUT, first_name="Chloë", last_name="Laurent")
    yield photographed(page, folder / "form-left.png")
    chloe.leaves()


def _one_returns(salon: Salon, devices: Devices, folder: Path) -> Iterator[Path]:
    salon.mailbox.wait_for(_address("Chloë"))
    page = devices.page(width=480, height=680)
    page.goto(salon.mail_url)
    letter = page.get_by_role("article").filter(has_text=_address("Chloë"))
    link = letter.frame_locator("iframe").get_by_role("link", name="Finish my booking")
    link.wait_for()
    yield photographed(page, folder / "message.png")
    with page.expect_popup() as followed:
        link.click()
    chloe = Visitor(followed.value)
    chloe.sees_the_step("When suits you?")
    chloe.chooses_a_time()
    chloe.types(first_name="Chloë", last_name="Laurent", email=_address("Chloë"))
    conversion_with(chloe.books(CUT), salon.wordpress)


def _desk_looks(salon: Salon, devices: Devices, folder: Path) -> Iterator[Path]:
    page = devices.page(width=1160, height=560)
    desk = Desk(page, salon.sidecar)
    desk.logs_in()
    page.get_by_role("link", name=SITE, exact=True).click()
    page.get_by_role("heading", level=1, name=f"{SITE} working").wait_for()
    yield photographed(page, folder / "overview.png")
    desk.sees("Maja", state="contacted")
    desk.sees("Chloë Laurent", state="recovered")
    yield photographed(page, folder / "sessions.png")
    desk.opens("Chloë Laurent", state="recovered")
    desk.reads("Noted in WordPress", "yes")
    yield photographed(page, folder / "session.png", whole=True)


def _owner_looks(salon: Salon, devices: Devices, folder: Path) -> Iterator[Path]:
    page = devices.page(width=1000, height=620)
    owner = Owner(page, salon.wordpress)
    owner.logs_in()
    # The figures of the first log-in are shown for five minutes.
    salon.wordpress.php("Booking_Recovery\\Summary::forget();")
    page.reload()
    page.get_by_text("89.00").wait_for()
    owner.opens_the_overview()
    page.get_by_role("heading", name="What it brings").wait_for()
    yield photographed(page, folder / "wordpress-overview.png")


def _comes(salon: Salon, page: Page, service: str, *, first_name: str, last_name: str) -> Visitor:
    """Have somebody walk through the form as far as the contact data."""
    visitor = Visitor(page)
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(service, staff="Zoë")
    visitor.types(first_name=first_name, last_name=last_name, email=_address(first_name))
    return visitor


def _address(first_name: str) -> str:
    return f"{first_name.lower().replace('ë', 'e')}@example.com"
