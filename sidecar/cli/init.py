"""`init`: a first `config.toml`."""

import secrets
from pathlib import Path

import click
from werkzeug.security import generate_password_hash

from sidecar.adapters import private_file
from sidecar.cli.invocation import invocation
from sidecar.config import encode_secret, locate

SITE = "my-site"
ADMIN = "admin"


@click.command()
@click.pass_obj
def init(path: Path | None) -> None:
    """Write a first config.toml with fresh secrets.

    One that is there already is left as it is.
    """
    where = locate(path)
    password = secrets.token_urlsafe(15)
    try:
        private_file.create(where, _first_config(password))
    except FileExistsError:
        raise click.UsageError(f"{where} exists; it is left as it is") from None
    except OSError as error:
        raise click.UsageError(f"{where} cannot be written: {error.strerror}") from None
    click.echo(f"""\
Wrote {where}.
Log in to the status page as {ADMIN} with the password {password}
It is shown this once; the file keeps only its hash.
Next: {invocation(where, "up")}""")


def fresh_site(site: str) -> str:
    """Return the table of a new site with secrets of its own."""
    return f"""\
[[sites]]
id = "{site}"
# The site's address; empty: filled by its first check-in.
url = ""
# They sign what WordPress sends and what it is sent. Keep them to yourself.
webhook_secret = "{encode_secret(secrets.token_bytes(32))}"
callback_secret = "{encode_secret(secrets.token_bytes(32))}"
"""


def _first_config(password: str) -> str:
    return f"""\
# The Booking Recovery Sidecar. config.example.toml explains every key there is.

[server]
host = "127.0.0.1"
port = 8750
# Where WordPress and your staff reach the sidecar; empty: http://HOST:PORT
public_url = ""

[redis]
# A private Redis in data_dir; or redis://, rediss://, unix:///
url = "embedded"

[keys]
# The folder of all that must be kept. Back it up together with this file.
data_dir = "var"

[recovery]
# A session that is silent for this long is abandoned.
abandon_after = "15m"
# When messages go out, counted from the abandonment; at most 5.
messages = ["45m"]

# Who may see the status page; `booking-recovery hash-password` makes the hash of a password.
[[status.users]]
name = "{ADMIN}"
password_hash = "{generate_password_hash(password)}"
role = "admin"
sites = ["*"]

{fresh_site(SITE)}"""
