"""The plugin's archive and its translations' template."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from scripts.bridge import POT, REPOSITORY, SLUG, SOURCES, header
from scripts.bridge_pot import FUNCTIONS, template


def test_the_archive_holds_the_plugin_and_nothing_else(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"{SLUG}.zip") as archive:
        packed = {entry.filename: entry for entry in archive.infolist()}
        assert archive.read(f"{SLUG}/LICENSE") == (REPOSITORY / "LICENSE").read_bytes()

    assert {name.split("/")[0] for name in packed} == {SLUG}
    names = {name.removeprefix(f"{SLUG}/") for name in packed}
    parts = {
        path.relative_to(SOURCES).as_posix()
        for path in (*SOURCES.glob("includes/*.php"), *SOURCES.glob("assets/*.*"))
    }
    assert names == parts | {
        "LICENSE",
        "booking-recovery-bridge.php",
        "languages/booking-recovery-bridge.pot",
        "readme.txt",
        "uninstall.php",
    }
    assert {entry.external_attr >> 16 for entry in packed.values()} == {0o100644}


def test_the_same_sources_make_the_same_archive(dist: Path, tmp_path: Path) -> None:
    sources = dist.parent
    for path in (sources / "wp-bridge").rglob("*"):
        path.touch()

    subprocess.run([sys.executable, "-m", "scripts.bridge_zip", tmp_path], cwd=sources, check=True)  # noqa: S603 -- our own program

    assert (tmp_path / f"{SLUG}.zip").read_bytes() == (dist / f"{SLUG}.zip").read_bytes()


def test_the_template_of_translations_holds_the_texts_of_today() -> None:
    assert POT.read_text() == template(), "`python -m scripts.bridge_pot` writes it anew"


def test_the_template_can_be_read_and_names_every_kind_of_text(tmp_path: Path) -> None:
    subprocess.run(["msgfmt", "-o", tmp_path / "none.mo", POT], check=True)  # noqa: S603, S607 -- Debian's own
    text = POT.read_text()

    assert f'msgid "{header("Description")}"' in text
    assert 'msgid "Save and test"' in text
    assert 'msgid_plural "%s events wait for the sidecar."' in text
    assert "#. translators: " in text


def test_no_text_of_the_plugin_escapes_its_domain() -> None:
    """Find each call for a translation end with the domain: others would never be translated."""
    functions = "|".join(FUNCTIONS)
    found = 0
    for path in SOURCES.rglob("*.php"):
        text = path.read_text()
        for call in re.finditer(rf"(?<![\w>:])(?<!function )(?:{functions})(?=\()", text):
            found += 1
            inside = between_parentheses(text, call.end())
            assert inside.rstrip().endswith(f", '{SLUG}'"), f"{path.name}: {inside}"
    assert found > 100


def between_parentheses(text: str, start: int) -> str:
    """Return what stands between the parenthesis at `start` and its counterpart."""
    depth = 0
    for token in re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[()]""").finditer(text, start):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0:
            return text[start + 1 : token.start()]
    raise AssertionError(text[start : start + 80])


def test_all_say_the_same_version() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    plugin = (SOURCES / f"{SLUG}.php").read_text()
    readme = (SOURCES / "readme.txt").read_text()
    said = {
        "pyproject.toml": project["version"],
        "the plugin's header": header("Version"),
        "its constant": re.findall(r"^const VERSION = '(.+)';$", plugin, re.MULTILINE)[0],
        "readme.txt": re.findall(r"^Stable tag: (.+)$", readme, re.MULTILINE)[0],
        "its newest change": re.findall(r"^= ([\d.]+) =$", readme, re.MULTILINE)[0],
    }

    assert len(set(said.values())) == 1, said


def test_the_readme_demands_what_the_header_demands() -> None:
    readme = (SOURCES / "readme.txt").read_text()

    for name in ("Requires at least", "Requires PHP", "License"):
        assert f"\n{name}: {header(name)}\n" in readme


def test_no_plugin_of_the_same_name_elsewhere_passes_for_its_update() -> None:
    assert header("Update URI") == "false"
