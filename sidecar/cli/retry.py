"""`retry`: one recovery once more."""

from pathlib import Path

import click

from sidecar import recover
from sidecar.cli.operating import opened, session_of, site_of


@click.command()
@click.argument("site")
@click.argument("recovery")
@click.pass_obj
def retry(path: Path | None, site: str, recovery: str) -> None:
    """Send a message again that reached nobody.

    RECOVERY is its id, such as SESSION.1. Every check is made anew. A message that may have reached somebody is never
    sent again.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    session_of(sidecar, where, recovery.rpartition(".")[0])
    recover.retry(sidecar.store, where, recovery, sidecar.due.now())
    click.echo(f"{recovery} is due again; every check is made anew.")
