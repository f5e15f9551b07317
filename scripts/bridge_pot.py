"""Write the template of the bridge's translations: `python -m scripts.bridge_pot`."""

import subprocess

from scripts.bridge import POT, SLUG, SOURCES, header

# WordPress's functions, with the numbers of their arguments: c is a context, the rest are texts.
FUNCTIONS = {
    "__": "1",
    "_e": "1",
    "esc_html__": "1",
    "esc_html_e": "1",
    "esc_attr__": "1",
    "esc_attr_e": "1",
    "_x": "1,2c",
    "_ex": "1,2c",
    "esc_html_x": "1,2c",
    "esc_attr_x": "1,2c",
    "_n": "1,2",
    "_n_noop": "1,2",
    "_nx": "1,2,4c",
    "_nx_noop": "1,2,3c",
}


def template() -> str:
    # No dates and no line numbers: it changes when a text does.
    return "\n".join((_head(), _texts_of_the_header(), _texts_of_the_code()))


def _head() -> str:
    fields = {
        "Project-Id-Version": f"{header('Plugin Name')} {header('Version')}",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "X-Domain": SLUG,
    }
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    return f'msgid ""\nmsgstr ""\n{lines}'


def _texts_of_the_header() -> str:
    """Return what WordPress shows in its list of plugins."""
    return "\n".join(
        f'#. {name} of the plugin\n#: {SLUG}.php\nmsgid "{header(name)}"\nmsgstr ""\n'
        for name in ("Plugin Name", "Description", "Author")
    )


def _texts_of_the_code() -> str:
    files = sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.php"))
    done = subprocess.run(  # noqa: S603 -- a fixed command
        [  # noqa: S607 -- Debian's own
            "xgettext",
            "--language=PHP",
            "--from-code=UTF-8",
            "--keyword",  # forget those of PHP itself
            *(f"--keyword={name}:{texts}" for name, texts in FUNCTIONS.items()),
            "--add-comments=translators",
            "--add-location=file",
            "--no-wrap",
            "--omit-header",
            "--output=-",
            *files,
        ],
        cwd=SOURCES,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


if __name__ == "__main__":
    POT.parent.mkdir(exist_ok=True)
    POT.write_text(template())
