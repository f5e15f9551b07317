"""What the commands that look at data or change it have in common."""

import json
import re
from pathlib import Path
from typing import Any

import click

from sidecar.adapters.schema import refuse_newer
from sidecar.config import Config, Site, load
from sidecar.domain.session import Session
from sidecar.wiring import Sidecar, assemble

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def opened(path: Path | None) -> Sidecar:
    """Wire up what the commands work with. Raises ConfigError, also for data of a later version."""
    sidecar = assemble(load(path))
    refuse_newer(sidecar.redis)
    return sidecar


def site_of(config: Config, name: str) -> Site:
    """Return the site; one that is not configured is wrong use."""
    site = config.sites.get(name)
    if site is None:
        known = ", ".join(config.sites) or "none"
        raise click.UsageError(f"there is no site {json.dumps(name)} (there are: {known})")
    return site


def session_of(sidecar: Sidecar, site: Site, session_id: str) -> Session:
    """Return the session; one that is not kept is wrong use."""
    found = None
    if _ID.fullmatch(session_id):
        found = sidecar.store.begin(site.id, sessions=[session_id]).session(session_id)
    if found is None or found.offsite:
        raise click.UsageError(f"{site.id} has no session {json.dumps(session_id)}")
    return found


def say(text: str) -> None:
    """Print a line; what visitors typed cannot move the cursor or turn the writing around."""
    click.echo("".join(character for character in text if character.isprintable()))


def say_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))
