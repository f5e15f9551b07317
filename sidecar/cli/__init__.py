"""The command `booking-recovery`: one file for each of its commands, or for a pair of them."""

from importlib import import_module
from pathlib import Path

import click
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sidecar.adapters.vault import CannotOpen
from sidecar.config import ConfigError
from sidecar.domain.errors import WrongRequest

# In the order of `--help`. A command is loaded when it is used: most need no web server.
_COMMANDS = {
    "up": "sidecar.cli.up:up",
    "web": "sidecar.cli.web:web",
    "worker": "sidecar.cli.worker:worker",
    "clock": "sidecar.cli.clock:clock",
    "init": "sidecar.cli.init:init",
    "pair": "sidecar.cli.pair:pair",
    "check": "sidecar.cli.check:check",
    "pause": "sidecar.cli.pause:pause",
    "resume": "sidecar.cli.pause:resume",
    "sessions": "sidecar.cli.sessions:sessions",
    "show": "sidecar.cli.sessions:show",
    "retry": "sidecar.cli.retry:retry",
    "quarantine": "sidecar.cli.quarantine:quarantine",
    "simulate": "sidecar.cli.simulate:simulate",
    "recount": "sidecar.cli.recount:recount",
    "backup": "sidecar.cli.backup:backup",
    "restore": "sidecar.cli.backup:restore",
    "forget": "sidecar.cli.people:forget",
    "opt-out": "sidecar.cli.people:opt_out",
    "hash-password": "sidecar.cli.hash_password:hash_password",
}


class _Wrong(click.ClickException):
    exit_code = 2


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's call
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's call
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101  # the table above is wrong else
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ConfigError, WrongRequest) as error:
            raise _Wrong(str(error)) from error
        except (RedisConnectionError, RedisTimeoutError) as error:
            raise click.ClickException(
                f"Redis does not answer: {error}; is the sidecar running (booking-recovery up)?"
            ) from error
        except (RedisError, CannotOpen) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands)
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    help="The configuration; else what BOOKING_RECOVERY_CONFIG names, else ./config.toml.",
)
@click.pass_context
def main(ctx: click.Context, path: Path | None) -> None:
    """Bring back customers who leave a Booknetic booking form without finishing."""
    ctx.obj = path
