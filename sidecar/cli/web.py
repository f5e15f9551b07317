"""`web`: the web server alone."""

from pathlib import Path

import click

from sidecar.cli.begin import begin
from sidecar.cli.probes import refuse_taken_port
from sidecar.web.server import serve


@click.command()
@click.pass_obj
def web(path: Path | None) -> None:
    """Serve webhooks and the status page."""
    config = begin(path, role="web")
    refuse_taken_port(config.server)
    serve(config)
