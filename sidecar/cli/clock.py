"""`clock`: the clock alone."""

from pathlib import Path

import click

from sidecar.adapters.sentry import reporting, start_sentry
from sidecar.cli.begin import begin
from sidecar.worker.clock import run_clock


@click.command()
@click.pass_obj
def clock(path: Path | None) -> None:
    """Notice silence, and hand due recoveries to the workers."""
    config = begin(path, role="clock")
    start_sentry(config.sentry, role="clock")
    with reporting():
        run_clock(config)
