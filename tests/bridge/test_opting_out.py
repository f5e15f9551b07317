"""Who wants no messages, and how that reaches the bridge: by a letter's link, or by the owner's hand."""

import contextlib
import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.bridge.wire import Sidecar, call, connected, listening
from tests.ground.mail import Mailbox
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress
from tests.ground.wp_config import php_literal


@pytest.fixture
def sidecar(wordpress: WordPress) -> Iterator[Sidecar]:
    """A sidecar of a site where nobody has opted out yet."""
    everybody = "'DELETE FROM ' . Booking_Recovery\\Schema::table( 'suppressions' )"
    clear = f"global $wpdb; $wpdb->query( {everybody} ); booknetic_stand_in_clear();"
    wordpress.php(clear)
    with listening() as server, connected(wordpress, server):
        yield server
        wordpress.php(clear)


@pytest.fixture
def owner(wordpress: WordPress, page: Page) -> Page:
    """The settings page, before an administrator."""
    log_in(page, wordpress, wordpress.admin.user, wordpress.admin.password)
    opens_settings(page, wordpress)
    return page


def log_in(page: Page, wordpress: WordPress, user: str, password: str) -> None:
    page.goto(f"{wordpress.url}/wp-login.php")
    page.get_by_label("Username or Email Address").fill(user)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log In").click()
    page.wait_for_url("**/wp-admin/**")


def opens_settings(page: Page, wordpress: WordPress) -> None:
    page.goto(f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings")


def wishes(wordpress: WordPress) -> list[str]:
    """Return by which way each wish came, oldest first."""
    answer = call(wordpress, "suppressions", action="suppressions.read", after=0, limit=1000)
    return [entry["via"] for entry in answer["entries"]]


def told(sidecar: Sidecar) -> list[dict[str, str]]:
    return [event["data"] for event in sidecar.events if event["type"] == "contact.opted_out"]


@pytest.mark.usefixtures("sidecar")
def test_the_code_in_a_message_is_a_target_for_list_unsubscribe(
    wordpress: WordPress, mail: Mailbox
) -> None:
    address = f"{secrets.token_hex(8)}@visitors.example"
    wordpress.php(
        "booknetic_stand_in_add_workflow( 'booking_recovery_abandoned', 'x',"
        " '{booking_recovery_opt_out_link}', '{booking_recovery_email}' );"
    )
    session = secrets.token_hex(16)
    answer = call(
        wordpress,
        "recoveries",
        action="recoveries.trigger",
        recovery_id=f"{session}.1",
        session_id=session,
        number=1,
        contact={"email": address},
        opt_out_token="opt_" + secrets.token_hex(12),
    )
    assert answer["outcome"] == "sent"
    letter = mail.wait_for(address)
    target = letter.get_content().strip()
    assert letter["List-Unsubscribe"] == f"<{target}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    looked = requests.get(target, timeout=30, allow_redirects=False)
    assert looked.status_code == 200
    assert "<button" in looked.text
    assert wishes(wordpress) == [], "looking at the page changes nothing"

    done = requests.post(
        target,
        data="List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
        timeout=30,
        allow_redirects=False,
    )
    assert done.status_code == 200
    assert wishes(wordpress) == ["link"], "nobody is asked to confirm"


def test_an_owner_types_somebody_in(wordpress: WordPress, sidecar: Sidecar, owner: Page) -> None:
    owner.get_by_label("E-mail addresses and phone numbers, one a line").fill(
        "Ann@visitors.example"
    )
    owner.get_by_role("button", name="Write to them no more").click()

    expect(owner.locator(".notice-success")).to_contain_text("from now on: 1.")
    expect(owner.get_by_text("1 e-mail address or phone number gets no messages")).to_be_visible()
    assert "ann@visitors.example" not in owner.content().lower()
    assert wishes(wordpress) == ["admin"]
    wait_until(lambda: told(sidecar), what="the sidecar to be told")
    assert told(sidecar) == [{"email": "ann@visitors.example", "via": "admin"}]


def test_an_owner_hands_in_a_file(
    wordpress: WordPress, sidecar: Sidecar, owner: Page, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "name,email,phone\nAnn,ann@visitors.example,\nBob,,+49 170 1234567\nAnn,ann@visitors.example,\n"
    )
    owner.get_by_label("or a file with them").set_input_files(file)
    owner.get_by_role("button", name="Write to them no more").click()

    expect(owner.locator(".notice-warning").first).to_contain_text(
        "from now on: 2. Lines with people who were known already: 1. Lines that name nobody: 1 (1)."
    )
    assert wishes(wordpress) == ["import", "import"]
    wait_until(lambda: len(told(sidecar)) == 2, what="the sidecar to be told")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"Ann," * 150_000, "at most 512 KB"),
        ("ann@visitors.example\n".encode("utf-16"), "This is no text"),
        (b"ann@visitors.example\n" * 5_001, "more than 5,000 lines"),
        (b"\n \n", "The list is empty"),
    ],
    ids=["large", "no text", "long", "empty"],
)
@pytest.mark.usefixtures("sidecar")
def test_a_file_that_is_no_list_changes_nothing(
    wordpress: WordPress, owner: Page, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(content)
    owner.get_by_label("or a file with them").set_input_files(file)
    owner.get_by_role("button", name="Write to them no more").click()

    expect(owner.locator(".notice-error").first).to_contain_text(complaint)
    assert wishes(wordpress) == []


@pytest.mark.usefixtures("sidecar")
def test_only_an_administrator_on_the_page_itself_enters_anybody(
    wordpress: WordPress, owner: Page, page: Page
) -> None:
    address = f"{wordpress.url}/wp-admin/admin.php?page=booking-recovery-settings"
    fields = {
        "booking_recovery[do]": "opt_out",
        "booking_recovery[people]": "ann@visitors.example",
    }
    nonce = owner.locator("input[name=_wpnonce]").first.input_value()
    forged = owner.request.post(address, form={**fields, "_wpnonce": "0000000000"})
    assert "has expired" in forged.text()
    assert wishes(wordpress) == []

    wordpress.php(
        "wp_insert_user( array( 'user_login' => 'editor', 'user_pass' => 'lets in the cat',"
        " 'user_email' => 'editor@example.com', 'role' => 'editor' ) );"
    )
    try:
        page.context.clear_cookies()
        log_in(page, wordpress, "editor", "lets in the cat")
        refused = page.request.post(address, form={**fields, "_wpnonce": nonce})
    finally:
        wordpress.php(
            "require_once ABSPATH . 'wp-admin/includes/user.php';"
            "wp_delete_user( get_user_by( 'login', 'editor' )->ID );"
        )
    assert refused.status == 403
    assert wishes(wordpress) == []


@pytest.mark.usefixtures("sidecar")
def test_wordpresss_own_tool_exports_what_somebody_chose(
    wordpress: WordPress, owner: Page
) -> None:
    address = f"{secrets.token_hex(8)}@visitors.example"
    requests.post(
        f"{wordpress.url}/wp-admin/admin-ajax.php",
        data={
            "action": "bkntc_check_customer_exist",
            "cart": f'[{{"service": 1, "customer_data": {{"email": "{address}"}}}}]',
            "booking_recovery_session": secrets.token_hex(16),
            "booking_recovery_page": "/book/?utm_source=x",
        },
        timeout=30,
    ).raise_for_status()

    owner.goto(f"{wordpress.url}/wp-admin/export-personal-data.php")
    owner.get_by_label("Username or email address").fill(address)
    owner.get_by_label("Send personal data export confirmation email").uncheck()
    owner.get_by_role("button", name="Send Request").click()
    row = owner.get_by_role("row").filter(has_text=address)
    row.hover()
    with packed(wordpress) as package:
        row.get_by_role("button", name="Download personal data").click()
        wait_until(package.exists, what="WordPress to have gathered everything")
        chosen = choices_in(package)

    assert chosen["Choice about messages"] == "was told of messages"
    assert "may write to you about it" in chosen["Words in the form"]
    assert re.fullmatch(r"\w+ \d+, \d{4} \d+:\d\d [ap]m \w+", chosen["When"])
    assert chosen["Page"] == wordpress.book_url


@contextlib.contextmanager
def packed(wordpress: WordPress) -> Iterator[Path]:
    """Have WordPress lay down what it is about to pack: not every PHP can make the archive."""
    package = wordpress.path / "wp-content/uploads/packed.json"
    plugin = wordpress.path / "wp-content/mu-plugins/packed.php"
    plugin.write_text(
        "<?php add_action( 'wp_privacy_personal_data_export_file', static function ( $id ) {"
        f" file_put_contents( {php_literal(f'{package}.new')}, wp_json_encode( get_post_meta( $id, '_export_data_grouped', true ) ) );"
        f" rename( {php_literal(f'{package}.new')}, {php_literal(str(package))} );"
        "}, 1 );"
    )
    try:
        yield package
    finally:
        plugin.unlink()
        package.unlink(missing_ok=True)
        wordpress.php(
            "foreach ( get_posts( array( 'post_type' => 'user_request', 'post_status' => 'any' ) ) as $request ) { wp_delete_post( $request->ID, true ); }"
        )


def choices_in(package: Path) -> dict[str, str]:
    """Read the only choice in an export."""
    items = json.loads(package.read_text())["booking-recovery-bridge"]["items"]
    (choice,) = [item for name, item in items.items() if name.startswith("consent-")]
    return {field["name"]: field["value"] for field in choice}
