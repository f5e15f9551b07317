"""What an owner or a host changes on a running site, for as long as a block lasts."""

import contextlib
import json
import shutil
from collections.abc import Iterator

from tests.ground import wp_config
from tests.ground.wordpress import SITE, WordPress

REFRESH = "$GLOBALS['wp_rewrite']->init(); flush_rewrite_rules( false );"


@contextlib.contextmanager
def drop_in(wordpress: WordPress, name: str) -> Iterator[None]:
    """Put one of the drop-ins in `site` where WordPress looks for it."""
    place = wordpress.path / "wp-content" / name
    shutil.copy(SITE / "drop-ins" / name, place)
    try:
        yield
    finally:
        place.unlink()


@contextlib.contextmanager
def mu_plugin(wordpress: WordPress, code: str) -> Iterator[None]:
    """Have PHP run before any plugin, and permalinks follow."""
    place = wordpress.path / "wp-content/mu-plugins/ground-change.php"
    place.write_text(f"<?php\n{code}\n")
    try:
        wordpress.php(REFRESH)
        yield
    finally:
        place.unlink()
        wordpress.php(REFRESH)


@contextlib.contextmanager
def switch(wordpress: WordPress, name: str, *, on: bool) -> Iterator[None]:
    """Turn one of the switches in wp-config.php."""
    before = wp_config.read_switch(wordpress.path, name)
    wp_config.change(wordpress.path, {name: on})
    try:
        yield
    finally:
        wp_config.change(wordpress.path, {name: before})


@contextlib.contextmanager
def option(wordpress: WordPress, name: str, value: object) -> Iterator[None]:
    """Give one of WordPress's options another value, and have permalinks follow."""
    before = wordpress.php(f"echo wp_json_encode( get_option( '{name}' ) );")
    _write_option(wordpress, name, json.dumps(value))
    try:
        yield
    finally:
        _write_option(wordpress, name, before)


def _write_option(wordpress: WordPress, name: str, value: str) -> None:
    text = wp_config.php_literal(value)
    wordpress.php(f"update_option( '{name}', json_decode( {text}, true ) ); {REFRESH}")


@contextlib.contextmanager
def active_plugins(wordpress: WordPress, plugins: tuple[str, ...]) -> Iterator[None]:
    """Have these plugins load, in this order."""
    with option(wordpress, "active_plugins", plugins):
        yield


@contextlib.contextmanager
def without_folder(wordpress: WordPress, plugin: str) -> Iterator[None]:
    """Remove a plugin as somebody does who deletes its folder."""
    place = wordpress.path / "wp-content/plugins" / plugin
    elsewhere = place.rename(wordpress.path / f"gone-{plugin}")
    try:
        yield
    finally:
        elsewhere.rename(place)
