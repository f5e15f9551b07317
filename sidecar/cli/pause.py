"""`pause` and `resume`: hold messages back."""

from pathlib import Path

import click

from sidecar import track
from sidecar.cli.operating import opened, site_of


@click.command()
@click.argument("site", required=False)
@click.pass_obj
def pause(path: Path | None, site: str | None) -> None:
    """Send no messages for SITE, or for all sites.

    Visits are still followed. What becomes due waits, and goes out on resuming if it is not too
    late by then (max_lateness).
    """
    _set(path, site, paused=True)


@click.command()
@click.argument("site", required=False)
@click.pass_obj
def resume(path: Path | None, site: str | None) -> None:
    """Send messages for SITE again, or for all sites."""
    _set(path, site, paused=False)


def _set(path: Path | None, name: str | None, *, paused: bool) -> None:
    sidecar = opened(path)
    config = sidecar.config
    for site in [site_of(config, name)] if name else config.sites.values():
        track.pause(sidecar.store, site, paused=paused)
        if site.paused and not paused:
            click.echo(f"{site.id}: still paused by paused = true in {config.path}")
        else:
            click.echo(f"{site.id}: {'paused' if paused else 'not paused'}")
