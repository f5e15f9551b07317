"""`clock`: the clock alone."""

from pathlib import Path

import click

from sidecar.adapters.keys import load_keys
from sidecar.cli.logs import start_logging
from sidecar.config import load
from sidecar.worker.clock import run_clock


@click.command()
@click.pass_obj
def clock(path: Path | None) -> None:
    """Notice silence, and hand due recoveries to the workers."""
    config = load(path)
    start_logging(config.log, role="clock")
    load_keys(config)
    run_clock(config)
