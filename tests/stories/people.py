"""Who appears in the stories, and what they do: each acts in a browser, as people do."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, Response, expect

from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress
from tests.stories.records import undelivered

SALONS_ZONE = ZoneInfo("Europe/Berlin")
PACE = 750  # milliseconds for a step; whoever is faster is taken for a robot


class Owner:
    """The salon's owner, in wp-admin."""

    def __init__(self, page: Page, wordpress: WordPress) -> None:
        self._page = page
        self._wordpress = wordpress

    def logs_in(self) -> None:
        self._page.goto(f"{self._wordpress.url}/wp-login.php")
        self._page.get_by_label("Username or Email Address").fill(self._wordpress.admin.user)
        self._page.get_by_label("Password", exact=True).fill(self._wordpress.admin.password)
        self._page.get_by_role("button", name="Log In").click()
        expect(self._page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()

    def connects_the_site(self, code: str) -> None:
        self.saves_the_code(code)
        self.reads_that("The connection works, there and back.")

    def saves_the_code(self, code: str) -> None:
        """Paste a connection code into the settings, and have the connection tested."""
        self.opens_the_settings()
        self._page.get_by_label("Connection code").fill(code)
        self._page.get_by_role("button", name="Save and test").click()

    def says_that_the_site_has_moved(self) -> None:
        self.opens_the_settings()
        self._page.get_by_role("button", name="The site has moved").click()

    def opens_the_settings(self) -> None:
        self._opens("Settings")

    def opens_the_overview(self) -> None:
        self._opens("Overview")

    def _opens(self, name: str) -> None:
        """Choose one of our pages in the menu."""
        self._page.goto(f"{self._wordpress.url}/wp-admin/")
        menu = self._page.get_by_role("navigation", name="Main menu")
        ours = menu.get_by_role("listitem").filter(
            has=self._page.get_by_role("link", name="Booking Recovery", exact=True)
        )
        ours.get_by_role("link", name="Booking Recovery", exact=True).hover()
        ours.get_by_role("link", name=name, exact=True).click()

    def reads_that(self, sentence: str) -> None:
        expect(self._page.get_by_text(sentence)).to_be_visible()

    def adds_a_workflow(self, *, subject: str, body: str, name: str = "Left") -> None:
        """Have Booknetic mail whoever left; its workflow editor is not part of the stand-in."""
        values = ", ".join(
            f"'{text}'"
            for text in ("booking_recovery_abandoned", subject, body, "{booking_recovery_email}")
        )
        self._wordpress.php(
            f"$id = booknetic_stand_in_add_workflow( {values} );"
            "BookneticApp\\Models\\Workflow::where( 'id', $id )"
            f"->update( array( 'name' => '{name}' ) );"
        )

    def limits_the_workflows(self, to: Mapping[str, tuple[Collection[int], str]]) -> None:
        """Tick the messages that each workflow is meant for, and say for whom."""
        self.opens_the_settings()
        for name, (numbers, kind) in to.items():
            row = self._page.get_by_role("group", name=name, exact=True)
            for box in row.get_by_role("checkbox").all():
                box.set_checked(int(box.get_attribute("value") or 0) in numbers)
            row.get_by_label("For").select_option(kind)
        form = self._page.locator("form").filter(has=self._page.get_by_role("group", name=name))
        form.get_by_role("button", name="Save").click()
        self.reads_that("Saved.")

    def leaves_alone(self, *people: str) -> None:
        """Type in who wants no messages, and wait until the sidecar knows."""
        self.opens_the_settings()
        field = self._page.get_by_label("E-mail addresses and phone numbers, one a line")
        field.fill("\n".join(people))
        self._sends_the_list(len(people))

    def leaves_alone_all_in(self, file: Path, *, new: int) -> None:
        """Hand in a file of who wants no messages, and wait until the sidecar knows."""
        self.opens_the_settings()
        self._page.get_by_label("or a file with them").set_input_files(file)
        self._sends_the_list(new)

    def _sends_the_list(self, new: int) -> None:
        self._page.get_by_role("button", name="Write to them no more").click()
        self.reads_that(f"no messages from now on: {new}.")
        wait_until(lambda: not undelivered(self._wordpress), what="the sidecar to be told")

    def asks_for_consent(self, how: str) -> None:
        """Choose what the form says to visitors about messages."""
        self.opens_the_settings()
        field = self._page.get_by_label("Who may be written to")
        field.select_option(label=how)
        form = self._page.locator("form").filter(has=field)
        form.get_by_role("button", name="Save").click()
        self.reads_that("Saved.")
        wait_until(lambda: not undelivered(self._wordpress), what="the sidecar to be told")

    def erases(self, email: str) -> None:
        """Have WordPress's own tool erase somebody, and wait until the sidecar has heard."""
        self._page.goto(f"{self._wordpress.url}/wp-admin/erase-personal-data.php")
        self._asks_for_a_request(email, "Send personal data erasure confirmation email")
        row = self._page.get_by_role("row").filter(has_text=email)
        row.hover()
        row.get_by_role("button", name="Erase personal data", exact=True).click()
        kept = "Booking Recovery keeps a hash of the address"
        expect(self._page.get_by_text(kept)).to_be_visible()
        wait_until(lambda: not undelivered(self._wordpress), what="the sidecar to be told")

    def exports(self, email: str, package: Path) -> str:
        """Have WordPress's own tool export what it holds of somebody; return what it packs."""
        self._page.goto(f"{self._wordpress.url}/wp-admin/export-personal-data.php")
        self._asks_for_a_request(email, "Send personal data export confirmation email")
        row = self._page.get_by_role("row").filter(has_text=email)
        row.hover()
        row.get_by_role("button", name="Download personal data").click()
        wait_until(package.exists, what="WordPress to have gathered everything")
        return package.read_text()

    def _asks_for_a_request(self, email: str, confirmation: str) -> None:
        self._page.get_by_label("Username or email address").fill(email)
        self._page.get_by_label(confirmation).uncheck()
        self._page.get_by_role("button", name="Send Request").click()

    def has_messages_sent_after(self, times: str) -> None:
        """Change the times of the messages, and wait until the sidecar knows them."""
        self.opens_the_settings()
        field = self._page.get_by_label("Messages are sent after")
        field.fill(times)
        form = self._page.locator("form").filter(has=field)
        form.get_by_role("button", name="Save").click()
        self.reads_that("Saved.")
        wait_until(lambda: not undelivered(self._wordpress), what="the sidecar to be told")


class Visitor:
    """Someone at the booking form."""

    def __init__(self, page: Page, *, zone: ZoneInfo = SALONS_ZONE) -> None:
        self._page = page
        self._zone = zone

    def opens(self, address: str) -> None:
        """Open a page, in a new tab where the visitor had left."""
        self._sits_down()
        self._page.goto(address)

    def follows_the_link_in(self, letter: EmailMessage, *, to: str = "/book/") -> None:
        self._reads(letter)
        self._page.get_by_role("link", name="Finish my booking").click()
        self._page.wait_for_url(re.compile(to))

    def asks_to_be_left_alone(self, letter: EmailMessage, *, means_it: bool) -> None:
        """Follow the link to the way out; press its button only if that is meant."""
        self._reads(letter)
        self._page.get_by_role("link", name="No more of these").click()
        button = self._page.get_by_role("button", name="Stop these messages")
        expect(button).to_be_visible()
        if means_it:
            button.click()
            expect(self._page.get_by_role("heading", level=1)).to_contain_text("no more of these")

    def chooses(self, service: str, *, staff: str, days_ahead: int = 0) -> datetime:
        """Walk through service, staff and time; return when the appointment would be."""
        self._page.locator(".booknetic_service_card", has_text=service).click()
        self._goes_on()
        self._page.locator(".booknetic_card", has_text=staff).click()
        self._goes_on()
        return self.chooses_a_time(days_ahead=days_ahead)

    def chooses_a_time(self, *, days_ahead: int = 0) -> datetime:
        """Take the first free time of the first day, or of one behind it; return when that is."""
        self._page.locator(".booknetic_calendar_days:enabled").nth(days_ahead).click()
        time = self._page.locator(".booknetic_time_element").first
        time.click()
        date, hour = (time.get_attribute(name) for name in ("data-date-original", "data-time"))
        self._goes_on()
        return datetime.fromisoformat(f"{date}T{hour}").replace(tzinfo=self._zone)

    def types(self, *, first_name: str, last_name: str, email: str, phone: str = "") -> None:
        """Fill in the contact form, and wait until Booknetic has heard of the address."""
        self._page.get_by_label("First name").fill(first_name)
        self._page.get_by_label("Last name").fill(last_name)
        self._page.get_by_label("Phone").fill(phone)
        with self._page.expect_response(
            lambda answer: (
                b"bkntc_check_customer_exist" in _sent(answer) and email.encode() in _sent(answer)
            )
        ):
            self._page.get_by_label("E-mail").fill(email)

    def fills_in_what_nobody_sees(self) -> None:
        """Do as programs do that look for fields and not at the page."""
        self._page.locator(".booknetic_information_form input[name=subject]").evaluate(
            "field => { field.value = 'Cheap pills'; }"
        )

    def types_her_address(self, email: str) -> None:
        """Type it alone, as a customer whom Booknetic recognises by it."""
        with self._page.expect_response(
            lambda answer: b"bkntc_check_customer_exist" in _sent(answer)
        ):
            self._page.get_by_label("E-mail").fill(email)
        expect(self._page.get_by_label("First name")).to_be_hidden()

    def sees_a_box_for(self, words: str, *, ticked: bool) -> None:
        expect(self._page.get_by_role("checkbox", name=words)).to_be_checked(checked=ticked)

    def sees_a_line_and_no_box(self, words: str) -> None:
        expect(self._page.get_by_text(words)).to_be_visible()
        expect(self._page.get_by_role("checkbox")).to_have_count(0)

    def ticks(self, words: str, *, on: bool = True) -> None:
        """Tick or untick a box, as the last thing that is done on the page."""
        with self._page.expect_response(lambda answer: b"_consent" in _sent(answer)):
            self._page.get_by_role("checkbox", name=words).set_checked(on)

    def unticks_and_is_gone(self, words: str) -> None:
        """Untick a box and follow a link to elsewhere at once."""
        self._page.get_by_role("checkbox", name=words).uncheck()
        self._page.goto("about:blank")
        self._page.close()

    def books(self, service: str) -> int:
        """Confirm `service`; return the number of the appointment that the form shows."""
        self._goes_on()
        expect(self._page.locator(".booknetic_confirm_details")).to_contain_text(service)
        return self._confirms()

    def goes_to_pay(self, service: str) -> int:
        """Confirm `service` with payment online, up to the window where that is done.

        Returns the number of the appointment that waits for it.
        """
        self._goes_on()
        expect(self._page.locator(".booknetic_confirm_details")).to_contain_text(service)
        return self._pays_online()

    def _pays_online(self) -> int:
        self._page.get_by_role("button", name="Pay online").click()
        with (
            self._page.expect_popup() as window,
            self._page.expect_response(lambda answer: b"confirm" in _sent(answer)) as confirmed,
        ):
            self._page.get_by_role("button", name="Confirm booking").click()
        expect(window.value.get_by_role("heading", name="Payment")).to_be_visible()
        return int(confirmed.value.json()["id"])

    def gives_up_paying(self) -> None:
        """Close the window where it is done, and hear from the form that it was not."""
        for page in self._page.context.pages:
            if page is not self._page:
                page.close()
        failure = self._page.get_by_role("heading", name="The payment did not go through")
        expect(failure).to_be_visible()

    def tries_again_on_site(self) -> int:
        """Press TRY AGAIN, and pay at the salon; return the number of the appointment."""
        self._page.get_by_role("button", name="Try again").click()
        self._page.get_by_role("button", name="Pay on site").click()
        return self._confirms()

    def tries_again_online(self) -> int:
        """Press TRY AGAIN, up to the window once more; return the number of the appointment."""
        self._page.get_by_role("button", name="Try again").click()
        return self._pays_online()

    def leaves(self) -> None:
        for page in self._page.context.pages:
            page.close()

    def sees_the_step(self, heading: str) -> None:
        expect(self._page.get_by_role("heading", name=heading)).to_be_visible()

    def _confirms(self) -> int:
        self._page.get_by_role("button", name="Confirm booking").click()
        expect(self._page.get_by_text("your booking is in")).to_be_visible()
        return int(self._page.locator(".booknetic_appointment_finished_code").inner_text())

    def _sits_down(self) -> None:
        if self._page.is_closed():
            self._page = self._page.context.new_page()

    def _reads(self, letter: EmailMessage) -> None:
        self._sits_down()
        self._page.set_content(letter.get_content())

    def _goes_on(self) -> None:
        self._page.wait_for_timeout(PACE)
        self._page.get_by_role("button", name="Next step").click()


def _sent(answer: Response) -> bytes:
    """What Booknetic's form had sent to be answered so."""
    return answer.request.post_data_buffer or b""


class Desk:
    """The salon's front desk, on the sidecar's status page."""

    def __init__(self, page: Page, sidecar: Sidecar) -> None:
        self._page = page
        self._sidecar = sidecar

    def logs_in(self) -> None:
        self._page.goto(self._sidecar.url)
        self._page.get_by_label("Name").fill(self._sidecar.desk.user)
        self._page.get_by_label("Password").fill(self._sidecar.desk.password)
        self._page.get_by_role("button", name="Log in").click()
        expect(self._page.get_by_role("heading", name="Sites")).to_be_visible()

    def sees(self, name: str, *, state: str, said: str = "") -> None:
        """Find somebody's session in the list, reloading until it has the state, and says so."""
        wait_until(
            lambda: self._rows(name, state, said),
            what=f"{name} to be {state} on the list {said}",
        )

    def opens(self, name: str, *, state: str, said: str = "") -> None:
        self.sees(name, state=state, said=said)
        self._rows(name, state, said)[0].get_by_role("link").first.click()
        expect(self._page.get_by_role("heading", level=1)).to_contain_text(name)

    def finds_nobody_called(self, name: str) -> None:
        self._page.goto(f"{self._sidecar.url}/sites/{SITE}/sessions")
        expect(self._page.get_by_role("heading", level=1)).to_contain_text("Sessions")
        expect(self._page.get_by_role("row").filter(has_text=name)).to_have_count(0)

    def takes_for_a_person(self) -> None:
        self._page.get_by_text("It is a person", exact=True).click()
        self._page.get_by_role("button", name="Yes, it is a person").click()

    def reads_that(self, sentence: str) -> None:
        """Find a sentence on the session's page, reloading until it is there."""

        def there() -> bool:
            self._page.reload()
            return sentence in self._page.get_by_role("main").inner_text()

        wait_until(there, what=f"the page to say: {sentence}")

    def reads(self, fact: str, text: str) -> None:
        """Find `text` beside one of the session's facts, reloading until it is there."""

        def there() -> bool:
            self._page.reload()
            return text in self._fact(fact).inner_text()

        wait_until(there, what=f"{fact} to be: {text}")

    def reads_the_time(self, fact: str) -> datetime:
        shown = self._fact(fact).locator("time").get_attribute("datetime")
        assert shown
        return datetime.fromisoformat(shown)

    def _fact(self, what: str) -> Locator:
        term = self._page.get_by_role("term").filter(has_text=re.compile(f"^{what}$"))
        return self._page.locator("dl > div").filter(has=term).locator("dd")

    def _rows(self, name: str, state: str, said: str) -> list[Locator]:
        self._page.goto(f"{self._sidecar.url}/sites/{SITE}/sessions")
        badge = self._page.locator(".state").filter(has_text=re.compile(f"^{state}$"))
        rows = self._page.get_by_role("row").filter(has_text=name).filter(has_text=said)
        return rows.filter(has=badge).all()
