"""The command `booking-recovery`: one file for each of its commands."""

from importlib import import_module
from pathlib import Path

import click

from sidecar.config import ConfigError

# In the order of `--help`. A command is loaded when it is used: most need no web server.
_COMMANDS = {
    "up": "sidecar.cli.up:up",
    "web": "sidecar.cli.web:web",
    "worker": "sidecar.cli.worker:worker",
    "clock": "sidecar.cli.clock:clock",
    "init": "sidecar.cli.init:init",
    "pair": "sidecar.cli.pair:pair",
    "check": "sidecar.cli.check:check",
    "hash-password": "sidecar.cli.hash_password:hash_password",
}


class _Misconfigured(click.ClickException):
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
        except ConfigError as error:
            raise _Misconfigured(str(error)) from error


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
