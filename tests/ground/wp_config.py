"""wp-config.php."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.ground import mariadb
from tests.ground.processes import HOST

Literal = str | int | bool


def php_literal(value: Literal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def write(site: Path, *, url: str, php_log: Path, database: Path, smtp_port: int) -> None:
    constants: dict[str, Literal] = {
        "DB_NAME": mariadb.DATABASE,
        "DB_USER": "root",
        "DB_PASSWORD": "",
        "DB_HOST": f"localhost:{database}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_HOME": url,
        "WP_SITEURL": url,
        "WP_DEFAULT_THEME": "ground",
        "WP_DEBUG": True,
        "WP_DEBUG_LOG": str(php_log),
        "WP_DEBUG_DISPLAY": False,
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        # Linked plugins are the repository's own files: the site must not delete them.
        "DISALLOW_FILE_MODS": True,
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "WP_ACCESSIBLE_HOSTS": HOST,
        "GROUND_SMTP_HOST": HOST,
        "GROUND_SMTP_PORT": smtp_port,
    }
    ending = (
        "$table_prefix = 'wp_';",
        "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );",
        "require_once ABSPATH . 'wp-settings.php';",
        "",
    )
    (site / "wp-config.php").write_text("\n".join(("<?php", *_defined(constants), *ending)))


def change(site: Path, constants: Mapping[str, Literal | None]) -> None:
    """Give constants other values; None takes one away."""
    config = site / "wp-config.php"
    text = config.read_text()
    for name in constants:
        text = re.sub(rf"^define\( '{name}', .*\n", "", text, flags=re.MULTILINE)
    wanted = {name: value for name, value in constants.items() if value is not None}
    config.write_text(text.replace("<?php\n", "\n".join(("<?php", *_defined(wanted), "")), 1))


def read_switch(site: Path, name: str) -> bool | None:
    """Whether a constant is true; None where there is none."""
    text = (site / "wp-config.php").read_text()
    found = re.search(rf"^define\( '{name}', (true|false) \);$", text, re.MULTILINE)
    return found[1] == "true" if found else None


def _defined(constants: Mapping[str, Literal]) -> list[str]:
    return [f"define( '{name}', {php_literal(value)} );" for name, value in constants.items()]
