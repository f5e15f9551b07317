"""Whether everybody can use a page: what axe finds, and whether it fits a phone."""

from functools import cache, partial

from playwright.sync_api import Page

from tests.ground.npm import installed
from tests.ground.waiting import wait_until

PACKAGE, VERSION = "axe-core", "4.14.1"
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]

PHONE, DESK = 360, 1280
"""Widths in pixels at which every page is looked at."""


@cache
def _axe() -> str:
    return (installed(PACKAGE, VERSION) / "axe.min.js").read_text(encoding="utf-8")


def assert_accessible(page: Page, part: str = "html") -> None:
    """Look at a page, or a part of it, as it stands, at both widths and in both colour schemes."""
    size = page.viewport_size
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 900})
        wait_until(  # a chart draws itself anew for the width, in its own time
            partial(page.evaluate, "document.documentElement.scrollWidth <= innerWidth"),
            what=f"{page.url} to fit into {width} pixels",
        )
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = violations(page, part)
            assert not found, f"{page.url} at {width} pixels, {scheme}:\n" + "\n".join(found)
    if size is not None:
        page.set_viewport_size(size)


def violations(page: Page, part: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 AA, each as rule, element and what to do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found = page.evaluate(
        "([part, tags]) => axe.run(part, { runOnly: tags, resultTypes: ['violations'], preload: false })",
        [part, WCAG_2_2_AA],
    )
    return [
        f"{rule['id']}: {node['html'][:200]}\n    {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
