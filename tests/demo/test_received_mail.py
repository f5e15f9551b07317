"""Letters are shown as they would be read, and can do nothing to the page around them."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.demo import received_mail
from tests.ground.mail import Mailbox


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def url(mailbox: Mailbox) -> Iterator[str]:
    with received_mail.served(mailbox, book_url="http://salon.example/book/", seconds=15) as url:
        yield url


def arrive(mailbox: Mailbox, subject: str, body: str, *, subtype: str = "html") -> None:
    letter = EmailMessage()
    letter["Subject"] = subject
    letter["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    letter.set_content(body, subtype=subtype)
    mailbox.letters.append((["zoë@example.com"], letter))


def test_letters_appear_by_themselves_the_newest_first(
    url: str, mailbox: Mailbox, page: Page
) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()

    arrive(mailbox, "First", "<p>one</p>")
    expect(page.get_by_role("article")).to_have_count(1)
    arrive(mailbox, "Second & <last>", "<p>two</p>")

    expect(page.get_by_role("article")).to_have_count(2)
    first = page.get_by_role("article").first
    expect(first.get_by_role("heading")).to_have_text("Second & <last>")
    expect(first.frame_locator("iframe").get_by_text("two")).to_be_visible()
    expect(first).to_contain_text("zoë@example.com · 11:00:00")
    expect(page.get_by_role("status")).to_have_text("A new letter has arrived.")
    expect(page.get_by_role("heading", name="No mail yet")).to_be_hidden()


def test_a_letter_s_scripts_and_pictures_stay_dead_and_its_links_open_beside(
    url: str, mailbox: Mailbox, page: Page
) -> None:
    answered: list[str] = []
    page.on("response", lambda answer: answered.append(answer.url))
    arrive(
        mailbox,
        "Hostile",
        f"<script>parent.document.title = 'taken'</script><img src='{url}spy.png'>"
        f"<style>@import '{url}spy.css';</style><a href='{url}#followed'>Go</a>",
    )
    page.goto(url)
    link = page.frame_locator("iframe").get_by_role("link", name="Go")

    with page.expect_popup() as opened:
        link.click()

    opened.value.wait_for_url("**/#followed")
    expect(opened.value.get_by_role("heading", name="Received mail")).to_be_visible()
    assert opened.value.evaluate("document.title") == "Received mail"
    assert page.title() == "Received mail"
    assert f"{url}letters/1" in answered
    assert [address for address in answered if "spy" in address] == []


def test_a_plain_letter_is_shown_to_the_letter(url: str, mailbox: Mailbox, page: Page) -> None:
    arrive(mailbox, "Plain", "1 < 2\n  <b>not bold</b>\n", subtype="plain")

    page.goto(url)

    shown = page.frame_locator("iframe").locator("div")
    assert shown.inner_text().rstrip("\n") == "1 < 2\n  <b>not bold</b>"


def test_a_letter_that_is_not_there_is_not_found(url: str, page: Page) -> None:
    answer = page.goto(f"{url}letters/1")

    assert answer
    assert answer.status == 404
