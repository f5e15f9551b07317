"""The bridge on the oldest and the newest PHP that it is meant for, besides Debian's."""

from pathlib import Path

import pytest

from tests.ground import php_wasm
from tests.ground.wordpress import REPOSITORY

HERE = Path(__file__).parent
pytestmark = pytest.mark.parametrize("php", ["7.4", "8.4"])


def test_every_file_compiles_without_a_word(php: str, tmp_path: Path) -> None:
    assert compiled(php, bridge_files(), tmp_path) == f"{len(bridge_files())} compiled"


def test_what_does_not_compile_is_seen(php: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.php"
    broken.write_text("<?php if ( true ) {")

    assert "Parse error" in compiled(php, [broken], tmp_path)


def test_parts_of_the_bridge(php: str) -> None:
    said = php_wasm.run(
        php,
        *("-d", "include_path=.:/usr/share/php"),
        "/usr/bin/phpunit",
        *("--configuration", str(HERE / "phpunit.xml"), "--testsuite", "unit"),
        cwd=REPOSITORY,
    )
    assert "OK (" in said, said


def bridge_files() -> list[Path]:
    return sorted((REPOSITORY / "wp-bridge").rglob("*.php"))


def compiled(php: str, files: list[Path], cache: Path) -> str:
    # Files alone are compiled as the web server would; WebAssembly has no memory to share.
    opcache = {"enable": 1, "enable_cli": 1, "file_cache": cache, "file_cache_only": 1}
    options = [word for key, value in opcache.items() for word in ("-d", f"opcache.{key}={value}")]
    return php_wasm.run(php, *options, str(HERE / "compile.php"), *map(str, files), cwd=REPOSITORY)
