"""`pair`: the code that connects a site's bridge to this sidecar."""

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sidecar import track
from sidecar.adapters import private_file
from sidecar.cli.init import fresh_site
from sidecar.cli.operating import opened, site_of
from sidecar.config import (
    Config,
    ConfigError,
    Server,
    Site,
    encode_secret,
    is_site_id,
    load,
    parse,
)


@click.command()
@click.argument("site")
@click.option(
    "--confirm", is_flag=True, help="Accept that the site's address has changed; print no code."
)
@click.pass_obj
def pair(path: Path | None, site: str, *, confirm: bool) -> None:
    """Print the connection code of a site.

    A SITE that is new is added to the configuration first.
    """
    if confirm:
        _confirm(path, site)
        return
    if not is_site_id(site):
        raise click.UsageError("SITE is 1 to 32 characters from A-Z, a-z, 0-9, _ and -")
    config = load(path)
    if site not in config.sites:
        config = _add(site, config.path)
        click.echo(
            f'Added the site "{site}" to {config.path}.\n'
            "A sidecar that is running must be started again to know it.",
            err=True,
        )
    click.echo(
        f"Paste this line into the settings of the bridge in WordPress. It connects to\n"
        f"{config.server.public_url} and holds the site's secrets: show it to nobody else.",
        err=True,
    )
    click.echo(connection_code(config.server, config.sites[site]))


def _confirm(path: Path | None, name: str) -> None:
    sidecar = opened(path)
    site = site_of(sidecar.config, name)
    record = sidecar.store.begin(site.id).record()
    track.confirm_pairing(sidecar.store, site)
    if record.check_in is not None:
        click.echo(f"{site.id} was paired with {record.check_in.home_url}")
    click.echo(
        f"{site.id} is paired with the next address that checks in: "
        'press "Save and test" in that WordPress.'
    )


def connection_code(server: Server, site: Site) -> str:
    """Return what the bridge is told: where the sidecar is, the site's id, its secrets."""
    code = {
        "sidecar": server.public_url,
        "site": site.id,
        "webhook_secret": _one_or_list(site.webhook_secrets),
        "callback_secret": _one_or_list(site.callback_secrets),
    }
    text = json.dumps(code, separators=(",", ":")).encode()
    return "brc1." + base64.urlsafe_b64encode(text).decode().rstrip("=")


def _one_or_list(secrets: tuple[bytes, ...]) -> str | list[str]:
    encoded = [encode_secret(secret) for secret in secrets]
    return encoded[0] if len(encoded) == 1 else encoded


def _add(site: str, path: Path) -> Config:
    """Append the site to the file as text, so that comments stay; return what it then says."""
    try:
        with _alone_in(path.parent):
            before = path.read_bytes().decode("utf-8-sig")
            text = f"{before.rstrip()}\n\n{fresh_site(site)}"
            config = parse(text, path=path)
            # Where the path is a link, the file behind it changes and the link stays.
            private_file.replace(path.resolve(), text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be changed: {error.strerror}") from None
    except ConfigError as error:
        raise ConfigError(f"the site cannot be added; write it by hand: {error}") from None
    return config


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep a second `pair` from replacing what this one writes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
