"""`worker`: job workers, and a clock."""

from pathlib import Path

import click

from sidecar.cli import roles
from sidecar.cli.begin import begin
from sidecar.cli.supervisor import supervise


@click.command()
@click.option("--no-clock", is_flag=True, help="Leave the clock to another machine.")
@click.pass_obj
def worker(path: Path | None, *, no_clock: bool) -> None:
    """Call back into WordPress when a recovery is due."""
    config = begin(path, role="worker")
    stages = [roles.redis_there(config), roles.workers(config)]
    if not no_clock:
        stages.append(roles.clock(config))
    supervise(stages)
