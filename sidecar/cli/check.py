"""`check`: what is wrong, one line a finding."""

from pathlib import Path

import click

from sidecar.adapters.embedded_redis import redis_url
from sidecar.cli.probes import redis_trouble
from sidecar.config import Config, ConfigError, load


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check the configuration and Redis.

    Prints one line a finding; the exit code is 1 if something is wrong.
    """
    path: Path | None = ctx.obj
    try:
        config = load(path)
        url = redis_url(config)
    except ConfigError as error:
        click.echo(f"wrong: {error}")
        ctx.exit(1)
    click.echo(f"good: {config.path}: {_counted(config)}")
    for notice in config.notices:
        click.echo(f"notice: {notice}")
    trouble = redis_trouble(url)
    if trouble and config.redis.embedded:
        trouble += "; booking-recovery up starts the embedded one"
    click.echo(f"wrong: Redis does not answer: {trouble}" if trouble else "good: Redis answers")
    ctx.exit(1 if trouble else 0)


def _counted(config: Config) -> str:
    return f"sites: {', '.join(config.sites) or 'none'}; users: {len(config.users)}"
