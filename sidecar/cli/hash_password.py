"""`hash-password`: what a user's `password_hash` must hold."""

import sys

import click
from werkzeug.security import generate_password_hash


@click.command()
def hash_password() -> None:
    """Print what a user's password_hash must hold.

    Asks for the password twice, or reads one line from standard input that is no terminal.
    """
    password = _asked() if sys.stdin.isatty() else _read()
    if not password:
        raise click.UsageError("the password is empty")
    click.echo(generate_password_hash(password))


def _asked() -> str:
    # To standard error, so that the hash alone can be piped on.
    password: str = click.prompt(
        "Password", hide_input=True, confirmation_prompt="The same again", err=True
    )
    return password


def _read() -> str:
    line = sys.stdin.buffer.readline()
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError("the password is not UTF-8 text") from None
