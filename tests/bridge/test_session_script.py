"""The session script in Chromium: one id a visit, and never in the form's way."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

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

    form.evaluate(
        "document.body.innerHTML = '<input type=checkbox class=booking_recovery_consent>'"
    )
    assert posts(form)["booking_recovery_consent"] == "0"
    form.evaluate("document.querySelector('input').checked = true")
    assert posts(form)["booking_recovery_consent"] == "1"
    form.evaluate("document.body.innerHTML = ''")
    assert posts(form)["booking_recovery_consent"] == "1"


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
    for action in ("booking_finished_successfully", "ajax_after_confirm_success"):
        said = form.evaluate(f"bookneticHooks.doAction('{action}', panels.a, {{}}, {{}})")
        assert said is None
