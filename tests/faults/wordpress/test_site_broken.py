"""A real WordPress in maintenance, without its plugin, with a database that cannot be written to, or from a backup."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from sidecar import catch_up
from sidecar.cli.pair import connection_code
from sidecar.domain.recovery import Outcome
from sidecar.recover import abandon, send
from sidecar.wiring import Sidecar
from tests.assembled import assembled
from tests.faults.wordpress.visiting import fresh_session, paired, posts
from tests.gates import Gate
from tests.ground import wp_config
from tests.ground.changes import mu_plugin
from tests.ground.mail import Mailbox
from tests.ground.wordpress import BRIDGE, WordPress, activate

AT_ONCE = """
abandon_after = "1s"
messages = ["1s"]
"""


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str, wordpress: WordPress) -> Iterator[Sidecar]:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=AT_ONCE)
    site = sidecar.config.sites["salon"]
    with paired(wordpress, connection_code(sidecar.config.server, site)):
        yield sidecar


def read(sidecar: Sidecar) -> None:
    site = sidecar.config.sites["salon"]
    catch_up.read_outbox(sidecar.store, sidecar.wordpress(site), site, clock=sidecar.due.now)


def hand_over(sidecar: Sidecar, session_id: str) -> Outcome | None:
    """Do what the clock and a worker do once this visitor's message is due, however far ahead that is."""
    site = sidecar.config.sites["salon"]
    session = sidecar.store.begin("salon").session(session_id)
    assert session is not None
    if not session.recoveries:
        abandoned_at = session.last_seen + site.policy.abandon_after
        session = abandon(sidecar.store, site, session_id, abandoned_at)
        assert session is not None
    recovery = session.recoveries[0]
    now = max(filter(None, (recovery.due_at, recovery.try_at)))
    wordpress = sidecar.wordpress(site)
    return send(sidecar.store, wordpress, site, f"{session_id}.1", clock=lambda: now)


@contextmanager
def in_maintenance(wordpress: WordPress) -> Iterator[None]:
    """Leave the file that an update leaves which does not end."""
    sign = wordpress.path / ".maintenance"
    sign.write_text("<?php $upgrading = time();")
    try:
        yield
    finally:
        sign.unlink()


@contextmanager
def without_the_plugin(wordpress: WordPress) -> Iterator[None]:
    wordpress.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        f"deactivate_plugins( '{BRIDGE}/{BRIDGE}.php' );"
    )
    yield
    activate(wordpress, BRIDGE)


@contextmanager
def with_a_read_only_database(wordpress: WordPress) -> Iterator[None]:
    wordpress.php(
        "$GLOBALS['wpdb']->query( \"CREATE USER IF NOT EXISTS 'reader'@'localhost'\" );"
        "$GLOBALS['wpdb']->query( \"GRANT SELECT ON *.* TO 'reader'@'localhost'\" );"
    )
    with another_database_user(wordpress, DB_USER="reader"):
        yield


@contextmanager
def without_its_database(wordpress: WordPress) -> Iterator[None]:
    with another_database_user(wordpress, DB_USER="nobody"):
        yield


@contextmanager
def another_database_user(wordpress: WordPress, **login: str) -> Iterator[None]:
    config = wordpress.path / "wp-config.php"
    before = config.read_text()
    log = wordpress.log()
    wp_config.change(wordpress.path, login)
    try:
        yield
    finally:
        config.write_text(before)
        # WordPress says itself what it could not write: that is its own fault here, and not the bridge's.
        assert "olga" not in wordpress.log().removeprefix(log)
        wordpress.php_log.write_text(log)


Trouble = Callable[[WordPress], AbstractContextManager[None]]


@pytest.mark.parametrize(
    "trouble",
    [in_maintenance, without_the_plugin, with_a_read_only_database, without_its_database],
)
def test_a_message_waits_while_the_site_is_broken_and_goes_out_once_when_it_is_mended(
    wordpress: WordPress, sidecar: Sidecar, mail: Mailbox, gate: Gate, trouble: Trouble
) -> None:
    name = trouble.__name__.replace("_", "-")
    visitor, email = fresh_session(), f"olga-{name}@visitors.example"
    posts(wordpress, visitor, email)
    read(sidecar)

    with trouble(wordpress):
        for _ in range(3):
            assert hand_over(sidecar, visitor) is Outcome.HANDING_OVER
        assert mail.to(email) == []
        session = sidecar.store.begin("salon").session(visitor)
        assert session is not None
        why = session.timeline[-1].why
        # The visitor goes on as far as the form itself can.
        posts(wordpress, visitor, email)

    assert hand_over(sidecar, visitor) is Outcome.SENT
    assert len(mail.to(email)) == 1
    assert hand_over(sidecar, visitor) is None
    assert len(mail.to(email)) == 1
    gate(
        "R9",
        f"WordPress {name.replace('-', ' ')}",
        holds="the message waits; sent once when mended",
        figure=f"3 tries (“{why}”), then 1 letter",
    )


def test_a_site_from_a_backup_numbers_anew_and_loses_nothing_that_follows(
    wordpress: WordPress, sidecar: Sidecar, gate: Gate
) -> None:
    before, lost, after = fresh_session(), fresh_session(), fresh_session()
    posts(wordpress, before, "before@visitors.example")
    copy, copy_back = table_copies()
    wordpress.php(copy)
    posts(wordpress, lost, "lost@visitors.example")
    read(sidecar)
    cursor = sidecar.store.begin("salon").record().cursor

    wordpress.php(copy_back)
    # Fewer events than were lost, so that the numbers lie behind the cursor.
    posts(wordpress, after)
    read(sidecar)
    posts(wordpress, after, "after@visitors.example")
    read(sidecar)

    again = sidecar.store.begin("salon").record().cursor
    assert cursor is not None
    assert again is not None
    assert again.outbox_id != cursor.outbox_id
    found = {session.id: session for session in sidecar.store.latest_sessions("salon", limit=9)}
    assert found.keys() == {before, lost, after}
    assert all(found[session].contact for session in (before, lost, after))
    told = [entry.what for entry in found[before].timeline]
    assert told.count(told[0]) == 1, "what was known already is told once"
    gate(
        "R9",
        "WordPress restored from a backup",
        holds="new outbox_id; 0 lost afterwards, 0 twice",
        figure=f"{len(found)} of 3 visits there, each once",
    )


def table_copies() -> tuple[str, str]:
    """Return PHP that makes a backup of what the bridge has noted, and PHP that puts it back."""
    each = "global $wpdb; foreach ( array( 'outbox', 'sessions' ) as $name ) {"
    each += " $table = 'wp_booking_recovery_' . $name; $backup = 'backup_' . $name;"
    copy = ("CREATE TABLE $backup LIKE $table", "INSERT INTO $backup SELECT * FROM $table")
    back = ("DROP TABLE $table", "RENAME TABLE $backup TO $table")
    made, put = (
        each + "".join(f' $wpdb->query( "{query}" );' for query in queries) + " }"
        for queries in (copy, back)
    )
    return made, put


def test_an_update_in_the_middle_of_a_visitors_request_is_in_nobodys_way(
    sidecar: Sidecar, wordpress: WordPress
) -> None:
    files = wordpress.path / f"wp-content/plugins/{BRIDGE}/includes"
    away = files.with_name("away")
    taking = f"add_action( 'wp_loaded', static function () {{ rename( '{files}', '{away}' ); }} );"
    with mu_plugin(wordpress, f"if ( wp_doing_ajax() ) {{ {taking} }}"):
        answer = posts(wordpress, fresh_session(), "olga@visitors.example")
        away.rename(files)

    assert answer.json()["status"] == "ok"
    assert wordpress.faults()
    posts(wordpress, visitor := fresh_session(), "olga@visitors.example")
    read(sidecar)
    assert sidecar.store.begin("salon").session(visitor) is not None
