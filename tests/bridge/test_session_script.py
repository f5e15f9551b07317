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
window.posts = (panel = 'a') => Object.fromEntries(
  bookneticHooks.doFilter('appointment_ajax_data', new FormData(), panels[panel]));
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
