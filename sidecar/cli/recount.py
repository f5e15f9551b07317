"""`recount`: the report's counts, made anew."""

from pathlib import Path

import click

from sidecar.cli.operating import as_json, opened, say, say_json, site_of


@click.command()
@click.argument("site", required=False)
@as_json
@click.pass_obj
def recount(path: Path | None, *, site: str | None, as_json: bool) -> None:
    """Make the report's counts anew from the sessions.

    Of SITE, or of all sites. Prints what was wrong; nothing should be. The sidecar may run meanwhile.
    """
    sidecar = opened(path)
    sites = [site_of(sidecar.config, site)] if site else list(sidecar.config.sites.values())
    wrong = {one.id: sidecar.tallies.recount(one.id) for one in sites}
    if as_json:
        say_json(
            {
                name: [
                    {"by": count.by, "day": count.day, "count": count.what, "was_short_of": by}
                    for count, by in sorted(found.items())
                ]
                for name, found in wrong.items()
            }
        )
        return
    for name, found in wrong.items():
        for count, by in sorted(found.items()):
            say(f"{name}: {count.day} ({count.by}) {count.what}: corrected by {by:+d}")
        if not found:
            say(f"{name}: every count was right")
