"""`web`: the web server alone."""

from pathlib import Path

import click

from sidecar.adapters.keys import load_keys
from sidecar.cli.logs import start_logging
from sidecar.cli.probes import refuse_taken_port
from sidecar.config import load
from sidecar.web.server import serve


@click.command()
@click.pass_obj
def web(path: Path | None) -> None:
    """Serve webhooks and the status page."""
    config = load(path)
    start_logging(config.log, role="web")
    refuse_taken_port(config.server)
    load_keys(config)
    serve(config)
