"""Logs what the stand-in's site fires."""

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.booknetic.visiting import BecomeVersion, FiredHooks
from tests.ground.wordpress import BOOKNETIC, WordPress, change_booknetic

HOOK_LOGGER = """<?php
add_action(
	'all',
	static function ( $hook, ...$arguments ) {
		if ( 0 === strpos( $hook, 'bkntc_' ) ) {
			$said = array( 'cli' === PHP_SAPI ? 'php' : $_POST['action'] ?? '', 'cli' === PHP_SAPI ? '' : $_POST['current_step'] ?? '', $hook );
			foreach ( $arguments as $argument ) {
				$said[] = is_object( $argument ) ? ( new ReflectionClass( $argument ) )->getShortName() : $argument;
			}
			file_put_contents( %r, json_encode( $said ) . "\\n", FILE_APPEND );
		}
	}
);
"""
INCIDENTAL = re.compile(
    r"bkntc_(addons_load|init|frontend|frontend_localization|.*_assets|appointment_statuses)$"
)


@pytest.fixture(autouse=True)
def _php_has_nothing_to_complain_of(wordpress: WordPress) -> Iterator[None]:
    before = len(wordpress.log())
    yield
    added = wordpress.log()[before:]
    assert [line for line in added.splitlines() if "plugins/booknetic/" in line] == []


@pytest.fixture
def _cleared(wordpress: WordPress) -> Iterator[None]:
    """Find no bookings, workflows or logs, and leave none."""
    wordpress.php("booknetic_stand_in_clear();")
    yield
    wordpress.php("booknetic_stand_in_clear();")


@pytest.fixture
def become(wordpress: WordPress) -> Iterator[BecomeVersion]:
    """Have the site's Booknetic be another version for one test."""
    yield lambda version: change_booknetic(wordpress, version)
    change_booknetic(wordpress, BOOKNETIC)


@pytest.fixture
def hooks(wordpress: WordPress, tmp_path: Path) -> Iterator[FiredHooks]:
    """Log what fires in the site; give it by request."""
    log = tmp_path / "hooks.jsonl"
    # A name of its own: PHP goes on running what it compiled from a file for seconds.
    name = f"booknetic-hook-logger-{secrets.token_hex(4)}.php"
    plugin = wordpress.path / "wp-content/mu-plugins" / name
    plugin.write_text(HOOK_LOGGER.replace("%r", f"'{log}'"))

    def fired(action: str, step: str) -> list[list[Any]]:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        return [
            hook
            for sent_to, at, *hook in lines
            if (sent_to, at) == (action, step) and not INCIDENTAL.match(hook[0])
        ]

    yield fired
    plugin.unlink()
