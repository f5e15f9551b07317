"""Booking Recovery in wp-admin: its menu, the dashboard's widget, Site Health, the notice, the way to the sidecar."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bridge.wire import Sidecar as Stub
from tests.bridge.wire import connected, listening
from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress
from tests.pages.accessible import assert_accessible
from tests.stories.conftest import BODY, SUBJECT, WITHIN_SECONDS
from tests.stories.people import Owner, Visitor
from tests.stories.records import conversion_with, undelivered

CUT = "Färben & Schneiden"
OVERVIEW = "/wp-admin/admin.php?page=booking-recovery"
SETTINGS = "/wp-admin/admin.php?page=booking-recovery-settings"
OURS = ".booking-recovery"
FORGET = """
delete_option( 'booking_recovery_settings' ); delete_option( 'booking_recovery_check_in' );
delete_option( 'booking_recovery_delivery' ); delete_transient( 'booking_recovery_summary' );
global $wpdb; $wpdb->query( 'TRUNCATE TABLE ' . Booking_Recovery\\Schema::table( 'outbox' ) );
booknetic_stand_in_clear();
"""
OLD_FIGURES = """
$kept = get_transient( 'booking_recovery_summary' );
$kept['asked_at'] -= 1500; $kept['known']['at'] -= 1500;
set_transient( 'booking_recovery_summary', $kept );
"""
STUCK = """
global $wpdb;
( new Booking_Recovery\\Outbox() )->add( 'session.started', 'a-visitor', array() );
$wpdb->query( 'UPDATE ' . Booking_Recovery\\Schema::table( 'outbox' ) . ' SET occurred_at = 1000 * ( UNIX_TIMESTAMP() - 1000 ) WHERE delivered_at IS NULL' );
update_option( 'booking_recovery_delivery', array( 'result' => 'unreachable', 'failures' => 5, 'next_at' => time() + 900 ) );
"""
RIGHT_TO_LEFT = "<?php add_action( 'init', function () { $GLOBALS['wp_locale']->text_direction = 'rtl'; }, 0 );"


@pytest.fixture(scope="module")
def sidecar(wordpress: WordPress, browser: Browser, mail: Mailbox) -> Iterator[Sidecar]:
    """Pair the site with a real sidecar, which has another site, too; have one visitor won back and one not."""
    with private_directory() as folder, contextlib.closing(Devices(browser)) as devices:
        wordpress.php(FORGET)
        sidecar = Sidecar(folder, site_url=wordpress.url, password="", env=None, **WITHIN_SECONDS)
        sidecar.command("pair", "spa")
        sidecar.start()
        try:
            owner = Owner(devices.page(), wordpress)
            owner.logs_in()
            owner.adds_a_workflow(subject=SUBJECT, body=BODY)
            owner.connects_the_site(sidecar.connection_code())
            for name in ("Chloe", "Maja"):
                _comes(devices.page(), wordpress, name).leaves()
            letters = [mail.wait_for(_address(name)) for name in ("Chloe", "Maja")]
            chloe = Visitor(devices.page())
            chloe.follows_the_link_in(letters[0])
            chloe.chooses_a_time()
            chloe.types(first_name="Chloe", last_name="Lindqvist", email=_address("Chloe"))
            conversion_with(chloe.books(CUT), wordpress)
            wait_until(lambda: not undelivered(wordpress), what="the events to arrive")
            yield sidecar
        finally:
            sidecar.stop()
            wordpress.php(FORGET)


def _comes(page: Page, wordpress: WordPress, name: str) -> Visitor:
    visitor = Visitor(page)
    visitor.opens(wordpress.book_url)
    visitor.chooses(CUT, staff="Zoë")
    visitor.types(first_name=name, last_name="Lindqvist", email=_address(name))
    return visitor


def _address(name: str) -> str:
    return f"{name.lower()}@overview.example"


@pytest.fixture
def stub(wordpress: WordPress) -> Iterator[Stub]:
    """A sidecar that can be slow, or go away."""
    wordpress.php(FORGET)
    with listening() as server, connected(wordpress, server):
        yield server
        wordpress.php(FORGET)


@pytest.fixture
def owner(wordpress: WordPress, page: Page) -> Page:
    Owner(page, wordpress).logs_in()
    return page


def _opens(page: Page, wordpress: WordPress, path: str) -> None:
    page.goto(f"{wordpress.url}{path}")


def _figure(page: Page, label: str) -> str:
    term = page.get_by_role("term").filter(has_text=label)
    return (
        page.locator(".booking-recovery-glance-figures > div")
        .filter(has=term)
        .locator("dd")
        .inner_text()
    )


def test_an_owner_reads_whether_all_works_and_what_it_brings(
    sidecar: Sidecar, wordpress: WordPress, owner: Page
) -> None:
    wordpress.php("delete_transient( 'booking_recovery_summary' );")
    menu = owner.get_by_role("navigation", name="Main menu")
    menu.get_by_role("link", name="Booking Recovery", exact=True).click()

    expect(owner.get_by_role("heading", name="Booking Recovery", level=1)).to_be_visible()
    expect(owner.locator(".booking-recovery-state")).to_contain_text("Everything works.")
    expect(owner.get_by_text("As of").first).to_be_visible()
    assert _figure(owner, "Bookings won back this month") == "1"
    assert _figure(owner, "What they are worth") == "89.00 EUR"
    assert _figure(owner, "Open visits") == "1"
    rows = owner.get_by_role("row")
    expect(rows.filter(has_text="M. L.")).to_contain_text("contacted")
    expect(rows.filter(has_text="recovered")).to_contain_text(CUT)
    assert "@overview" not in owner.content(), "nobody's address is here"
    expect(owner.get_by_role("status")).to_contain_text("As of")
    assert_accessible(owner, OURS)

    sidecar.stop()
    try:
        wordpress.php(OLD_FIGURES)
        owner.reload()
        said = owner.get_by_text(
            "The sidecar did not answer just now. These figures are 25 mins old."
        )
        expect(said.first).to_be_visible()
        assert _figure(owner, "What they are worth") == "89.00 EUR"
        assert_accessible(owner, OURS)
    finally:
        sidecar.start()


def test_a_button_leads_to_the_status_page_for_this_site_alone(
    sidecar: Sidecar, wordpress: WordPress, owner: Page
) -> None:
    _opens(owner, wordpress, OVERVIEW)
    button = owner.get_by_role("button", name="Open recovery status (opens in a new tab)")
    button.focus()
    with owner.expect_popup() as opened:
        owner.keyboard.press("Enter")

    status = opened.value
    status.wait_for_url(f"{sidecar.url}/sites/{SITE}/**")
    assert status.request.get(f"{sidecar.url}/sites/{SITE}/sessions").ok
    assert status.request.get(f"{sidecar.url}/sites/spa/sessions").status == 404
    expect(status.get_by_role("row").filter(has_text="Maja Lindqvist")).to_be_visible()
    assert owner.url.endswith(OVERVIEW), "wp-admin stays where it is"


@pytest.mark.usefixtures("sidecar")
def test_the_dashboard_shows_it_in_short(wordpress: WordPress, owner: Page) -> None:
    wordpress.php("delete_transient( 'booking_recovery_summary' );")
    owner.reload()

    widget = owner.locator("#booking_recovery_widget")
    expect(widget.get_by_text("As of").first).to_be_visible()
    assert _figure(owner, "Bookings won back this month") == "1"
    expect(widget.get_by_role("button", name="Open recovery status")).to_be_visible()
    assert_accessible(owner, "#booking_recovery_widget .inside")
    widget.get_by_role("link", name="Overview and last visits").click()
    expect(owner.get_by_role("heading", name="Last visits")).to_be_visible()


@pytest.mark.usefixtures("sidecar")
def test_site_health_knows_of_it(wordpress: WordPress, owner: Page) -> None:
    _opens(owner, wordpress, "/wp-admin/site-health.php")
    owner.get_by_role("button", name="Passed tests").click()

    for label in (
        "Events reach the sidecar.",
        "The sidecar reaches this site.",
        "There is a workflow for abandoned bookings.",
        "Events are delivered at once, and no visitor waits for that.",
    ):
        expect(owner.locator("#health-check-issues-good").get_by_text(label)).to_be_visible()


@pytest.mark.usefixtures("sidecar")
def test_whoever_may_not_change_the_site_sees_nothing_of_it(
    wordpress: WordPress, page: Page
) -> None:
    wordpress.php(
        "wp_insert_user( array( 'user_login' => 'writer', 'user_pass' => 'lets in the cat',"
        " 'user_email' => 'writer@example.com', 'role' => 'editor' ) );" + STUCK
    )
    try:
        _opens(page, wordpress, "/wp-login.php")
        page.get_by_label("Username or Email Address").fill("writer")
        page.get_by_label("Password", exact=True).fill("lets in the cat")
        page.get_by_role("button", name="Log In").click()
        expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
        assert "Booking Recovery" not in page.content()
        asked = [
            page.request.get(f"{wordpress.url}{path}").status
            for path in (
                OVERVIEW,
                SETTINGS,
                "/wp-admin/admin-ajax.php?action=booking_recovery_glance",
                "/wp-admin/admin-post.php?action=booking_recovery_open",
            )
        ]
    finally:
        wordpress.php(
            "require_once ABSPATH . 'wp-admin/includes/user.php';"
            "wp_delete_user( get_user_by( 'login', 'writer' )->ID );"
            "delete_option( 'booking_recovery_delivery' ); ( new Booking_Recovery\\Outbox() )->mark_delivered_up_to( 99999 );"
        )
    assert asked == [403] * 4


def test_no_page_waits_for_a_sidecar_that_does_not_answer(
    stub: Stub, wordpress: WordPress, owner: Page
) -> None:
    _opens(owner, wordpress, OVERVIEW)
    expect(owner.get_by_text("As of").first).to_be_visible()
    wordpress.php(OLD_FIGURES)
    stub.asked.clear()
    stub.delay = 60

    _opens(owner, wordpress, OVERVIEW)
    expect(owner.get_by_text("Asking the sidecar for the figures of now").first).to_be_visible()
    assert _figure(owner, "What they are worth") == "120.00 EUR"
    expect(owner.get_by_text("These figures are 25 mins old").first).to_be_visible()
    _opens(owner, wordpress, OVERVIEW)
    _opens(owner, wordpress, "/wp-admin/")

    expect(owner.get_by_text("These figures are 25 mins old").first).to_be_visible()
    assert len(stub.asked) == 1, "it is not asked again with every page"


def test_without_javascript_a_link_asks(
    stub: Stub, wordpress: WordPress, browser: Browser
) -> None:
    with contextlib.closing(browser.new_context(java_script_enabled=False)) as context:
        page = context.new_page()
        Owner(page, wordpress).logs_in()
        _opens(page, wordpress, OVERVIEW)
        assert stub.asked == []

        page.get_by_role("link", name="Ask the sidecar for the figures of now").click()

        assert _figure(page, "What they are worth") == "120.00 EUR"
        assert len(stub.asked) == 1


@pytest.mark.usefixtures("stub")
def test_a_notice_says_that_events_are_stuck_and_can_be_hidden_until_it_happens_anew(
    wordpress: WordPress, owner: Page
) -> None:
    wordpress.php(STUCK)
    notice = owner.locator(".notice-error").filter(has_text="Events do not reach the sidecar.")
    _opens(owner, wordpress, "/wp-admin/edit.php")
    expect(notice).to_have_count(0)
    _opens(owner, wordpress, OVERVIEW)
    expect(owner.locator("[data-status=critical]")).to_contain_text("The sidecar does not answer.")
    assert_accessible(owner, OURS)
    _opens(owner, wordpress, "/wp-admin/plugins.php")
    expect(notice).to_contain_text("Bookings are not affected")
    assert_accessible(owner, ".notice-error")

    notice.get_by_role("button", name="Hide this until it happens anew").click()

    expect(owner.get_by_role("heading", name="Plugins", level=1)).to_be_visible()
    expect(notice).to_have_count(0)
    wordpress.php(
        "( new Booking_Recovery\\Outbox() )->mark_delivered_up_to( 99999 ); sleep( 1 );" + STUCK
    )
    _opens(owner, wordpress, "/wp-admin/")
    expect(notice).to_be_visible()


def test_a_site_without_a_sidecar_is_told_how_to_begin(wordpress: WordPress, owner: Page) -> None:
    kept = wordpress.php(
        "echo wp_json_encode( get_option( 'booking_recovery_settings' ) ); delete_option( 'booking_recovery_settings' );"
    )
    try:
        _opens(owner, wordpress, OVERVIEW)
        expect(owner.get_by_role("heading", name="How to begin")).to_be_visible()
        expect(owner.get_by_role("button", name="Open recovery status")).to_have_count(0)
        assert_accessible(owner, OURS)
        owner.get_by_role("link", name="Booking Recovery settings").click()
        expect(owner.get_by_label("Connection code")).to_be_visible()
        assert_accessible(owner, "#wpbody-content .wrap")
    finally:
        wordpress.php(
            f"update_option( 'booking_recovery_settings', json_decode( '{kept}', true ) );"
        )


def test_the_address_that_the_settings_had_before_leads_to_them(
    wordpress: WordPress, owner: Page
) -> None:
    _opens(owner, wordpress, "/wp-admin/options-general.php?page=booking-recovery&visit=a%26b")

    assert owner.url == f"{wordpress.url}{SETTINGS}&visit=a%26b"
    expect(owner.get_by_role("heading", name="Booking Recovery: Settings")).to_be_visible()


@pytest.mark.usefixtures("stub")
def test_in_a_language_from_right_to_left_everything_turns_round(
    wordpress: WordPress, owner: Page
) -> None:
    plugin = wordpress.path / "wp-content/mu-plugins/right-to-left.php"
    plugin.write_text(RIGHT_TO_LEFT)
    try:
        _opens(owner, wordpress, OVERVIEW)
        expect(owner.get_by_text("As of").first).to_be_visible()
        figures = owner.locator(".booking-recovery-glance-figures > div")
        places = [
            figures.nth(number).evaluate("figure => figure.getBoundingClientRect().x")
            for number in range(3)
        ]
        assert places == sorted(places, reverse=True)
        assert_accessible(owner, OURS)
        _opens(owner, wordpress, SETTINGS)
        assert owner.evaluate("getComputedStyle(document.body).direction") == "rtl"
        assert_accessible(owner, "#wpbody-content .wrap")
    finally:
        plugin.unlink()
