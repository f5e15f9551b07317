"""`up`: everything on one machine."""

import contextlib
import logging
from pathlib import Path

import click

from sidecar.adapters.embedded_redis import owned
from sidecar.adapters.keys import load_keys
from sidecar.cli import roles
from sidecar.cli.invocation import invocation
from sidecar.cli.logs import start_logging
from sidecar.cli.probes import refuse_taken_port
from sidecar.cli.supervisor import supervise
from sidecar.config import Config, Role, load

log = logging.getLogger(__name__)


@click.command()
@click.pass_obj
def up(path: Path | None) -> None:
    """Run everything on this machine, until Ctrl-C."""
    config = load(path)
    start_logging(config.log, role="up")
    with owned(config) if config.redis.embedded else contextlib.nullcontext():
        refuse_taken_port(config.server)
        # Once, before several processes would make them or complain of them.
        load_keys(config)
        stages = [
            *([roles.embedded(config)] if config.redis.embedded else []),
            roles.redis_there(config),
            roles.workers(config),
            roles.clock(config),
            roles.web(config),
        ]
        supervise(stages, announce=lambda: click.echo(_welcome(config)))
    log.info("stopped")


def _welcome(config: Config) -> str:
    site = next(iter(config.sites), "SITE")
    lines = [
        "",
        "The sidecar is running.",
        f"  Status page  {config.server.public_url}/  ({_who_may_log_in(config)})",
        f"  Pair a site  {invocation(config.path, 'pair', site)}",
        "  Stop         Ctrl-C",
        *(f"  Notice       {notice}" for notice in config.notices),
        "",
    ]
    return "\n".join(lines)


def _who_may_log_in(config: Config) -> str:
    names = sorted(config.users, key=lambda user: user.role is not Role.ADMIN)
    if not names:
        return "nobody may log in yet: add a user to [status] users"
    return f"log in as {names[0].name}"
