"""`quarantine`: events that were well signed and made no sense."""

import re
from pathlib import Path

import click

from sidecar import shapes, track
from sidecar.cli.operating import as_json, opened, say, say_json, site_of
from sidecar.ports import Quarantined

_A_KIND = re.compile("[a-z_.]{1,40}", re.ASCII)


@click.command()
@click.argument("site")
@click.option("--replay", is_flag=True, help="Take in again what makes sense by now.")
@as_json
@click.pass_obj
def quarantine(path: Path | None, *, site: str, replay: bool, as_json: bool) -> None:
    """List the events of SITE that did not fit, and why.

    What stood in them is not shown: it may be somebody's address.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    if replay:
        taken, kept = track.replay(sidecar.store, where, sidecar.due.now())
        click.echo(f"Taken in: {taken}; still in quarantine: {kept}.", err=as_json)
    found = sidecar.store.quarantined(where.id)
    if as_json:
        say_json([_shape(one) for one in found])
        return
    for one in found:
        say(f"{shapes.utc(one.at)}  {one.seq or '-'}  {one.kind or '?'}  {'; '.join(one.reasons)}")
    if not found:
        click.echo("Nothing is in quarantine.", err=True)


def _shape(one: Quarantined) -> dict[str, object]:
    return {
        "at": shapes.utc(one.at),
        "seq": one.seq,
        "type": one.kind or "?",
        "reasons": list(one.reasons),
    }
