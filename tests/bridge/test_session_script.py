"""The session script in Chromium: one id a visit, and never in the form's way."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.ground.processes import HOST
from tests.ground.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]
SCRIPT = (REPOSITORY / "wp-bridge/assets/session.js").read_text()

# The part of the form's script that ours hangs on, with its way of handing values on.
FORM = """
window.form = () => {
  const listeners = {};
  const add = (key, fn) => (listeners[key.toLowerCase()] ||= []).push(fn);
  const run = (key, value, ...more) => (listeners[key.toLowerCase()] || []).reduce(
    (current, fn) => { const said = fn(...(current === undefined ? [] : [current]), ...more);
                       return said === undefined ? current : said; }, value);
  window.bookneticHooks = {
    addAction: add, addFilter: add,
    doAction: (key, ...more) => run(key, undefined, ...more),
    doFilter: (key, value, ...more) => run(key, value, ...more),
  };
};
window.panels = {a: {}, b: {}};
window.posts = (panel = 'a', customer = null) => {
  const data = new FormData();
  data.set('cart', JSON.stringify([{customer_data: customer || {}}]));
  data.set('current', '0');
  return Object.fromEntries(bookneticHooks.doFilter('appointment_ajax_data', data, panels[panel]));
};
"""
ID = re.compile(r"[0-9a-f]{32}")
BOX = "<input type=checkbox class=booking_recovery_consent data-shown=words.seal>"


@pytest.fixture
def form(page: Page) -> Page:
    """A page of a site with the form and the script."""
    page.route(
        "http://salon.test/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<script>{FORM}form()</script><script>{SCRIPT}</script>",
        ),
    )
    page.goto("http://salon.test/book/?utm_source=x")
    return page


def posts(page: Page, panel: str = "a") -> dict[str, str]:
    found: dict[str, str] = page.evaluate(f"posts('{panel}')")
    return found


def session(page: Page, panel: str = "a") -> str:
    return posts(page, panel)["booking_recovery_session"]


def test_every_post_carries_the_id_and_the_page(form: Page) -> None:
    first, second = posts(form), posts(form)

    assert ID.fullmatch(first["booking_recovery_session"])
    assert first == second
    assert first["booking_recovery_page"] == "/book/?utm_source=x"


def test_the_id_outlives_the_page(form: Page) -> None:
    before = session(form)
    form.reload()

    assert session(form) == before


def test_after_a_booking_the_next_page_is_a_new_visit(form: Page) -> None:
    before = session(form)
    form.evaluate("bookneticHooks.doAction('booking_finished_successfully', panels.a)")
    assert session(form) == before, "the finished form still talks of the same visit"
    form.reload()

    assert session(form) != before
    assert session(form) == session(form)


def test_after_a_booking_the_next_panel_is_a_new_visit(form: Page) -> None:
    before = session(form)
    form.evaluate("bookneticHooks.doAction('booking_finished_successfully', panels.a)")

    assert session(form, "b") != before


def test_a_form_that_shows_no_finish_screen_ends_the_visit_too(form: Page) -> None:
    before = session(form)
    form.evaluate("bookneticHooks.doAction('ajax_after_confirm_success', panels.a, {}, {id: 1})")
    form.reload()

    assert session(form) != before


def test_who_goes_to_pay_is_still_on_the_same_visit(form: Page) -> None:
    before = session(form)
    form.evaluate(
        "bookneticHooks.doAction('ajax_after_confirm_success', panels.a, {}, {id: 1, url: 'https://pay'})"
    )
    form.reload()

    assert session(form) == before


def test_after_a_week_unused_it_is_a_new_visit(form: Page) -> None:
    before = session(form)
    form.evaluate("""() => {
        const kept = JSON.parse(localStorage.booking_recovery);
        kept.used -= 7 * 864e5 + 1;
        localStorage.booking_recovery = JSON.stringify(kept);
    }""")

    assert session(form) != before


def typed(page: Page, **customer: str) -> str:
    found: str = page.evaluate(
        "customer => posts('a', customer).booking_recovery_session", customer
    )
    return found


def test_a_corrected_address_is_the_same_visit(form: Page) -> None:
    before = session(form)

    assert typed(form, email="ann@visitors.co") == before
    assert typed(form, email="ann@visitors.com") == before


def test_another_persons_address_on_a_later_page_is_a_new_visit(form: Page) -> None:
    before = typed(form, email="ann@visitors.example")
    form.reload()
    assert session(form) == before
    assert typed(form, email=" Ann@Visitors.example", phone="+49 170 1234567") == before
    form.reload()
    assert typed(form, email="b@", phone="+49 170 1234567") == before
    form.reload()

    other = typed(form, email="bob@visitors.example")
    assert other != before
    assert typed(form, email="bob@visitors.example") == other
    assert session(form) == other


def test_another_persons_phone_is_a_new_visit(form: Page) -> None:
    before = typed(form, phone="+491701234567")
    form.reload()

    assert typed(form, phone="+491707654321") != before


def test_no_address_is_kept_in_the_browser(form: Page) -> None:
    typed(form, email="ann@visitors.example", phone="+491701234567")

    kept = form.evaluate("localStorage.booking_recovery")
    assert "ann" not in kept
    assert "1234567" not in kept


@pytest.mark.parametrize("cart", ["", "x", "[]", "[5]", '[{"customer_data": {"email": {}}}]'])
def test_a_strange_cart_is_no_obstacle(form: Page, cart: str) -> None:
    posted = form.evaluate(
        """cart => { const data = new FormData(); data.set('cart', cart);
        return bookneticHooks.doFilter('appointment_ajax_data', data, panels.a).get('booking_recovery_session'); }""",
        cart,
    )
    assert ID.fullmatch(posted)


def test_the_box_is_read_while_it_is_there_and_remembered_after(form: Page) -> None:
    assert "booking_recovery_consent" not in posts(form)

    shows(form, BOX)
    assert posts(form)["booking_recovery_consent"] == "0"
    form.get_by_role("checkbox").check()
    assert posts(form)["booking_recovery_consent"] == "1"
    shows(form, "")
    assert posts(form)["booking_recovery_consent"] == "1"
    assert posts(form)["booking_recovery_shown"] == "words.seal"


def test_a_line_is_told_of_without_a_choice(form: Page) -> None:
    shows(form, '<p class="booking_recovery_consent_notice" data-shown="words.seal">Words</p>')

    assert posts(form)["booking_recovery_shown"] == "words.seal"
    assert "booking_recovery_consent" not in posts(form)


def test_a_box_in_one_panel_says_nothing_of_another(form: Page) -> None:
    form.evaluate("panels.a.panel_js = [document.body], panels.b.panel_js = [document.head]")
    shows(form, BOX)
    form.get_by_role("checkbox").check()

    assert posts(form, "a")["booking_recovery_consent"] == "1"
    assert "booking_recovery_consent" not in posts(form, "b")


def test_a_later_page_asks_anew(form: Page) -> None:
    shows(form, BOX)
    form.get_by_role("checkbox").check()
    assert posts(form)["booking_recovery_consent"] == "1"
    form.reload()
    assert "booking_recovery_consent" not in posts(form)
    shows(form, BOX)

    assert posts(form)["booking_recovery_consent"] == "0"


def test_a_tick_is_told_without_any_request_of_the_forms(form: Page) -> None:
    told = boxes_told(form, email="ann@visitors.example")
    form.get_by_role("checkbox").check()
    hears(form, told, ["1"], what="the tick to be told")
    form.get_by_role("checkbox").uncheck()
    hears(form, told, ["1", "0"], what="its end to be told")


def test_who_ticks_while_a_tick_is_being_told_is_heard_last(form: Page) -> None:
    told = boxes_told(form, email="ann@visitors.example")
    form.evaluate(
        "() => { const box = document.querySelector('input'); box.click(); box.click(); box.click(); box.click(); }"
    )

    hears(form, told, ["1", "0"], what="the last of four clicks to be told")


class Salon(ThreadingHTTPServer):
    """A site that answers posts when it is told to.

    A real one: a page that is gone shows its last requests to no route of a test.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), Answers)
        self.told: list[str] = []
        self.answers = threading.Event()


class Answers(BaseHTTPRequestHandler):
    server: Salon

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        page = f"<script>{FORM}form()</script><script>{SCRIPT}</script>"
        self.wfile.write(page.encode())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.told += boxes_in(sent)
        self.server.answers.wait(10)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the test tells what went wrong."""


@pytest.fixture
def slow_salon() -> Iterator[Salon]:
    with Salon() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.answers.set()
            server.shutdown()


def test_who_unticks_and_is_gone_while_a_tick_is_being_told_is_heard(
    page: Page, slow_salon: Salon
) -> None:
    page.goto(f"http://{HOST}:{slow_salon.server_port}/book/")
    types(page, email="ann@visitors.example")
    shows(page, BOX)
    posts(page)
    page.get_by_role("checkbox").check()
    wait_until(lambda: slow_salon.told == ["1"], what="the tick to be told")
    page.get_by_role("checkbox").uncheck()
    page.goto("about:blank")

    wait_until(lambda: slow_salon.told == ["1", "0"], what="its end to be told")


def test_an_address_that_the_form_knew_before_is_told_with_the_tick(form: Page) -> None:
    told = boxes_told(form, read=False, email="ann@visitors.example")
    form.get_by_role("checkbox").check()

    hears(form, told, ["1"], what="the first thing that is done on the page to be told")


@pytest.mark.parametrize("answer", ["success", "error"])
def test_a_tick_is_told_behind_what_the_form_is_asking(form: Page, answer: str) -> None:
    told = boxes_told(form, email="ann@visitors.example")
    form.evaluate("bookneticHooks.doAction('ajax_before_check_customer_exist', {}, panels.a)")
    form.get_by_role("checkbox").check()
    form.get_by_role("checkbox").uncheck()
    form.get_by_role("checkbox").check()
    assert told == []
    form.evaluate(f"bookneticHooks.doAction('ajax_after_check_customer_exist_{answer}', panels.a)")

    hears(form, told, ["1"], what="the last of the ticks to be told, once")


def test_a_tick_before_any_address_is_nobodys(form: Page) -> None:
    told = boxes_told(form, email="ann@")
    form.get_by_role("checkbox").check()
    form.get_by_role("checkbox").uncheck()
    form.evaluate("window.typed = {email: 'ann@visitors.example'}")
    form.get_by_role("checkbox").check()

    hears(form, told, ["1"], what="the tick of somebody to be told")


def shows(page: Page, html: str) -> None:
    page.evaluate("html => { document.body.innerHTML = html; }", html)


def hears(page: Page, told: list[str], boxes: list[str], *, what: str) -> None:
    def heard() -> bool:
        page.title()  # requests are only answered while Chromium is asked for something
        return told == boxes

    wait_until(heard, what=what)


def boxes_in(sent: str) -> list[str]:
    assert "bkntc_check_customer_exist" in sent
    return re.findall(r'name="booking_recovery_consent"\s+(\d)', sent)


def types(page: Page, **customer: str) -> None:
    """Fill in the contact fields of a form that reads them as the form does, box or not."""
    page.evaluate(
        """customer => {
            window.BookneticData = {ajax_url: '/wp-admin/admin-ajax.php'};
            window.typed = customer;
            panels.a.ajaxParameters = () => {
                const data = new FormData();
                data.set('cart', JSON.stringify([{customer_data: window.typed}]));
                data.set('current', '0');
                return bookneticHooks.doFilter('appointment_ajax_data', data, panels.a);
            };
        }""",
        customer,
    )


def boxes_told(page: Page, *, read: bool = True, **customer: str) -> list[str]:
    """Show a box to who has typed something; return what the server hears of it from then on.

    Without `read`, the form has asked for nothing since the box is there.
    """
    told: list[str] = []

    def hear(route: Route) -> None:
        told.extend(boxes_in(route.request.post_data or ""))
        route.fulfill(json={"status": "ok"})

    page.route("**/wp-admin/admin-ajax.php", hear)
    types(page, **customer)
    if not read:
        posts(page)
    shows(page, BOX)
    if read:
        posts(page)
    return told


def test_where_the_visitor_came_from_is_told(page: Page) -> None:
    page.route(
        "http://salon.test/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<a href=/book/>Book</a><script>{FORM}form()</script><script>{SCRIPT}</script>",
        ),
    )
    page.goto("http://salon.test/offers/")
    page.get_by_role("link").click()
    page.wait_for_url("**/book/")

    assert posts(page)["booking_recovery_referrer"] == "http://salon.test/offers/"


@pytest.mark.parametrize("kept", ["x", "null", "[]", '{"id": 5}', '{"used": "never"}', "{}"])
def test_a_spoiled_store_is_begun_anew(form: Page, kept: str) -> None:
    form.evaluate(f"localStorage.booking_recovery = {json.dumps(kept)}")

    assert ID.fullmatch(session(form))


def test_without_a_store_the_id_lasts_as_long_as_the_page(page: Page) -> None:
    page.set_content("<title>No storage on about:blank</title>")
    page.evaluate(f"{FORM}form()")
    page.evaluate(SCRIPT)

    assert ID.fullmatch(session(page))
    assert session(page) == session(page)


def test_a_form_that_loads_late_is_waited_for(page: Page) -> None:
    page.set_content("<title>Late</title>")
    page.evaluate(SCRIPT)
    page.evaluate(f"{FORM}setTimeout(form, 300)")
    page.wait_for_function("window.bookneticHooks && posts().booking_recovery_session")


def test_the_actions_hand_nothing_on(form: Page) -> None:
    session(form)
    for action in (
        "booking_finished_successfully",
        "ajax_after_confirm_success",
        "ajax_before_check_customer_exist",
        "ajax_after_check_customer_exist_success",
        "ajax_after_check_customer_exist_error",
    ):
        said = form.evaluate(f"bookneticHooks.doAction('{action}', panels.a, {{}}, {{}})")
        assert said is None
